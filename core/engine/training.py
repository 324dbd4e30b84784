"""Walk-forward training: every prediction comes from a model that could not know its answer.

1. Folds are made; blocks that nothing would use (early stopping that the model cannot do, calibration of what needs
   none) are given to training.
2. Features are made once, or by each fold's own pipeline where steps learn from training rows.
3. Each fold trains, calibrates and predicts its test rows.
4. Predictions of all folds are scored together, beside those of the base rate.
5. A final model is trained on all labelled rows, with its own blocks at the end, for export.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from core.engine.fitted_model import FittedModel
from core.engine.fold_outcome import FoldOutcome, out_of_sample
from core.engine.fold_predictions import base_rate_predictions, joined_predictions, known_base_rates
from core.engine.fold_training import FittedFold, fit_fold, make_blocks
from core.engine.label_lives import LabelLives, label_lives
from core.engine.learned_span import LearnedSpan, learned_span
from core.engine.model_example import example_rows
from core.engine.permutation_importances import judged_histories, judged_rows, permutation_importances
from core.engine.prediction_scores import scorable_rows, score_predictions
from core.engine.sample_weights import uniqueness_of_rows
from core.engine.skill_interval import skill_interval
from core.engine.splits import Fold, final_fold, make_folds
from core.engine.training_progress import TrainingProgress
from core.engine.training_task import SilentReporter, TrainingReporter, TrainingTask, check_task

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.config.sections import SplitsConfig

__all__ = ["SilentReporter", "TrainingReporter", "TrainingResult", "TrainingTask", "train_model"]

_FINAL_MODEL = -1


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What a training gives.

    Attributes
    ----------
    predictions : DataFrame
        Out-of-sample predictions, index (timestamp, ticker): `prediction`, `probability_<class>`, `fold`, `target`,
        `label_end` and, where the labels have a payoff, `payoff_probability`, `payoff_gain`, `payoff_loss`. Rows
        without a target are predicted too. combinatorial_purged adds `path` and predicts a row once in each path; the
        other schemes predict it once.
    fold_scores : DataFrame
        One row a fold: its test dates, the rows in each block, its calibration (slope 0: the scores said nothing), its
        scores.
    final_model : FittedModel
        Trained on all labelled rows; no score of it exists, the folds' scores are those of its kind.
    metrics : dict
        Scores of all out-of-sample rows together (see prediction_scores), the interval of their skill (see
        skill_interval), n_folds, n_predictions, effective_sample_size (overlaps counted within each ticker) and
        effective_sample_size_pooled (as if all tickers moved as one).
    example_features : DataFrame
        Rows to verify an export on, some with missing values where the model takes them.
    learned : LearnedSpan
        The bars behind the final model.
    importances : Series of shape (n_features,)
        The final model's own, or those found by shuffling features; the name says what is measured.
    learning_curves : DataFrame
        What the models reported while they learned: fold (-1: the final model), metric, value, step.
    is_scored : ndarray of shape (n_rows,), bool
        Which of the labels' rows were predicted out of sample and have a target.
    base_rates : dict
        What the rows behind the final model predict by their base rate, by column of the predictions.
    """

    predictions: pd.DataFrame
    fold_scores: pd.DataFrame
    final_model: FittedModel
    metrics: dict[str, float | None]
    example_features: pd.DataFrame
    learned: LearnedSpan
    importances: pd.Series
    learning_curves: pd.DataFrame
    is_scored: NDArray[np.bool_]
    base_rates: dict[str, float]


class _Features:
    """The features of all rows: made once, or for each fold anew where steps learn from its training rows."""

    def __init__(self, task: TrainingTask) -> None:
        self._task = task
        self._shared = None if task.pipeline.needs_fit else _features(task, None)

    def of(self, fold: Fold) -> pd.DataFrame:
        return _features(self._task, fold) if self._shared is None else self._shared

    def last_of(self, fold: Fold) -> pd.DataFrame:
        """Return those of the last fold, and keep no hold of them."""
        given, self._shared = self.of(fold), None
        return given


@dataclass(frozen=True, eq=False)
class _Final:
    fold: FittedFold
    examples: pd.DataFrame
    learned: LearnedSpan
    importances: pd.Series
    base_rates: dict[str, float]


def train_model(task: TrainingTask) -> TrainingResult:
    """Train, calibrate and predict fold by fold, then train the model to export.

    Raises
    ------
    DataError
        If the labels do not belong to the data, or features break their promises.
    ConfigError
        If the sections contradict each other or the model's abilities.
    TrainingError
        If the history is too short for the splits, or a model cannot learn.
    RunCancelled
        If the reporter says that the run was asked to stop.
    """
    import pandas as pd

    check_task(task)
    _tell_of_known_rows(task)
    timestamps = pd.DatetimeIndex(task.data.index.unique(level=0))
    config = _splits_in_use(task)
    lives = label_lives(task.labels, timestamps)
    folds = make_folds(task.labels, timestamps, config, lives)
    final_fold(task.labels, timestamps, config, lives)
    features = _Features(task)
    is_scored = np.zeros(len(task.labels), dtype=np.bool_)
    progress = TrainingProgress(task.report, len(folds) + 1)
    outcomes, predictions = [], []
    for fold in folds:
        task.report.check_cancelled()
        outcome, predicted = out_of_sample(task, features.of(fold), lives, fold, progress)
        is_scored[fold.test[scorable_rows(predicted)]] = True
        outcomes.append(outcome)
        predictions.append(predicted)
        progress.fold_ends()
    last = final_fold(task.labels, timestamps, config, lives)
    del folds, lives, fold
    final = _final(task, features, last, timestamps, progress)
    progress.fold_ends()
    joined = joined_predictions(predictions)
    del predictions, predicted
    sizes = _effective_sizes(label_lives(task.labels, timestamps), np.flatnonzero(is_scored))
    return _result(task, joined, outcomes, final, sizes, is_scored)


