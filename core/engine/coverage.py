"""Which bars a panel holds, ticker by ticker, and which it lacks.

A session is a timestamp at which some ticker of the panel has a bar: the panel is its own calendar.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.engine.panel_findings import session_gaps
from core.engine.panel_index import position_of_tickers, position_of_timestamps

__all__ = ["coverage_by_ticker", "gap_runs"]


def coverage_by_ticker(panel: pd.DataFrame) -> pd.DataFrame:
    """Return how much of the sessions each ticker has.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.

    Returns
    -------
    DataFrame of shape (n_tickers, 7)
        ticker, first_bar and last_bar (UTC), n_bars, n_sessions (those from its first to its last bar, both included),
        n_missing (sessions among these without a bar of the ticker) and missing_share (their fraction). Sorted by
        ticker.
    """
    bars, timestamps = position_of_timestamps(panel)
    assets, tickers = position_of_tickers(panel)
    first = np.full(len(tickers), len(timestamps), dtype=np.int64)
    last = np.full(len(tickers), -1, dtype=np.int64)
    np.minimum.at(first, assets, bars)
    np.maximum.at(last, assets, bars)
    n_bars, n_sessions = np.bincount(assets, minlength=len(tickers)), last - first + 1
    return pd.DataFrame(
        {
            "ticker": pd.Series(list(tickers), dtype="str"),
            "first_bar": timestamps[first],
            "last_bar": timestamps[last],
            "n_bars": n_bars,
            "n_sessions": n_sessions,
            "n_missing": n_sessions - n_bars,
            "missing_share": (n_sessions - n_bars) / n_sessions,
        }
    )


def gap_runs(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps between a ticker's bars, sessions in a row as one gap.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.

    Returns
    -------
    DataFrame of shape (n_gaps, 4)
        ticker, first_missing and last_missing (UTC sessions), n_bars (how many sessions that is). Sorted by ticker,
        then time.
    """
    gaps = session_gaps(panel)
    _, timestamps = position_of_timestamps(panel)
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
