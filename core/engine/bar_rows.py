"""Rows of bars before they are a panel: numbers alone, whatever the source held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.base.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["BarRows", "bar_rows", "refuse_lacking"]


@dataclass(frozen=True, eq=False)
class BarRows:
    """Rows in the order in which a source holds them.

    Attributes
    ----------
    bars : ndarray of shape (n_rows,)
        int32, position of each row's time in `moments`.
    moments : DatetimeIndex
        Every time that some row has, sorted.
    assets : ndarray of shape (n_rows,)
        int32, position of each row's ticker in `tickers`.
    tickers : Index
        Every ticker that some row has, sorted.
    columns : dict of str to array
        The panel's columns. Whoever makes a panel of them takes them out one by one, so that no two copies of all are
        there at a time.
    """

    bars: NDArray[np.int32]
    moments: pd.DatetimeIndex
    assets: NDArray[np.int32]
    tickers: pd.Index
    columns: dict[str, Any]

    def __len__(self) -> int:
        return len(self.bars)

    def ticker_of(self, row: int) -> str:
        """Return the ticker of the row at a position."""
        return str(self.tickers[self.assets[row]])

    def time_of(self, row: int) -> pd.Timestamp:
        """Return the time of the row at a position."""
        found: pd.Timestamp = self.moments[self.bars[row]]
        return found


def bar_rows(frame: pd.DataFrame, origin_of_row: Callable[[int], str]) -> BarRows:
    """Return the rows of a frame with columns timestamp (UTC), ticker and the panel's own; the frame stays whole.

    Raises
    ------
    DataError
        If a row has no ticker or no time; `origin_of_row` says where it came from.
    """
    bars, moments = pd.factorize(pd.DatetimeIndex(frame["timestamp"]), sort=True)
    codes, found = pd.factorize(frame["ticker"])
    refuse_lacking("ticker", codes < 0, origin_of_row)
    refuse_lacking("time", bars < 0, origin_of_row)
    names = pd.Index(found, dtype="str")
    by_name = names.argsort()
    ranks = np.empty(len(names), dtype=np.int32)
    ranks[by_name] = np.arange(len(names))
    columns = {str(name): frame[name] for name in frame.columns if name not in {"timestamp", "ticker"}}
    return BarRows(bars.astype(np.int32), pd.DatetimeIndex(moments), ranks[codes], names[by_name], columns)


def refuse_lacking(what: str, is_lacking: NDArray[np.bool_], origin_of_row: Callable[[int], str]) -> None:
    """Refuse the first row that lacks its ticker or its time: as a position of -1 it would be another row's.

    Raises
    ------
    DataError
        If there is such a row.
    """
    if is_lacking.any():
        where = origin_of_row(int(np.argmax(is_lacking)))
        raise DataError(
            f"{where}: the row has no {what}; each bar needs one. Give it one at the source, or drop the row."
        )