def _final(
    task: TrainingTask, made: _Features, fold: Fold, timestamps: pd.DatetimeIndex, progress: TrainingProgress
) -> _Final:
    features = made.last_of(fold)
    accepts_missing = "missing_values" in task.make_model().capabilities
    examples = example_rows(features, accepts_missing=accepts_missing)
    judged = fold.calibration if len(fold.calibration) else fold.train
    tickers = cast("pd.MultiIndex", features.index).codes[1][judged]
    spread, together = (
        (features.iloc[rows], task.labels["target"].iloc[rows])
        for rows in (judged[judged_rows(len(judged))], judged[judged_histories(tickers)])
    )
    blocks = make_blocks(task, features, label_lives(task.labels, timestamps), fold)
    # The rows to fit on are copies: with all features beside them the model would have less room.
    del features
    trained = fit_fold(task, blocks, progress)
    importances = trained.fitted.model.feature_importances()
    if importances is None:
        reads_earlier = "earlier_rows" in trained.fitted.model.capabilities
        importances = permutation_importances(trained.fitted, *(together if reads_earlier else spread), task.seed)
    rates = known_base_rates(task.labels["target"], fold, trained.fitted.classes)
    return _Final(trained, examples, learned_span(task.labels, fold), importances, rates)


def _effective_sizes(lives: LabelLives, scored: NDArray[np.intp]) -> dict[str, float | None]:
    return {
        "effective_sample_size": float(uniqueness_of_rows(lives, scored).sum()),
        "effective_sample_size_pooled": float(uniqueness_of_rows(lives, scored, pooled=True).sum()),
    }


def _tell_of_known_rows(task: TrainingTask) -> None:
    model = task.make_model()
    if "pretrained" in model.capabilities:
        task.report.log(
            f"Model {model.name!r} learned elsewhere: its predictions and scores are out of sample only on bars after "
            "those that it learned from; the summary says what its file tells of them",
            level="warning",
        )


def _splits_in_use(task: TrainingTask) -> SplitsConfig:
    """Return the splits without blocks that nothing would read."""
    unused: dict[str, float] = {}
    if "early_stopping" not in task.make_model().capabilities:
        unused["early_stopping_fraction"] = 0.0
    if not task.calibrates and not task.maps_payoff:
        unused["calibration_fraction"] = 0.0
    for name in unused:
        if getattr(task.splits, name):
            task.report.log(f"splits.{name} is not used by this model and label; its rows train")
    return task.splits.model_copy(update=unused)


def _features(task: TrainingTask, fold: Fold | None) -> pd.DataFrame:
    """Return all rows' features as one block of memory, made by a pipeline that knows the fold's training rows only."""
    import pandas as pd

    if fold is not None:
        task.pipeline.fit(task.data, fold.train)
    features = task.pipeline.transform(task.data)
    values = np.empty((features.shape[1], len(features)))
    for number in range(features.shape[1]):
        values[number] = features.iloc[:, number].to_numpy(dtype=np.float64)
    return pd.DataFrame(values.T, index=features.index, columns=features.columns, copy=False)


def _result(
    task: TrainingTask,
    predictions: pd.DataFrame,
    outcomes: list[FoldOutcome],
    final: _Final,
    effective_sizes: dict[str, float | None],
    is_scored: NDArray[np.bool_],
) -> TrainingResult:
    import pandas as pd

    reference = base_rate_predictions(predictions, [outcome.base_rates for outcome in outcomes])
    metrics = score_predictions(predictions, reference, task.task)
    metrics |= {"n_folds": float(len(outcomes)), "n_predictions": float(len(predictions)), **effective_sizes}
    effective_labels = effective_sizes["effective_sample_size_pooled"] or 0.0
    metrics |= skill_interval(predictions, reference, task.task, effective_labels=effective_labels)
    if final.fold.fitted.calibrators:
        metrics["is_final_model_at_base_rate"] = float(final.fold.fitted.is_at_base_rate)
    for name, value in metrics.items():
        task.report.metric(name, value, None, None)
    fold_scores = pd.DataFrame([outcome.summary for outcome in outcomes])
    curves = [(outcome.summary["fold"], *row) for outcome in outcomes for row in outcome.curve]
    curves += [(_FINAL_MODEL, *row) for row in final.fold.curve]
    learning_curves = pd.DataFrame(curves, columns=["fold", "metric", "value", "step"])
    return TrainingResult(
        predictions,
        fold_scores,
        final.fold.fitted,
        metrics,
        final.examples,
        final.learned,
        final.importances,
        learning_curves,
        is_scored,
        final.base_rates,
    )
