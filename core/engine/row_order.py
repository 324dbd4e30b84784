"""The order in which rows make a panel: by timestamp, then ticker.

1. Each bar has a cell of its own in a table of times and tickers, and reading that line by line is the panel's order:
   much faster than sorting. Two rows that claim one cell leave one cell fewer than there are rows.
2. Where the table would be mostly empty, the rows are sorted.
3. The rows of some bars lie together in a panel, so that dates are cut without looking at each row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.engine.bar_rows import BarRows

__all__ = ["RowOrder", "first_twice", "row_order"]

_CELLS_A_ROW = 4


@dataclass(frozen=True, eq=False)
class RowOrder:
    """Where each row of a panel stands among the rows that it is made of.

    Attributes
    ----------
    positions : ndarray of shape (n_rows,)
        For each of the panel's rows, in its order.
    bars, assets : ndarray of shape (n_rows,)
        The panel's codes of times and tickers.
    """

    positions: NDArray[np.int64]
    bars: NDArray[Any]
    assets: NDArray[Any]

    def of_bars(self, first: int, end: int) -> RowOrder:
        """Return the order of the rows of some bars: from position `first` among the times to before `end`."""
        rows = slice(*np.searchsorted(self.bars, [first, end]).tolist())
        return RowOrder(self.positions[rows], self.bars[rows], self.assets[rows])

    def index(self, moments: pd.DatetimeIndex, tickers: pd.Index) -> pd.MultiIndex:
        """Return the panel's index."""
        levels: Any = [moments, tickers]
        codes: Any = [self.bars, self.assets]
        return pd.MultiIndex(levels=levels, codes=codes, names=["timestamp", "ticker"], verify_integrity=False)


def row_order(rows: BarRows) -> RowOrder | None:
    """Return the order of a panel's rows, None where a ticker has two of one time."""
    is_dense = len(rows.moments) * len(rows.tickers) <= _CELLS_A_ROW * len(rows)
    order = _by_table(rows) if is_dense else _by_sorting(rows)
    return order if len(order.positions) == len(rows) else None


def first_twice(rows: BarRows) -> tuple[int, int]:
    """Return the positions of the first row that is there twice, and of the one before; there is such a row."""
    cells = _cells(rows, slice(None))
    positions = np.argsort(cells, kind="stable")
    later = np.flatnonzero(cells[positions[1:]] == cells[positions[:-1]])
    first = later[np.argmin(positions[later + 1])]
    return int(positions[first + 1]), int(positions[first])


def _cells(rows: BarRows, block: slice) -> NDArray[np.int64]:
    cells: NDArray[np.int64] = rows.bars[block].astype(np.int64) * len(rows.tickers) + rows.assets[block]
    return cells


def _by_table(rows: BarRows) -> RowOrder:
    shape = (len(rows.moments), len(rows.tickers))
    table = np.full(shape[0] * shape[1], -1, dtype=np.int32)
    for block in row_blocks(len(rows)):
        table[_cells(rows, block)] = np.arange(block.start, block.stop, dtype=np.int32)
    order, end = _empty(int(np.count_nonzero(table >= 0)), shape), 0
    for block in row_blocks(len(table)):
        cells = np.flatnonzero(table[block] >= 0)
        start, end = end, end + len(cells)
        order.positions[start:end] = table[block][cells]
        order.bars[start:end], order.assets[start:end] = np.divmod(cells + block.start, shape[1])
    return order


def _by_sorting(rows: BarRows) -> RowOrder:
    cells = _cells(rows, slice(None))
    positions = np.argsort(cells, kind="stable")
    is_first = np.append(True, np.diff(cells[positions]) > 0)
    positions = positions[is_first]
    order = _empty(len(positions), (len(rows.moments), len(rows.tickers)))
    order.positions[:], order.bars[:], order.assets[:] = positions, rows.bars[positions], rows.assets[positions]
    return order


def _empty(n_rows: int, shape: tuple[int, int]) -> RowOrder:
    bars, assets = (np.empty(n_rows, dtype=np.min_scalar_type(-size)) for size in shape)
    return RowOrder(np.empty(n_rows, dtype=np.int64), bars, assets)
