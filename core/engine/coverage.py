"""Which bars a panel holds, ticker by ticker, and which it lacks.

A bar is expected whenever some ticker of the panel has one, unless a timetable says more (timetable.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from core.engine.bar_blocks import PanelBars
from core.engine.session_gaps import count_gaps_by_ticker, session_gaps

if TYPE_CHECKING:
    from core.engine.timetable import Timetable

__all__ = ["coverage_by_ticker", "gap_runs"]


def coverage_by_ticker(panel: pd.DataFrame, timetable: Timetable | None = None) -> pd.DataFrame:
    """Return how much of the sessions each ticker has.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.
    timetable : Timetable, optional
        When its bars are expected; without one, whenever some ticker has one.

    Returns
    -------
    DataFrame of shape (n_tickers, 7)
        ticker, first_bar and last_bar (UTC), n_bars, n_sessions (bars that it has or lacks from its first to its last
        one), n_missing (those that it lacks) and missing_share (their fraction). Sorted by ticker.
    """
    bars = PanelBars(panel)
    first, last = bars.first_and_last_bars()
    n_bars, n_missing = bars.count_by_ticker(), count_gaps_by_ticker(bars, timetable)
    return pd.DataFrame(
        {
            "ticker": pd.Series(list(bars.tickers), dtype="str"),
            "first_bar": bars.timestamps[first],
            "last_bar": bars.timestamps[last],
            "n_bars": n_bars,
            "n_sessions": n_bars + n_missing,
            "n_missing": n_missing,
            "missing_share": n_missing / (n_bars + n_missing),
        }
    )


def gap_runs(panel: pd.DataFrame, timetable: Timetable | None = None) -> pd.DataFrame:
    """Return the gaps between a ticker's bars, sessions in a row as one gap.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.
    timetable : Timetable, optional
        When its bars are expected; without one, whenever some ticker has one.

    Returns
    -------
    DataFrame of shape (n_gaps, 4)
        ticker, first_missing and last_missing (UTC), n_bars (how many bars that is). Sorted by ticker, then time.
    """
    gaps = session_gaps(panel, timetable)
    timestamps = _expected(panel, timetable)
    ordered = gaps.assign(bar=timestamps.get_indexer(pd.DatetimeIndex(gaps["timestamp"]))).sort_values(
        ["ticker", "bar"]
    )
    goes_on = (ordered["bar"].diff() == 1) & (ordered["ticker"] == ordered["ticker"].shift())
    runs = ordered.groupby((~goes_on).cumsum(), sort=False).agg(
        ticker=("ticker", "first"),
        first_missing=("timestamp", "first"),
        last_missing=("timestamp", "last"),
        n_bars=("bar", "size"),
    )
    return runs.reset_index(drop=True)


def _expected(panel: pd.DataFrame, timetable: Timetable | None) -> pd.DatetimeIndex:
    if timetable is None:
        return PanelBars(panel).timestamps
    return timetable.timestamps[timetable.is_expected].union(timetable.lacking)
