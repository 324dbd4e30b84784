"""Numbers and pairs as text for a person."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["FIGURES_WORTH_A_LINE", "figure", "lines_of"]

FIGURES_WORTH_A_LINE = ("sharpe", "cagr", "max_drawdown", "auc", "brier", "rows_compared", "largest_difference")


def figure(value: object) -> str:
    """Return a figure with four decimals at most; text and whole numbers as they are."""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:.4g}" if abs(value) < 1e-3 else f"{value:,.4f}"
    return "undefined" if value is None else str(value)


def lines_of(pairs: Sequence[tuple[str, str]]) -> str:
    """Return names and values in two aligned columns."""
    width = max((len(name) for name, _ in pairs), default=0)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in pairs)
