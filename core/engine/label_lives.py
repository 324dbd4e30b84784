"""Where labels live on the bars: what splits purge by and what sample weights count.

1. Each row of the labels has a bar, the one at whose close it is decided.
2. Its life runs from there to the last bar that its target depends on (`label_end`).
3. A row without a target, or without an end, has no life: it never trains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from core.base.errors import DataError
from core.engine.panel_index import ranks_of_level
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["LabelLives", "label_lives"]


@dataclass(frozen=True, eq=False)
class LabelLives:
    """The rows of a labels frame as positions.

    Attributes
    ----------
    n_bars : int
        Number of bars in the calendar.
    bar : ndarray of shape (n_rows,)
        Position of the row's own bar.
    last_bar : ndarray of shape (n_rows,)
        Position of the last bar at or before `label_end`; n_bars where the row is not labelled.
    ticker : ndarray of shape (n_rows,)
        Small integers, one for each ticker.
    is_labelled : ndarray of shape (n_rows,), bool
        Whether the row has both a target and an end.
    """

    n_bars: int
    bar: NDArray[np.int32]
    last_bar: NDArray[np.int32]
    ticker: NDArray[np.int32]
    is_labelled: NDArray[np.bool_]


def label_lives(labels: pd.DataFrame, timestamps: pd.DatetimeIndex) -> LabelLives:
    """Place labels on the calendar of bars.

    Parameters
    ----------
    labels : DataFrame
        Index (timestamp, ticker); columns `target` (NaN where unresolved) and `label_end` (NaT where unresolved).
    timestamps : DatetimeIndex of shape (n_bars,)
        All bars of the panel, sorted and unique.

    Raises
    ------
    DataError
        If a column is missing, the calendar is not sorted and unique, a row's timestamp is not a bar, a target has no
        `label_end`, or a `label_end` lies before its own bar.
    """
    missing = [column for column in ("target", "label_end") if column not in labels.columns]
    if missing:
        raise DataError(f"The labels lack the column {missing[0]!r}; they have {list(labels.columns)}.")
    if not (timestamps.is_unique and timestamps.is_monotonic_increasing):
        raise DataError("The calendar of bars is not sorted and unique; pass the panel's sorted unique timestamps.")
    index = cast("pd.MultiIndex", labels.index)
    bar = _bars(index, timestamps)
    _refuse(bar < 0, labels, "is not a bar of the calendar")
    has_target = labels["target"].notna().to_numpy(dtype=bool)
    has_end = labels["label_end"].notna().to_numpy(dtype=bool)
    _refuse(has_target & ~has_end, labels, "has a target but no label_end, so it cannot be purged")
    last_bar = np.full(len(labels), len(timestamps), dtype=np.int32)
    is_labelled = has_target & has_end
    for rows in row_blocks(len(labels)):
        labelled = is_labelled[rows]
        ends = labels["label_end"].iloc[rows][labelled]
        last_bar[rows][labelled] = timestamps.searchsorted(ends, side="right") - 1
    _refuse(last_bar < bar, labels, "has a label_end before its own bar")
    return LabelLives(len(timestamps), bar, last_bar, _tickers(index), is_labelled)


def _bars(index: pd.MultiIndex, timestamps: pd.DatetimeIndex) -> NDArray[np.int32]:
    # A level has a timestamp once, where the rows repeat it for every ticker; code -1 reads the last.
    positions = np.append(timestamps.get_indexer(index.levels[0]), -1).astype(np.int32)
    return positions[index.codes[0]]


def _tickers(index: pd.MultiIndex) -> NDArray[np.int32]:
    ranks, _ = ranks_of_level(index, 1)
    return ranks.astype(np.int32)[index.codes[1]]


def _refuse(is_bad: NDArray[np.bool_], labels: pd.DataFrame, complaint: str) -> None:
    if is_bad.any():
        timestamp, ticker = labels.index[int(np.flatnonzero(is_bad)[0])]
        raise DataError(f"The label of {ticker} at {timestamp} {complaint} ({int(is_bad.sum())} rows so).")
