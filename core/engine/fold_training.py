"""One fold: train, then calibrate.

1. Rows whose features the model cannot take are left out.
2. Training and early-stopping rows are weighted by the uniqueness of their labels, each block by itself.
3. The model trains; it may watch the early-stopping rows.
4. Its maps are fitted on the calibration rows, which it has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.contracts.model import TrainContext
from core.engine.fitted_model import FittedModel
from core.engine.fold_block import make_block
from core.engine.fold_calibration import calibrated
from core.engine.label_lives import LabelLives
from core.engine.model_columns import classes_of
from core.engine.splits import Fold
from core.engine.training_task import TrainingTask

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FittedFold", "fit_fold"]


@dataclass(frozen=True, eq=False)
class FittedFold:
    """What one fold learned.

    Attributes
    ----------
    fitted : FittedModel
        The model with its calibration.
    effective_train_rows : float
        Effective sample size of the training rows.
    curve : sequence of (str, float, int)
        What the model reported while it learned: metric, value, step.
    """

    fitted: FittedModel
    effective_train_rows: float
    curve: Sequence[tuple[str, float, int]] = ()


def fit_fold(task: TrainingTask, features: pd.DataFrame, lives: LabelLives, fold: Fold) -> FittedFold:
    """Train and calibrate a model on a fold's blocks.

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

    Raises
    ------
    TrainingError
        If too few rows have the features that the model needs, or the model cannot learn from them.
    RunCancelled
        If the run was asked to stop.
    """
    model = task.make_model()
    number = None if fold.test_start is None else fold.number
    where = "the final fit" if number is None else f"fold {number}"
    is_weighted = task.model.sample_weights == "uniqueness"
    train = make_block(model, features, task.labels, lives, fold.train, f"the training block of {where}")
    watched = None
    if len(fold.early_stopping):
        place = f"the early-stopping block of {where}"
        watched = make_block(model, features, task.labels, lives, fold.early_stopping, place)

    curve: list[tuple[str, float, int]] = []

    def report_metric(name: str, value: float, step: int) -> None:
        task.report.check_cancelled()
        task.report.metric(name, value, step, number)
        curve.append((name, float(value), int(step)))

    context = TrainContext(task.task, task.seed, task.thread_count, report_metric, task.report.check_cancelled)
    validation = None if watched is None else watched.data(is_weighted=is_weighted)
    model.train(train.data(is_weighted=is_weighted), validation, context)
    task.report.check_cancelled()
    classes = classes_of(train.labels["target"]) if task.task == "classification" else ()
    fitted = FittedModel(model, task.task, tuple(str(column) for column in features.columns), classes)
    if len(fold.calibration):
        place = f"the calibration block of {where}"
        block = make_block(model, features, task.labels, lives, fold.calibration, place)
        fitted = calibrated(task, fitted, train, block, number)
    return FittedFold(fitted, float(train.uniqueness.sum()), curve)
