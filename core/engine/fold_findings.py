"""What the folds say one by one, which scores pooled over all of them hide.

1. A fold whose calibrated probabilities are one number says no more than its base rate: its rows cannot be ranked.
2. Pooled, those numbers differ from fold to fold, so that a pooled AUC also ranks the folds' base rates. The mean
   of the folds' own does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fold_findings"]


def fold_findings(predictions: pd.DataFrame, fold_scores: pd.DataFrame) -> dict[str, float | None]:
    """Return what is to be known about the folds of a classifier.

    Parameters
    ----------
    predictions : DataFrame of shape (n_rows, ...)
        Out-of-sample rows with `fold` and `probability_<class>`; NaN where nothing was predicted.
    fold_scores : DataFrame of shape (n_folds, ...)
        `auc` of each fold; NaN where a fold has a single class.

    Returns
    -------
    dict
        n_folds_at_base_rate : folds of two and more predicted rows that all bear the same probabilities.
        auc_fold_mean : mean of the folds' AUC, those at their base rate counting as 0.5; None where no fold has one.
        Empty for a regression, which has neither.
    """
    probabilities = [column for column in predictions if str(column).startswith("probability_")]
    if not probabilities:
        return {}
    predicted = predictions.dropna(subset=probabilities).groupby("fold")[probabilities]
    is_constant = (predicted.nunique() == 1).all(axis=1) & (predicted.size() > 1)
    auc = fold_scores["auc"].dropna()
    return {
        "n_folds_at_base_rate": float(is_constant.sum()),
        "auc_fold_mean": float(auc.mean()) if len(auc) else None,
    }
