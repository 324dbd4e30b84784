"""What a model makes of its features, found by asking it: how much worse it gets when one is shuffled.

1. At most 2,000 labelled rows, evenly spread, are predicted as they are. A model that reads earlier rows is asked about
   the last ones of a few tickers, with no bar left out, so that each has its history.
2. A feature's values are shuffled among these rows, three times, and the rows predicted again.
3. Its importance is the mean rise of the squared error (of probabilities: the Brier score); 0 where it falls.

Source: Breiman (2001), Random Forests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.fitted_model import FittedModel, predict_raw
from core.engine.model_columns import probability_column

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["PERMUTATION", "judged_histories", "judged_rows", "permutation_importances"]

PERMUTATION = "rise of the squared error when its values are shuffled (permutation)"
_MOST_ROWS = 2_000
_MOST_LOOKED_AT = 200_000
_REPEATS = 3


def permutation_importances(fitted: FittedModel, features: pd.DataFrame, target: pd.Series, seed: int) -> pd.Series:
    """Return one number for each feature, named as what it is.

    Parameters
    ----------
    fitted : FittedModel
        Its own answers are judged, before calibration.
    features : DataFrame of shape (n_rows, n_features)
        Rows to judge by, best such as it did not learn from.
    target : Series of shape (n_rows,)
        Never NaN, on the same index.
    seed : int
        Of the shuffles.
    """
    import pandas as pd

    spread = judged_rows(len(features))
    rows, truth = features.iloc[spread], target.iloc[spread].to_numpy(dtype=np.float64)
    random = np.random.default_rng(seed)
    before = _error(fitted, rows, truth)
    rises = [
        np.mean([_error(fitted, _shuffled(rows, k, random), truth) - before for _ in range(_REPEATS)])
        for k in range(rows.shape[1])
    ]
    values = np.nan_to_num(rises).clip(min=0.0)
    return pd.Series(values, index=list(fitted.feature_columns), name=PERMUTATION, dtype="float64")


def judged_rows(n_rows: int) -> NDArray[np.intp]:
    """Return the positions that are judged by, of so many rows: all that are left where only these are given."""
    return np.linspace(0, n_rows - 1, min(n_rows, _MOST_ROWS)).round().astype(np.intp)


def judged_histories(tickers: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return the positions that a model that reads earlier rows is judged by: whole tickers' last rows, of a few.

    Parameters
    ----------
    tickers : ndarray of int of shape (n_rows,)
        Each row's ticker; rows are in the order of their bars.
    """
    if len(tickers) <= _MOST_ROWS:
        return np.arange(len(tickers))
    start = max(0, len(tickers) - _MOST_LOOKED_AT)
    found, counts = np.unique(tickers[start:], return_counts=True)
    n_chosen = max(1, _MOST_ROWS // int(counts.max()))
    chosen = found[np.linspace(0, len(found) - 1, min(n_chosen, len(found))).round().astype(np.intp)]
    return start + np.flatnonzero(np.isin(tickers[start:], chosen))[-_MOST_ROWS:]


def _shuffled(rows: pd.DataFrame, position: int, random: np.random.Generator) -> pd.DataFrame:
    changed = rows.copy()
    changed.isetitem(position, random.permutation(rows.iloc[:, position].to_numpy()))
    return changed


def _error(fitted: FittedModel, rows: pd.DataFrame, truth: NDArray[np.float64]) -> float:
    """Return the mean squared error of the rows that are predicted."""
    answer = predict_raw(fitted.model, rows)
    if fitted.task == "regression":
        errors = (answer["prediction"].to_numpy(dtype=np.float64) - truth) ** 2
    else:
        columns = [probability_column(label) for label in fitted.classes]
        happened = truth[:, None] == np.asarray(fitted.classes)
        errors = ((answer[columns].to_numpy(dtype=np.float64) - happened) ** 2).sum(axis=1)
    is_known = np.isfinite(errors)
    return float(errors[is_known].mean()) if is_known.any() else np.nan
