"""Rules that turn what a strategy wants of each ticker into exposures of one account.

1. What is wanted of a ticker alone is a wide array over the panel's bars: exposure as if the whole account traded it.
2. `changed_beyond` keeps an exposure until it has moved by more than a band, so that small moves cost nothing.
3. `share_account` splits the account equally over the tickers that trade, caps the gross exposure, and gives the Series
   that strategies return.

A ticker trades from its first bar on, and for five bars of the panel after its latest, so that a day's halt of one
ticker moves no other. Everything at bar t follows from bars up to t.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.engine.panel import PanelArrays

__all__ = ["changed_beyond", "hysteresis", "rows_to_panel", "share_account"]

_ABSENT_BARS = 5


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
    arrays: PanelArrays, index: pd.Index, alone: NDArray[np.float64], *, max_gross: float | None = None
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

    Returns
    -------
    Series of shape (n_rows,)
        Named "exposure", on `index`: `alone` over the number of tickers that trade at the bar.
    """
    import pandas as pd

    trading = _is_trading(arrays.has_bar)
    split = alone / np.maximum(trading.sum(axis=1, keepdims=True), 1)
    if max_gross is not None:
        held = np.where(trading, pd.DataFrame(split).ffill().fillna(0.0).to_numpy(), 0.0)
        gross = np.abs(held).sum(axis=1, keepdims=True)
        split = split * np.minimum(1.0, max_gross / np.maximum(gross, max_gross))
    return pd.Series(split[arrays.locate(cast("pd.MultiIndex", index))], index=index, name="exposure")


def _is_trading(has_bar: NDArray[np.bool_]) -> NDArray[np.bool_]:
    bars = np.arange(len(has_bar))[:, None]
    latest = np.maximum.accumulate(np.where(has_bar, bars, -_ABSENT_BARS - 1), axis=0)
    trading: NDArray[np.bool_] = bars - latest <= _ABSENT_BARS
    return trading
