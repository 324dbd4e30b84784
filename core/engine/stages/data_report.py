"""What every run says about its prices: findings in the log, facts in data.json, the fingerprint in the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from core.contracts.run_context import RunContext

__all__ = ["report_data"]


def report_data(
    panel: pd.DataFrame,
    fingerprint: str,
    left_out: Mapping[str, int],
    findings: Sequence[str],
    context: RunContext,
) -> None:
    """Log what looks odd, record the fingerprint and save data.json.

    Parameters
    ----------
    panel : DataFrame
        The checked, adjusted price panel.
    fingerprint : str
        SHA-256 over it.
    left_out : mapping of str to int
        Tickers left out for a short history, with their bars.
    findings : sequence of str
        What looks odd, in prose.
    """
    timestamps = panel.index.unique(level="timestamp")
    tickers = list(panel.index.unique(level="ticker"))
    for finding in findings:
        context.log(finding, level="warning")
    for ticker, n_bars in sorted(left_out.items()):
        context.log(f"{ticker} is left out: {n_bars} bars are fewer than data.min_history_bars", level="warning")
    facts = {
        "n_rows": len(panel),
        "n_bars": len(timestamps),
        "n_tickers": len(tickers),
        "first_bar": timestamps[0].isoformat(),
        "last_bar": timestamps[-1].isoformat(),
    }
    context.record(data_fingerprint=fingerprint)
    details = {"tickers": tickers, "left_out": dict(left_out), "findings": list(findings)}
    context.save_json("data", {**facts, **details, "fingerprint": fingerprint})
    context.log("Prices are loaded and checked", **facts)
