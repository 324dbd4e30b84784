"""Some tickers' rows at a time, each ticker's together and in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from core.engine.panel_index import order_by_code
from core.engine.row_blocks import ROWS_AT_ONCE, row_blocks

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["TickerGroup", "ticker_groups"]


@dataclass(frozen=True, eq=False)
class TickerGroup:
    """Some tickers.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        The positions of their rows in the panel.
    numbers : ndarray of shape (n_rows,)
        Which ticker each row is of; equal ones stand together.
    """

    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]

    @property
    def is_first(self) -> NDArray[np.bool_]:
        """Whether a row is its ticker's first."""
        return np.append(True, self.numbers[1:] != self.numbers[:-1])


def ticker_groups(panel: pd.DataFrame) -> Iterator[TickerGroup]:
    """Yield a panel's tickers, as many at a time as make up `ROWS_AT_ONCE` rows; one that has more comes alone."""
    index = cast("pd.MultiIndex", panel.index)
    codes, n_codes = index.codes[1], len(index.levels[1])
    by_ticker = order_by_code(codes, n_codes)
    n_each = np.zeros(n_codes, dtype=np.int64)
    for block in row_blocks(len(codes)):
        n_each += np.bincount(codes[block], minlength=n_codes)
    ends = np.cumsum(n_each)
    start = 0
    while start < len(by_ticker):
        n_done = int(np.searchsorted(ends, start, side="right"))
        beyond = int(np.searchsorted(ends, start + ROWS_AT_ONCE, side="right"))
        end = int(ends[max(beyond - 1, n_done)])
        rows = by_ticker[start:end]
        yield TickerGroup(rows, codes[rows].astype(np.int64))
        start = end
