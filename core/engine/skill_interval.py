"""How sure it is that predictions beat a forecast that knows no feature.

1. Each row's squared error is set beside the reference's. The rows of a bar stay together, as tickers move together.
2. A fold whose predictions are all one number tells no row from another. What parts it from the reference is which rows
   the two constants come from, so its rows count as no difference.
3. The bars are cut into stretches twice as long as labels overlap, or longer: neighbours whose outcomes share bars say
   much the same, stretches say nearly independent things.
4. The interval is Student's t over the stretches, of the ratio 1 - own / reference: the Brier skill, or the R2 out of
   sample of a regression. Nothing is drawn at random.

Sources: Diebold and Mariano, Comparing Predictive Accuracy, JBES 13 (1995), for the differences of losses; Ibragimov
and Mueller, t-Statistic Based Correlation and Heterogeneity Robust Inference, JBES 28 (2010), for few long stretches.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.engine.prediction_scores import scorable_rows

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["skill_interval"]

_LEVEL = 0.95
_FEWEST_STRETCHES = 4
_MOST_STRETCHES = 16
_LABELS_IN_A_STRETCH = 2.0

_Task = Literal["classification", "regression"]


def skill_interval(
    predictions: pd.DataFrame, reference: pd.DataFrame, task: _Task, *, effective_labels: float
) -> dict[str, float | None]:
    """Return between which bounds the skill of predictions lies with 95 % confidence.

    Parameters
    ----------
    predictions : DataFrame
        Index (timestamp, ticker); `prediction`, `target`, `fold` and, for classes, `probability_<class>`. Rows without
        a target or a prediction are left out.
    reference : DataFrame
        On the same rows, what the base rate or the training mean predicts, in the same columns.
    task : str
        What the target is.
    effective_labels : float
        How many labels of the scored rows do not overlap, tickers taken as one.

    Returns
    -------
    dict
        skill_low and skill_high: both 0 where each fold's predictions are one number; None where there are fewer than 8
        labels that do not overlap, which are too few to tell, or the reference is never wrong.
    """
    rows = scorable_rows(predictions)
    columns = _columns(predictions, task)
    kept = predictions.loc[rows, [*columns, "target", "fold"]]
    naive = _losses(reference.loc[rows, columns], kept["target"], task)
    is_silent = _is_silent(kept, columns)
    gains = np.where(is_silent, 0.0, naive - _losses(kept[columns], kept["target"], task))
    n_stretches = min(_MOST_STRETCHES, int(effective_labels / _LABELS_IN_A_STRETCH))
    if not naive.any():
        return {"skill_low": None, "skill_high": None}
    if is_silent.all():
        return {"skill_low": 0.0, "skill_high": 0.0}
    if n_stretches < _FEWEST_STRETCHES:
        return {"skill_low": None, "skill_high": None}
    stretch = _stretches(kept.index.get_level_values("timestamp"), n_stretches)
    low, high = _bounds(*(_sums(stretch, losses, n_stretches) for losses in (gains, naive)))
    return {"skill_low": low, "skill_high": high}


def _columns(predictions: pd.DataFrame, task: _Task) -> list[str]:
    named = [str(column) for column in predictions]
    return [name for name in named if name.startswith("probability_")] if task == "classification" else ["prediction"]


def _losses(predicted: pd.DataFrame, target: pd.Series, task: _Task) -> NDArray[np.float64]:
    """Return squared errors by row, of classes summed over them."""
    found, true = predicted.to_numpy(dtype=np.float64), target.to_numpy(dtype=np.float64)[:, np.newaxis]
    if task == "classification":
        true = true == np.array([float(column.removeprefix("probability_")) for column in predicted.columns])
    losses: NDArray[np.float64] = ((found - true) ** 2).sum(axis=1)
    return losses


def _is_silent(kept: pd.DataFrame, columns: list[str]) -> NDArray[np.bool_]:
    """Return of which rows the fold says one thing of all its rows, two or more."""
    folds = kept.groupby("fold")[columns]
    is_silent = (folds.min() == folds.max()).all(axis=1) & (folds.size() > 1)
    return kept["fold"].map(is_silent).to_numpy(dtype=np.bool_)


def _stretches(timestamps: pd.Index, n_stretches: int) -> NDArray[np.intp]:
    """Return the stretch of each row, by time: all of as many bars."""
    bars, bar = np.unique(timestamps.to_numpy(), return_inverse=True)
    found: NDArray[np.intp] = bar * n_stretches // len(bars)
    return found


def _sums(stretch: NDArray[np.intp], losses: NDArray[np.float64], n_stretches: int) -> NDArray[np.float64]:
    return np.bincount(stretch, losses, minlength=n_stretches).astype(np.float64)


def _bounds(gains: NDArray[np.float64], naive: NDArray[np.float64]) -> tuple[float, float]:
    """Return those of the ratio of two sums over stretches."""
    # Of scipy.stats, whose import takes a second, this is all that is needed.
    from scipy.special import stdtrit

    n, skill = len(gains), float(gains.sum() / naive.sum())
    # How far each stretch moves the ratio, whose reference differs from stretch to stretch as well.
    moves = (gains - skill * naive) * n / naive.sum()
    reach = float(stdtrit(n - 1, 0.5 + _LEVEL / 2.0)) * float(moves.std(ddof=1)) / sqrt(n)
    return skill - reach, skill + reach
