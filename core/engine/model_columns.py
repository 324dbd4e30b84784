"""The names of columns that go into a model and come out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["checked_features", "classes_of", "probability_column"]


def probability_column(label: float) -> str:
    """Return the column that holds a class's probability: 1.0 gives "probability_1", -1.0 "probability_-1"."""
    return f"probability_{label:g}"


def classes_of(target: pd.Series) -> tuple[float, ...]:
    """Return the classes that a target holds, ascending."""
    return tuple(np.unique(target.to_numpy(dtype=np.float64)).tolist())


def checked_features(features: pd.DataFrame, trained_on: Sequence[str], model: str) -> NDArray[np.float64]:
    """Return features as an array of shape (n_rows, n_features), float64, NaN where missing.

    Parameters
    ----------
    features : DataFrame
        What to predict for.
    trained_on : sequence of str
        The columns that the model learned from, in order.
    model : str
        The model's name, for messages.

    Raises
    ------
    DataError
        If columns are missing, unknown or in another order, or a value is infinite.
    """
    found = [str(column) for column in features.columns]
    if found != list(trained_on):
        raise DataError(f"Model {model!r} {_difference(found, trained_on)}. Pass the features it was trained on.")
    values = features.to_numpy(dtype=np.float64)
    is_infinite = np.isinf(values)
    if is_infinite.any():
        row, column = np.argwhere(is_infinite)[0]
        raise DataError(f"Feature {found[column]!r} is {values[row, column]} at {features.index[row]}; use NaN.")
    return values


def _difference(found: Sequence[str], trained_on: Sequence[str]) -> str:
    missing = [name for name in trained_on if name not in found]
    unknown = [name for name in found if name not in trained_on]
    if missing:
        return f"lacks {len(missing)} of its {len(trained_on)} feature columns, first {missing[0]!r}"
    if unknown:
        return f"was given {len(unknown)} feature columns that it does not know, first {unknown[0]!r}"
    return f"was trained on columns in the order {list(trained_on)}, but was given {list(found)}"
