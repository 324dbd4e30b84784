"""What an inspection says about the data, in prose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.engine.price_findings import FINDING_KINDS

if TYPE_CHECKING:
    from core.engine.stages.inspecting import Inspected

__all__ = ["inspection_metrics", "write_inspection_summary"]

_IN_WORDS = {
    "missing_bars": "gaps between a ticker's bars",
    "looks_like_split": "jumps that resemble a split",
    "outlier_return": "returns far outside the ticker's own",
    "stale_price": "prices that stand still",
    "zero_volume": "bars without volume",
    "copied_open": "tickers whose opens copy a close",
    "price_spike": "bars with a price far from both closes beside them",
}

_CAUTION = (
    "A finding is for a person to look at: crashes are outliers, thin instruments stand still. The rows are in "
    "findings.parquet."
)


def inspection_metrics(inspected: Inspected) -> dict[str, float]:
    """Return the counts worth a figure, by name."""
    counts = inspected.findings["finding"].value_counts()
    return {
        "n_tickers": len(inspected.coverage),
        "n_rows": len(inspected.panel),
        "n_missing": int(inspected.coverage["n_missing"].sum()),
        "n_findings": len(inspected.findings),
        **{f"n_{kind}": int(counts.get(kind, 0)) for kind in FINDING_KINDS},
        "n_features": 0 if inspected.features is None else inspected.features.shape[1],
    }


def write_inspection_summary(title: str, inspected: Inspected) -> str:
    """Return the summary: what was loaded, what looks odd, what was computed."""
    counts = inspected.findings["finding"].value_counts()
    lines = [
        title,
        "",
        _extent(inspected),
        "",
        *(f"  {int(counts.get(kind, 0)):>6,}  {words}" for kind, words in _IN_WORDS.items()),
        "",
        _CAUTION,
    ]
    if inspected.features is not None:
        lines += [
            "",
            f"{_counted(inspected.features.shape[1], 'feature')} computed; their rank correlations are saved.",
        ]
    return "\n".join(lines) + "\n"


def _extent(inspected: Inspected) -> str:
    coverage = inspected.coverage
    first, last = coverage["first_bar"].min(), coverage["last_bar"].max()
    n_missing = int(coverage["n_missing"].sum())
    return (
        f"{len(inspected.panel):,} bars of {_counted(len(coverage), 'ticker')}, from {first:%Y-%m-%d} to "
        f"{last:%Y-%m-%d}; {n_missing:,} are missing between a ticker's first and last bar."
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
