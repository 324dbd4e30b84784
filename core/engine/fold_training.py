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
from core.engine.fold_block import Block, BlockPlace, make_block, usable_rows
from core.engine.fold_calibration import LearnedPayoff, calibrated
from core.engine.label_lives import LabelLives
from core.engine.model_columns import classes_of
from core.engine.splits import Fold
from core.engine.training_task import TrainingTask

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.model import ModelPlugin
    from core.engine.training_progress import TrainingProgress

__all__ = ["FittedFold", "FoldBlocks", "fit_fold", "make_blocks"]


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


@dataclass(eq=False)
class FoldBlocks:
    """What a fold is fitted on, taken out of the rows of all folds.

    Attributes
    ----------
    model : ModelPlugin
        New, untrained.
    number : int or None
        The fold's; None in the final fit.
    train : Block or None
        Given away to who trains on it: None from then on.
    watched, calibration : Block or None
        Rows to stop training by, and rows to calibrate on, where the fold has such.
    """

    model: ModelPlugin
    number: int | None
    train: Block | None
    watched: Block | None
    calibration: Block | None

    def give_train(self) -> Block:
        """Return the training rows and keep no hold of them, so that they are gone once the model has learned."""
        given, self.train = self.train, None
        if given is None:
            raise RuntimeError("the training rows of a fold are given once")
        return given


def make_blocks(task: TrainingTask, features: pd.DataFrame, lives: LabelLives, fold: Fold) -> FoldBlocks:
    """Return a fold's blocks.

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
        If too few rows have the features that the model needs.
    """
    model = task.make_model()
    number = None if fold.test_start is None else fold.number
    where = "the final fit" if number is None else f"fold {number}"

    named = (("training", fold.train), ("early-stopping", fold.early_stopping), ("calibration", fold.calibration))
    usable = [
        usable_rows(model, features, rows, f"the {name} block of {where}") if len(rows) else rows
        for name, rows in named
    ]
    # First, while no row is there twice: it takes much memory on its way. The final fit's lives are nobody else's.
    train_place, *places = [BlockPlace.of(lives, rows, fold.edges) for rows in usable]
    del lives
    # The largest last: what making it takes on the way is then all that there is of it beside the others.
    small = [make_block(features, task.labels, place) if len(place.rows) else None for place in reversed(places)]
    train = make_block(features, task.labels, train_place)
    return FoldBlocks(model, number, train, small[1], small[0])


def fit_fold(task: TrainingTask, blocks: FoldBlocks, progress: TrainingProgress) -> FittedFold:
    """Train and calibrate a model on a fold's blocks; its training rows are let go once it has learned.

    Parameters
    ----------
    task : TrainingTask
        What to train.
    blocks : FoldBlocks
        What to fit on.
    progress : TrainingProgress
        Is told how far the fit is.

    Raises
    ------
    TrainingError
        If the model cannot learn from them.
    RunCancelled
        If the run was asked to stop.
    """
    curve: list[tuple[str, float, int]] = []
    # Whatever a model does with the function, it holds no rows by it.
    number = blocks.number

    def report_metric(name: str, value: float, step: int) -> None:
        task.report.check_cancelled()
        task.report.metric(name, value, step, number)
        curve.append((name, float(value), int(step)))

    context = TrainContext(
        task.task, task.seed, task.thread_count, report_metric, task.report.check_cancelled, progress.fit_moves
    )
    fitted, effective_rows, payoff = _trained(task, blocks, context)
    progress.fit_ends()
    if blocks.calibration is not None:
        fitted = calibrated(task, fitted, payoff, blocks.calibration, blocks.number)
    return FittedFold(fitted, effective_rows, curve)


def _trained(task: TrainingTask, blocks: FoldBlocks, context: TrainContext) -> tuple[FittedModel, float, LearnedPayoff]:
    """Return the model, how many rows it effectively learned from, and what these paid."""
    train = blocks.give_train()
    columns = tuple(str(column) for column in train.features.columns)
    effective_rows, payoff = float(train.uniqueness.sum()), LearnedPayoff.of(train)
    classes = classes_of(train.target) if task.task == "classification" else ()
    is_weighted = task.model.sample_weights == "uniqueness"
    validation = None if blocks.watched is None else blocks.watched.data(is_weighted=is_weighted)
    given = [train.data(is_weighted=is_weighted)]
    del train
    # Nobody else holds the rows, so that a model which has made its own copy can let them go.
    blocks.model.train(given.pop(), validation, context)
    task.report.check_cancelled()
    return FittedModel(blocks.model, task.task, columns, classes), effective_rows, payoff
