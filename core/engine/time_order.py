"""Whether each ticker's rows lie in the order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.engine.previous_rows import rows_before
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    from core.engine.bar_rows import BarRows

__all__ = ["OutOfOrder", "TimeOrder", "first_out_of_order"]

TimeOrder = Literal["oldest_first", "newest_first", "any"]


@dataclass(frozen=True)
class OutOfOrder:
    """A row whose time does not follow that of its ticker's row before.

    Attributes
    ----------
    row, before : int
        The positions of the two.
    """

    row: int
    before: int


def first_out_of_order(rows: BarRows, time_order: TimeOrder) -> OutOfOrder | None:
    """Return the first row that does not follow its ticker's one before, None where all do."""
    if time_order == "any":
        return None
    step = 1 if time_order == "oldest_first" else -1
    latest = np.full(len(rows.tickers), -1, dtype=np.int64)
    for block in row_blocks(len(rows)):
        before = rows_before(rows.assets[block], block.start, latest)
        held = np.flatnonzero(before >= 0)
        is_stuck = step * (rows.bars[block][held] - rows.bars[before[held]]) <= 0
        if is_stuck.any():
            first = held[np.argmax(is_stuck)]
            return OutOfOrder(int(block.start + first), int(before[first]))
    return None
