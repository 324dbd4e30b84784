"""Rows to train on with something between them, said in two ways that mean the same to a model."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.contracts.model import TrainingData

__all__ = ["of_other_tickers", "of_two_stretches"]


def of_two_stretches(data: TrainingData) -> TrainingData:
    """Return the rows, those of the later half of the bars in a stretch of their own."""
    numbers = _is_later(data).astype(np.int16)
    return replace(data, stretch=pd.Series(numbers, index=data.target.index, name="stretch"))


def of_other_tickers(data: TrainingData) -> TrainingData:
    """Return the rows, those of the later half of the bars as other tickers'."""
    index = data.target.index
    tickers = index.get_level_values(1).astype(str)
    renamed = np.where(_is_later(data), tickers + "_LATER", tickers)
    moved = pd.MultiIndex.from_arrays([index.get_level_values(0), renamed], names=index.names)
    parts = {part.name: getattr(data, part.name) for part in fields(data)}
    return replace(data, **{name: part.set_axis(moved) for name, part in parts.items() if part is not None})


def _is_later(data: TrainingData) -> NDArray[np.bool_]:
    moments = data.target.index.get_level_values(0)
    bars = moments.unique().sort_values()
    return np.asarray(moments >= bars[len(bars) // 2])
