"""SHAP values in the form of the contract, and how much each feature moves a model's scores by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["mean_absolute_shap", "shap_frame"]

_BASE = "base"


def shap_frame(
    values: NDArray[np.floating], features: Sequence[str], classes: Sequence[float], index: pd.Index
) -> pd.DataFrame:
    """Return what `ModelPlugin.shap_values` answers.

    Parameters
    ----------
    values : ndarray
        For each row, and from three classes up for each class, a number for each feature and the base; of no rows in
        any shape.
    features : sequence of str
        In order.
    classes : sequence of float
        Ascending; empty for a regression.
    index : Index
        Of the rows.
    """
    import pandas as pd

    own = [*features, _BASE]
    columns = pd.Index(own)
    if len(classes) > 2:
        columns = pd.MultiIndex.from_product([list(classes), own], names=["class", "feature"])
    numbers = np.asarray(values, dtype=np.float64).reshape(len(index), len(columns))
    return pd.DataFrame(numbers, index=index, columns=columns)


def mean_absolute_shap(values: pd.DataFrame, n_features: int) -> NDArray[np.float64]:
    """Return the mean absolute value of each feature over the rows; of several classes their sum.

    Parameters
    ----------
    values : DataFrame
        As `shap_frame` returns it.
    n_features : int
        How many there are.
    """
    sizes = np.abs(values.to_numpy(dtype=np.float64)).mean(axis=0)
    # By place: the last column is the base, and a feature may be called so too.
    total: NDArray[np.float64] = sizes.reshape(-1, n_features + 1)[:, :-1].sum(axis=0)
    return total
