"""What one fold shows: a model that could not know the answers, its predictions, and how good they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.engine.fold_predictions import base_rate_predictions, in_order, known_base_rates
from core.engine.fold_training import FittedFold, fit_fold, make_blocks
from core.engine.prediction_scores import score_predictions
from core.engine.row_independence import check_rows_stand_alone, rows_to_try
from core.engine.stretches import stretches_of

if TYPE_CHECKING:
    import pandas as pd

    from core.engine.label_lives import LabelLives
    from core.engine.splits import Fold
    from core.engine.training_progress import TrainingProgress
    from core.engine.training_task import TrainingTask

__all__ = ["FoldOutcome", "out_of_sample"]


@dataclass(frozen=True, eq=False)
class FoldOutcome:
    """What is said of one fold.

    Attributes
    ----------
    base_rates : dict
        What its known rows predict by their base rate, by column of the predictions.
    summary : dict
        Its row of `TrainingResult.fold_scores`.
    curve : sequence of (str, float, int)
        What the model reported while it learned: metric, value, step.
    """

    base_rates: dict[str, float]
    summary: dict[str, object]
    curve: Sequence[tuple[str, float, int]]


def out_of_sample(
    task: TrainingTask, features: pd.DataFrame, lives: LabelLives, fold: Fold, progress: TrainingProgress
) -> tuple[FoldOutcome, pd.DataFrame]:
    """Train on a fold's training rows and predict its test rows.

    Parameters
    ----------
    task : TrainingTask
        What to train.
    features : DataFrame of shape (n_rows, n_features)
        Features of all rows, on the labels' index.
    lives : LabelLives
        The labels' lives on the calendar.
    fold : Fold
        The positions of the blocks' rows.
    progress : TrainingProgress
        Is told how far the fit is.

    Returns
    -------
    FoldOutcome
        What is said of the fold.
    DataFrame
        Its predictions, as `TrainingResult.predictions` has them.

    Raises
    ------
    TrainingError
        If the model cannot learn from the rows, or predicts a row by others than it may.
    RunCancelled
        If the run was asked to stop.
    """
    trained = fit_fold(task, make_blocks(task, features, lives, fold), progress)
    model, stretch = trained.fitted.model, stretches_of(fold.edges, lives, fold.test)
    check_rows_stand_alone(model, features.iloc[rows_to_try(model, fold.test, stretch)])
    predictions = trained.fitted.predict(features.iloc[fold.test], stretch)
    predictions["fold"] = fold.number
    if task.splits.scheme == "combinatorial_purged":
        predictions["path"] = fold.test_path
    predictions["target"] = task.labels["target"].to_numpy(dtype=np.float64)[fold.test]
    predictions["label_end"] = task.labels["label_end"].array[fold.test]
    predictions = in_order(predictions)
    rates = known_base_rates(task.labels["target"], fold, trained.fitted.classes)
    scores = score_predictions(predictions, base_rate_predictions(predictions, [rates]), task.task)
    for name, value in scores.items():
        task.report.metric(name, value, None, fold.number)
    return FoldOutcome(rates, _summary(trained, fold, scores), trained.curve), predictions


def _summary(trained: FittedFold, fold: Fold, scores: dict[str, float | None]) -> dict[str, object]:
    calibrators = trained.fitted.calibrators
    return {
        "fold": fold.number,
        "test_start": fold.test_start,
        "test_end": fold.test_end,
        "train_rows": len(fold.train),
        "effective_train_rows": trained.effective_train_rows,
        "early_stopping_rows": len(fold.early_stopping),
        "calibration_rows": len(fold.calibration),
        "test_rows": len(fold.test),
        "calibration": calibrators[0].kind if calibrators else "none",
        "calibration_slope": calibrators[0].slope if calibrators and calibrators[0].kind == "platt" else np.nan,
        **{name: np.nan if value is None else value for name, value in scores.items()},
    }
