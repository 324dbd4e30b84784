"""Each row's ticker's row before.

1. Rows are looked at some at a time; within these, each ticker's are put side by side.
2. Where a ticker's row before lies among earlier rows is kept from one time to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from core.engine.panel_index import order_by_code, ranks_of_level
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["at_rows", "previous_close", "previous_rows", "rows_before"]


def previous_close(panel: pd.DataFrame) -> NDArray[np.float64]:
    """Return each row's close at its ticker's bar before, NaN at the ticker's first bar."""
    return at_rows(panel["close"].to_numpy(), previous_rows(panel))


def previous_rows(panel: pd.DataFrame) -> NDArray[np.int64]:
    """Return the position of each row's ticker's bar before, -1 at the ticker's first bar."""
    index = cast("pd.MultiIndex", panel.index)
    ranks, tickers = ranks_of_level(index, 1)
    before, latest = np.empty(len(panel), dtype=np.int64), np.full(len(tickers), -1, dtype=np.int64)
    for rows in row_blocks(len(panel)):
        before[rows] = rows_before(ranks[index.codes[1][rows]], rows.start, latest)
    return before


def at_rows(values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the values at these positions, NaN at -1."""
    found = values[rows]
    found[rows < 0] = np.nan
    return found


def rows_before(assets: NDArray[np.signedinteger], first_row: int, latest: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the position of each row's ticker's row before, -1 where there is none.

    Parameters
    ----------
    assets : ndarray of shape (n_rows,)
        The ticker of some rows that lie together.
    first_row : int
        Where the first of them stands among all rows.
    latest : ndarray of shape (n_tickers,)
        Where each ticker's last row before them stands, -1 without one. Afterwards: with them.
    """
    by_ticker = order_by_code(assets, len(latest))
    grouped = assets[by_ticker]
    is_first = np.append(True, grouped[1:] != grouped[:-1])
    before = np.empty(len(assets), dtype=np.int64)
    before[by_ticker[1:]] = by_ticker[:-1] + first_row
    before[by_ticker[is_first]] = latest[grouped[is_first]]
    is_last = np.append(is_first[1:], True)
    latest[grouped[is_last]] = by_ticker[is_last] + first_row
    return before
