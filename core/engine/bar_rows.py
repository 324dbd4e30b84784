"""Rows of bars before they are a panel: numbers alone, whatever the source held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BarRows", "bar_rows"]


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


def bar_rows(frame: pd.DataFrame) -> BarRows:
    """Return the rows of a frame with columns timestamp (UTC), ticker and the panel's own; the frame stays whole."""
    bars, moments = pd.factorize(pd.DatetimeIndex(frame["timestamp"]), sort=True)
    codes, found = pd.factorize(frame["ticker"])
    names = pd.Index(found, dtype="str")
    by_name = names.argsort()
    ranks = np.empty(len(names), dtype=np.int32)
    ranks[by_name] = np.arange(len(names))
    columns = {str(name): frame[name] for name in frame.columns if name not in {"timestamp", "ticker"}}
    return BarRows(bars.astype(np.int32), pd.DatetimeIndex(moments), ranks[codes], names[by_name], columns)
