"""Some bars of a panel at a time: a panel's rows lie by time, so that those of some bars lie together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from core.engine.panel_index import ranks_of_level
from core.engine.row_blocks import ROWS_AT_ONCE, row_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BarBlock", "PanelBars"]


@dataclass(frozen=True, eq=False)
class BarBlock:
    """Some bars, and their rows.

    Attributes
    ----------
    bars, rows : slice
        Their positions among the panel's bars, and among its rows.
    at : tuple of two ndarrays of shape (n_rows,)
        Bar, from the block's first, and asset of each row: `array[block.at]` reads an array of shape `shape`.
    shape : tuple of int
        (n_bars, n_tickers).
    """

    bars: slice
    rows: slice
    at: tuple[NDArray[np.int64], NDArray[np.int64]]
    shape: tuple[int, int]


class PanelBars:
    """The bars of a panel that `check_panel` accepts.

    Attributes
    ----------
    timestamps : DatetimeIndex
        Those that occur, sorted.
    tickers : Index
        Those that occur, sorted.
    """

    def __init__(self, panel: pd.DataFrame) -> None:
        self._index = cast("pd.MultiIndex", panel.index)
        self._bar_ranks, moments = ranks_of_level(self._index, 0)
        self._asset_ranks, self.tickers = ranks_of_level(self._index, 1)
        self.timestamps = pd.DatetimeIndex(moments, name="timestamp")

    def blocks(self, *, newest_first: bool = False) -> Iterator[BarBlock]:
        """Yield some bars at a time."""
        ends = np.append(0, np.cumsum(self.count_by_bar()))
        each = list(row_blocks(len(self.timestamps), max(1, ROWS_AT_ONCE // len(self.tickers))))
        for bars in reversed(each) if newest_first else each:
            rows = slice(int(ends[bars.start]), int(ends[bars.stop]))
            at = self.bars_of(rows) - bars.start, self.assets_of(rows)
            yield BarBlock(bars, rows, at, (bars.stop - bars.start, len(self.tickers)))

    def bars_of(self, rows: slice) -> NDArray[np.int64]:
        """Return the positions of rows' times in `timestamps`."""
        return self._bar_ranks[self._index.codes[0][rows]]

    def assets_of(self, rows: slice | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions of rows' tickers in `tickers`."""
        return self._asset_ranks[self._index.codes[1][rows]]

    def count_by_bar(self) -> NDArray[np.int64]:
        """Return the number of rows of each bar."""
        counts = np.zeros(len(self.timestamps), dtype=np.int64)
        for rows in row_blocks(len(self._index)):
            bars = self.bars_of(rows)
            counts[bars[0] : bars[-1] + 1] += np.bincount(bars - bars[0])
        return counts

    def first_and_last_bars(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the positions of each ticker's first and last bar."""
        first, last = np.empty((2, len(self.tickers)), dtype=np.int64)
        # Of several values for one place the last one stays, so that going backwards leaves the first bar.
        for rows in row_blocks(len(self._index)):
            last[self.assets_of(rows)] = self.bars_of(rows)
        for rows in reversed(list(row_blocks(len(self._index)))):
            first[self.assets_of(rows)[::-1]] = self.bars_of(rows)[::-1]
        return first, last

    def count_by_ticker(self) -> NDArray[np.int64]:
        """Return the number of rows of each ticker."""
        counts = np.zeros(len(self.tickers), dtype=np.int64)
        for rows in row_blocks(len(self._index)):
            counts += np.bincount(self.assets_of(rows), minlength=len(counts))
        return counts
