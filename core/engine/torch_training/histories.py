"""The bars before each row that a network may read: of its own ticker and stretch, up to the row, across no hole.

1. Rows are put in the order of their tickers, then of their bars.
2. A history begins anew at another ticker, at another stretch, after a hole, and at a bar that appears again.
3. A row's history is the last `sequence_bars` rows since then, the row's own included; near its beginning, fewer.

Nothing after a row, and no other ticker, has a part in its history. Stretches part rows that have another block's bars
between them (stretches.py); where a ticker itself has no bars, or no labels, time tells: a hole is a time between two
of its rows that is longer than five times the training rows' usual one, and than a week, which holidays stay below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.panel_index import position_of_tickers

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Histories", "histories_of", "usual_longest_gap_us"]

_WEEK_US = 7 * 24 * 3600 * 1_000_000
_USUAL_GAPS = 5


@dataclass(frozen=True, eq=False)
class Histories:
    """Where each row's history lies.

    Attributes
    ----------
    order : ndarray of int, shape (n_rows,)
        The rows' numbers by ticker, then time.
    first, last : ndarray of int, shape (n_rows,)
        For each row, in the order given, the first and the last position of its history in `order`.
    """

    order: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def histories_of(
    frame: pd.DataFrame, sequence_bars: int, longest_gap_us: int, stretch: pd.Series | None = None
) -> Histories:
    """Return the rows' histories.

    Parameters
    ----------
    frame : DataFrame
        Index (timestamp, ticker), in any order.
    sequence_bars : int
        Rows of a history, at most.
    longest_gap_us : int
        Microseconds; a longer time between two bars of a ticker is a hole.
    stretch : Series of shape (n_rows,), optional
        As `TrainingData.stretch` says it; by default all rows are of one.

    Raises
    ------
    DataError
        If the index is another.
    """
    tickers, moments = _places(frame)
    order = np.lexsort((moments, tickers)).astype(np.int64)
    ticker, moment = tickers[order], moments[order]
    begins = np.ones(len(order), dtype=np.bool_)
    gap = np.diff(moment)
    begins[1:] = (np.diff(ticker) != 0) | (gap > longest_gap_us) | (gap == 0) | _parted(stretch, order)
    positions = np.arange(len(order), dtype=np.int64)
    start = np.maximum.accumulate(np.where(begins, positions, 0))
    last = np.empty_like(positions)
    last[order] = positions
    return Histories(order, np.maximum(start, positions - sequence_bars + 1)[last], last)


def usual_longest_gap_us(frame: pd.DataFrame, stretch: pd.Series | None = None) -> int:
    """Return the longest time between two bars of a ticker that is no hole, by the median of those in each stretch."""
    tickers, moments = _places(frame)
    order = np.lexsort((moments, tickers))
    gap = np.diff(moments[order])
    own = gap[(np.diff(tickers[order]) == 0) & (gap > 0) & ~_parted(stretch, order)]
    return max(_WEEK_US, int(_USUAL_GAPS * np.median(own)) if len(own) else 0)


def _parted(stretch: pd.Series | None, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows in that order, but for the first, lie in another stretch than the row before."""
    if stretch is None:
        return np.zeros(max(0, len(order) - 1), dtype=np.bool_)
    parted: NDArray[np.bool_] = np.diff(stretch.to_numpy()[order]) != 0
    return parted


def _places(frame: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each row's ticker as a number, and its moment in microseconds."""
    if list(frame.index.names) != ["timestamp", "ticker"]:
        names = ", ".join(str(name) for name in frame.index.names if name is not None) or "no names"
        raise DataError(
            "A model that reads earlier rows must know whose and when each row is: the rows need the index (timestamp, "
            f"ticker), and theirs has {names}."
        )
    timestamps = cast("pd.MultiIndex", frame.index).get_level_values("timestamp")
    if len(frame) and not isinstance(timestamps, pd.DatetimeIndex):
        raise DataError(
            f"The rows' timestamps are of the type {timestamps.dtype}, and must be times: what a text or number means "
            "is for whoever made it to say, as pandas.to_datetime(..., utc=True) does."
        )
    return position_of_tickers(frame)[0], pd.DatetimeIndex(timestamps).as_unit("us").asi8
