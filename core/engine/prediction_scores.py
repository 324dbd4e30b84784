"""How good out-of-sample predictions are, beside a forecast that knows only the base rate.

1. Rows without a target or without a prediction are left out.
2. The reference predicts, for each fold, the share of each class (or the mean) among the rows it could learn from.
3. Scores pool the rows of all folds given.

Sources: Brier (1950), Verification of forecasts expressed in terms of probability; for `r2_out_of_sample` Campbell and
Thompson (2008), Predicting excess stock returns out of sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["score_predictions", "scorable_rows"]

_LOWEST_PROBABILITY = 1e-15


def scorable_rows(predictions: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows have both a target and a prediction."""
    return predictions[["target", "prediction"]].notna().all(axis=1).to_numpy(dtype=bool)


def score_predictions(
    predictions: pd.DataFrame, reference: pd.DataFrame, task: Literal["classification", "regression"]
) -> dict[str, float | None]:
    """Score predictions against their targets.

    Parameters
    ----------
    predictions : DataFrame
        `prediction`, `target` and, for classes, `probability_<class>`.
    reference : DataFrame
        On the same rows, what the base rate predicts: the same probability columns, or `prediction`.
    task : str
        What the target is.

    Returns
    -------
    dict
        classification: brier, base_rate_brier, brier_skill, log_loss, base_rate_log_loss, auc, accuracy, and base_rate,
        the share of the highest class. With two classes brier is the mean of (p - y)^2, with more the sum over classes.
        regression: rmse, base_rmse, r2_out_of_sample, mae, correlation, rank_correlation, sign_accuracy. Both: n_rows.
        None where undefined (no rows, a single class for auc, no variance for a correlation).
    """
    rows = scorable_rows(predictions)
    named = [str(column) for column in predictions]
    read = [name for name in named if name in {"prediction", "target"} or name.startswith("probability_")]
    kept, base = predictions[read], reference
    if not rows.all():
        kept, base = kept[rows], base[rows]
    target = kept["target"].to_numpy(dtype=np.float64)
    scores = _class_scores(kept, base, target) if task == "classification" else _value_scores(kept, base, target)
    return {"n_rows": float(len(target)), **scores}


def _class_scores(kept: pd.DataFrame, base: pd.DataFrame, target: NDArray[np.float64]) -> dict[str, float | None]:
    columns = [column for column in kept.columns if column.startswith("probability_")]
    columns.sort(key=lambda column: float(column.removeprefix("probability_")))
    is_class = np.column_stack([target == float(column.removeprefix("probability_")) for column in columns])
    model, naive = kept[columns].to_numpy(dtype=np.float64), base[columns].to_numpy(dtype=np.float64)
    brier, naive_brier = _brier(model, is_class), _brier(naive, is_class)
    return {
        "brier": brier,
        "base_rate_brier": naive_brier,
        "brier_skill": 1.0 - brier / naive_brier if brier is not None and naive_brier else None,
        "log_loss": _log_loss(model, is_class),
        "base_rate_log_loss": _log_loss(naive, is_class),
        "auc": _auc(model[:, -1], is_class[:, -1]) if len(columns) == 2 else None,
        "accuracy": _mean(kept["prediction"].to_numpy(dtype=np.float64) == target),
        "base_rate": _mean(is_class[:, -1]),
    }


def _value_scores(kept: pd.DataFrame, base: pd.DataFrame, target: NDArray[np.float64]) -> dict[str, float | None]:
    predicted = kept["prediction"].to_numpy(dtype=np.float64)
    errors, naive = predicted - target, base["prediction"].to_numpy(dtype=np.float64) - target
    squares, naive_squares = _mean(errors**2), _mean(naive**2)
    return {
        "rmse": squares**0.5 if squares is not None else None,
        "base_rmse": naive_squares**0.5 if naive_squares is not None else None,
        "r2_out_of_sample": 1.0 - squares / naive_squares if squares is not None and naive_squares else None,
        "mae": _mean(np.abs(errors)),
        "correlation": _correlation(predicted, target),
        "rank_correlation": _correlation(_ranks(predicted), _ranks(target)),
        "sign_accuracy": _mean(np.sign(predicted) == np.sign(target)),
    }


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None


def _brier(probabilities: NDArray[np.float64], is_class: NDArray[np.bool_]) -> float | None:
    squares = (probabilities - is_class) ** 2
    return _mean(squares[:, -1] if squares.shape[1] == 2 else squares.sum(axis=1))


def _log_loss(probabilities: NDArray[np.float64], is_class: NDArray[np.bool_]) -> float | None:
    given = (probabilities * is_class).sum(axis=1).clip(_LOWEST_PROBABILITY, 1.0)
    return _mean(-np.log(given))


def _auc(score: NDArray[np.float64], is_positive: NDArray[np.bool_]) -> float | None:
    n_positive = int(is_positive.sum())
    n_negative = len(score) - n_positive
    if not n_positive or not n_negative:
        return None
    rank_sum = float(_ranks(score)[is_positive].sum())
    return (rank_sum - n_positive * (n_positive + 1) / 2.0) / (n_positive * n_negative)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return average ranks from 1."""
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: NDArray[np.float64] = (last - (count - 1) / 2.0)[group]
    return ranks


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float | None:
    if len(x) < 2 or x.min() == x.max() or y.min() == y.max():
        return None
    return float(np.corrcoef(x, y)[0, 1])
