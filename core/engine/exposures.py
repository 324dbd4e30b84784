"""Rules that turn what a strategy wants of each ticker into exposures of one account.

1. What is wanted of a ticker alone is a wide array over the panel's bars: exposure as if the whole account traded it.
2. `changed_beyond` keeps an exposure until it has moved by more than a band, so that small moves cost nothing.
3. `share_account` splits the account equally over the tickers that trade, caps the gross exposure, and gives the Series
   that strategies return.

A ticker without a bar cannot be sold, so it keeps its share of the account and the others share what is left: a halt
levers nobody up. Nobody knows at bar t whether it will come back; after `stale_limit_bars` bars of the panel it is
taken to have ended, and its share goes to the others. Everything at bar t follows from bars up to t.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.engine.panel import PanelArrays

__all__ = ["STALE_LIMIT_BARS", "changed_beyond", "hysteresis", "rows_to_panel", "share_account"]

STALE_LIMIT_BARS = 60


def changed_beyond(wanted: NDArray[np.float64], min_change: float) -> NDArray[np.float64]:
    """Keep each column's value until it moves by more than `min_change`.

    Parameters
    ----------
    wanted : ndarray of shape (n_bars, n_assets)
        NaN keeps what is held.
    min_change : float
        At least 0; with 0 every move counts.

    Returns
    -------
    ndarray of shape (n_bars, n_assets)
        What is held after each bar; NaN before a column's first value.
    """
    held = np.full(wanted.shape[1], np.nan)
    kept = np.empty_like(wanted)
    for bar, row in enumerate(wanted):
        moves = (np.abs(row - held) > min_change) | (np.isnan(held) & ~np.isnan(row))
        held = np.where(moves, row, held)
        kept[bar] = held
    return kept


def hysteresis(values: NDArray[np.float64], enter: float, leave: float) -> NDArray[np.float64]:
    """Return 1 from where a column reaches `enter` until it falls below `leave`, else 0.

    Parameters
    ----------
    values : ndarray of shape (n_bars, n_assets)
        NaN changes nothing.
    enter, leave : float
        `leave` is at most `enter`.

    Returns
    -------
    ndarray of shape (n_bars, n_assets)
        0 or 1; NaN before a column's first value.
    """
    state = np.full(values.shape[1], np.nan)
    states = np.empty_like(values)
    for bar, row in enumerate(values):
        begun = np.where(np.isnan(state) & ~np.isnan(row), 0.0, state)
        state = np.where(row >= enter, 1.0, np.where(row < leave, 0.0, begun))
        states[bar] = state
    return states


def rows_to_panel(arrays: PanelArrays, index: pd.Index, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values of the panel's rows as an array of shape (n_bars, n_assets), NaN where a ticker has no bar."""
    wide = np.full(arrays.shape, np.nan)
    wide[arrays.locate(cast("pd.MultiIndex", index))] = rows
    return wide


def share_account(
    arrays: PanelArrays,
    index: pd.Index,
    alone: NDArray[np.float64],
    *,
    max_gross: float | None = None,
    stale_limit_bars: int = STALE_LIMIT_BARS,
) -> pd.Series:
    """Split the account equally over the tickers that trade, and cap its leverage.

    Parameters
    ----------
    arrays : PanelArrays
        The panel as arrays.
    index : Index of shape (n_rows,)
        The panel's.
    alone : ndarray of shape (n_bars, n_assets)
        Exposure of each ticker as if it had the account to itself; NaN keeps the shares held.
    max_gross : float, optional
        Where the sum of absolute exposures exceeds it, all of that bar's are scaled down alike.
    stale_limit_bars : int
        A ticker without a bar keeps its share of the account for so many bars of the panel, then the others get it.

    Returns
    -------
    Series of shape (n_rows,)
        Named "exposure", on `index`: `alone` times the ticker's share, which is 1 / n where all n tickers that have
        begun have a bar. Shares of tickers with a bar and of those that wait for one add up to 1 at most.
    """
    import pandas as pd

    split, counts = _shares(arrays.has_bar, stale_limit_bars)
    split *= alone
    if max_gross is not None:
        held = np.where(counts, pd.DataFrame(split).ffill().fillna(0.0).to_numpy(), 0.0)
        gross = np.abs(held).sum(axis=1, keepdims=True)
        split = split * np.minimum(1.0, max_gross / np.maximum(gross, max_gross))
    return pd.Series(split[arrays.locate(cast("pd.MultiIndex", index))], index=index, name="exposure")


def _shares(has_bar: NDArray[np.bool_], stale_limit_bars: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return each ticker's share of the account at each bar, and whether the ticker counts there."""
    n_assets = has_bar.shape[1]
    share, before = np.zeros(n_assets), np.zeros(n_assets)
    absent = np.full(n_assets, stale_limit_bars + 1)
    shares, counts = np.empty(has_bar.shape), np.empty(has_bar.shape, dtype=np.bool_)
    for bar, present in enumerate(has_bar):
        absent = np.where(present, 0, absent + 1)
        counts[bar] = absent <= stale_limit_bars
        # What was decided at a ticker's last bar may not have been filled; then it holds what was decided before.
        kept = np.maximum(share, before)[counts[bar] & ~present].sum()
        fresh = max(0.0, 1.0 - kept) / max(int(present.sum()), 1)
        # 1/3 and (1 - 1/3) / 2 differ in their last bit; a target that moves by that would be traded.
        unmoved = np.abs(share - fresh) <= 1e-12
        before = np.where(present, share, before)
        share = np.where(present & ~unmoved, fresh, share)
        shares[bar] = share
    return shares, counts
