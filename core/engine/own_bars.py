"""Each ticker's own bars, side by side.

1. A row of the panel becomes a cell: its ticker's column, and the number of the bar among that ticker's own bars.
2. Columns are aligned at the top; a ticker with fewer bars is NaN at the bottom. So "20 bars ago" is 20 rows up in
   every column, whatever bars other tickers have or lack.
3. What is computed on such arrays goes back to the panel's rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.base.errors import DataError
from core.engine.panel_index import check_index_form, check_index_order, position_of_tickers, position_of_timestamps

__all__ = ["OwnBars", "own_bars", "per_ticker"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_Result = TypeVar("_Result", pd.DataFrame, pd.Series)


@dataclass(frozen=True, eq=False)
class OwnBars:
    """Where each row of a panel lies among its ticker's own bars.

    Attributes
    ----------
    index : MultiIndex of shape (n_rows,)
        The panel's, (timestamp, ticker).
    timestamps : DatetimeIndex of shape (n_timestamps,)
        All bars of the panel, over all tickers.
    tickers : tuple of str
        Sorted, one for each column of the wide arrays.
    row_timestamp : ndarray of shape (n_rows,)
        Position of the row's timestamp in `timestamps`.
    cell : ndarray of shape (n_rows,)
        Position of the row in a raveled wide array.
    shape : tuple of int
        (n_own_bars, n_tickers) of the wide arrays; n_own_bars is the longest ticker's.
    """

    index: pd.MultiIndex
    timestamps: pd.DatetimeIndex
    tickers: tuple[str, ...]
    row_timestamp: IntArray
    cell: IntArray
    shape: tuple[int, int]

    def wide(self, values: pd.Series) -> FloatArray:
        """Return a column of the panel as a fresh array of shape (n_own_bars, n_tickers), NaN below a ticker's end."""
        return self._scatter(values.to_numpy(dtype=np.float64), np.nan)

    def rows(self, wide: FloatArray) -> FloatArray:
        """Return a wide array as values of shape (n_rows,) in the panel's order."""
        return np.ascontiguousarray(wide, dtype=np.float64).ravel()[self.cell]

    def frame(self, columns: Mapping[str, FloatArray]) -> pd.DataFrame:
        """Return wide arrays by name as columns on the panel's index."""
        return pd.DataFrame({name: self.rows(wide) for name, wide in columns.items()}, index=self.index, copy=False)

    @cached_property
    def position(self) -> IntArray:
        """Position in `timestamps` of each own bar, of shape (n_own_bars, n_tickers); -1 below a ticker's end."""
        positions = np.full(self.shape[0] * self.shape[1], -1, dtype=np.int64)
        positions[self.cell] = self.row_timestamp
        return positions.reshape(self.shape)

    def _scatter(self, values: FloatArray, absent: float) -> FloatArray:
        wide = np.full(self.shape[0] * self.shape[1], absent)
        wide[self.cell] = values
        return wide.reshape(self.shape)


def own_bars(data: pd.DataFrame | pd.Series) -> OwnBars:
    """Lay a panel's rows out by each ticker's own bars.

    Parameters
    ----------
    data : DataFrame or Series
        Index (timestamp, ticker), sorted by timestamp, then ticker, unique.

    Raises
    ------
    DataError
        If the index has another form or order.
    """
    check_index_form(data.index, "features and labels")
    check_index_order(cast("pd.DataFrame", data), "features and labels")
    row_timestamp, timestamps = position_of_timestamps(data)
    assets, tickers = position_of_tickers(data)
    n_assets = len(tickers)
    counts = np.bincount(assets, minlength=n_assets)
    own_bar = np.empty(len(assets), dtype=np.int64)
    # Radix sort: stable, and linear for small integers, so each ticker's rows stay in the order of time.
    order = np.argsort(assets.astype(np.int16) if n_assets < 2**15 else assets, kind="stable")
    own_bar[order] = np.arange(len(assets)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = (int(counts.max(initial=0)), n_assets)
    return OwnBars(
        cast("pd.MultiIndex", data.index), timestamps, tickers, row_timestamp, own_bar * n_assets + assets, shape
    )


def per_ticker(data: pd.DataFrame, function: Callable[[pd.DataFrame], _Result]) -> _Result:
    """Apply a function to each ticker's rows and put the results back on the panel's index.

    For steps whose arithmetic is easiest on one ticker. Arithmetic on `own_bars(data).wide(...)` does all tickers at
    once and is the faster way.

    Parameters
    ----------
    data : DataFrame
        Index (timestamp, ticker), sorted.
    function : callable
        Takes one ticker's rows, index timestamp, and returns a float Series or DataFrame on that same index.

    Returns
    -------
    Series or DataFrame
        As the function returns, on the index of `data`.

    Raises
    ------
    DataError
        If the index is not a sorted panel's, or a result is not on its ticker's index.
    """
    bars = own_bars(data)
    order = np.argsort(bars.cell % bars.shape[1], kind="stable")
    counts = np.bincount(bars.cell % bars.shape[1], minlength=bars.shape[1])
    by_ticker = data.take(order).droplevel("ticker")
    stops = np.cumsum(counts)
    results: list[_Result] = []
    for ticker, start, stop in zip(bars.tickers, stops - counts, stops, strict=True):
        rows = by_ticker.iloc[start:stop]
        result = function(rows)
        if not result.index.equals(rows.index):
            raise DataError(
                f"per_ticker: the result for {ticker} has {len(result)} rows on its own index; it must have the "
                f"{len(rows)} rows that the function was given, in their order."
            )
        results.append(result)
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    joined: _Result = pd.concat(results).take(back)
    joined.index = data.index
    return joined
