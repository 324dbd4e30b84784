"""Leaving out tickers whose history is too short to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.base.errors import DataError
from core.engine.bar_blocks import PanelBars

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["leave_out_short_histories"]


def leave_out_short_histories(panel: pd.DataFrame, min_history_bars: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the panel without the tickers that have fewer bars than asked.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.
    min_history_bars : int
        Tickers with fewer bars are left out; 0 keeps all.

    Returns
    -------
    panel : DataFrame
        The rows of the tickers that stay, in their order.
    left_out : dict of str to int
        Ticker to its number of bars, for those left out.

    Raises
    ------
    DataError
        If no ticker has so many bars.
    """
    panel_bars = PanelBars(panel)
    bars, tickers = panel_bars.count_by_ticker(), panel_bars.tickers
    left_out = {str(ticker): int(n) for ticker, n in zip(tickers, bars, strict=True) if n < min_history_bars}
    if not left_out:
        return panel, {}
    if len(left_out) == len(tickers):
        longest = max(left_out, key=lambda ticker: left_out[ticker])
        raise DataError(
            f"data.min_history_bars is {min_history_bars}, and none of the {len(tickers)} tickers has so many; the "
            f"longest is {longest} with {left_out[longest]} bars. Lower it to {left_out[longest]} or less, or widen "
            "the dates."
        )
    return panel[(bars >= min_history_bars)[panel_bars.assets_of(slice(None))]], left_out
