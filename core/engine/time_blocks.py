"""Blocks of rows in time order, each with the rows that may teach a model which then predicts it.

1. The bars are cut into even blocks; the first block only teaches.
2. Each later block is predicted by what learned from rows whose bar and whose target's last bar lie before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from core.contracts.model import TrainingData

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["chosen_rows", "rows_known_before", "time_blocks"]


def time_blocks(data: TrainingData, n_blocks: int) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield, for each predicted block, which rows may teach and which rows are predicted; both have some.

    Parameters
    ----------
    data : TrainingData
        Index (timestamp, ticker). Without `label_end` a target counts as known at its own bar.
    n_blocks : int
        How many blocks are predicted; the bars are cut into one more.
    """
    moments = _moments(data)
    bars = moments.unique().sort_values()
    starts = [bars[position] for position in np.linspace(0, len(bars), n_blocks + 2).astype(int)[1:-1]]
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        is_predicted = np.asarray(moments >= start) & (np.asarray(moments < end) if end is not None else True)
        teaches = rows_known_before(data, start)
        if teaches.any() and is_predicted.any():
            yield teaches, is_predicted


def rows_known_before(data: TrainingData, moment: pd.Timestamp) -> NDArray[np.bool_]:
    """Return which rows, and their targets, depend on bars before `moment` alone."""
    is_before = np.asarray(_moments(data) < moment)
    return is_before if data.label_end is None else is_before & (data.label_end < moment).to_numpy()


def chosen_rows(data: TrainingData, chosen: NDArray[np.bool_]) -> TrainingData:
    """Return some of the rows."""
    weight, end, stretch = data.sample_weight, data.label_end, data.stretch
    return TrainingData(
        data.features[chosen],
        data.target[chosen],
        None if weight is None else weight[chosen],
        None if end is None else end[chosen],
        None if stretch is None else stretch[chosen],
    )


def _moments(data: TrainingData) -> pd.DatetimeIndex:
    import pandas as pd

    return pd.DatetimeIndex(data.features.index.get_level_values(0))
