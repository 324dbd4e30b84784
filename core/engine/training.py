"""Walk-forward training: every prediction comes from a model that could not know its answer.

1. Folds are made; blocks that nothing would use (early stopping that the model cannot do, calibration of what needs
   none) are given to training.
2. Features are made once, or by each fold's own pipeline where steps learn from training rows.
3. Each fold trains, calibrates and predicts its test rows.
4. Predictions of all folds are scored together, beside those of the base rate.
5. A final model is trained on all labelled rows, with its own blocks at the end, for export.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.engine.fitted_model import FittedModel
from core.engine.fold_training import FittedFold, fit_fold
from core.engine.label_lives import LabelLives, label_lives
from core.engine.learned_span import LearnedSpan, learned_span
from core.engine.model_columns import probability_column
from core.engine.model_example import example_rows
from core.engine.permutation_importances import permutation_importances
from core.engine.prediction_scores import scorable_rows, score_predictions
from core.engine.sample_weights import uniqueness_of_rows
from core.engine.splits import Fold, final_fold, make_folds
from core.engine.training_task import SilentReporter, TrainingReporter, TrainingTask, check_task

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.config.sections import SplitsConfig

__all__ = ["SilentReporter", "TrainingReporter", "TrainingResult", "TrainingTask", "train_model"]

STEP_NAME = "train folds"
_PROBABILITY = "probability_"
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
        Scores of all out-of-sample rows together (see prediction_scores), n_folds, n_predictions,
        effective_sample_size (overlaps counted within each ticker) and effective_sample_size_pooled (as if all tickers
        moved as one).
    example_features : DataFrame
        Rows to verify an export on, some with missing values where the model takes them.
    learned : LearnedSpan
        The bars behind the final model.
    importances : Series of shape (n_features,)
        The final model's own, or those found by shuffling features; the name says what is measured.
    learning_curves : DataFrame
        What the models reported while they learned: fold (-1: the final model), metric, value, step.
    """

    predictions: pd.DataFrame
    fold_scores: pd.DataFrame
    final_model: FittedModel
    metrics: dict[str, float | None]
    example_features: pd.DataFrame
    learned: LearnedSpan
    importances: pd.Series
    learning_curves: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _FoldOutcome:
    predictions: pd.DataFrame
    reference: pd.DataFrame
    scored_rows: NDArray[np.intp]
    summary: dict[str, object]
    curve: Sequence[tuple[str, float, int]]


@dataclass(frozen=True, eq=False)
class _Final:
    fold: FittedFold
    features: pd.DataFrame
    learned: LearnedSpan
    importances: pd.Series


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
    timestamps = pd.DatetimeIndex(task.data.index.get_level_values(0).unique())
    config = _splits_in_use(task)
    folds = make_folds(task.labels, timestamps, config)
    last = final_fold(task.labels, timestamps, config)
    lives = label_lives(task.labels, timestamps)
    features = None if task.pipeline.needs_fit else _features(task, None)
    outcomes = []
    for fold in folds:
        task.report.check_cancelled()
        outcomes.append(_outcome(task, features, lives, fold))
        task.report.progress(STEP_NAME, len(outcomes), len(folds) + 1)
    own = _features(task, last) if features is None else features
    final = fit_fold(task, own, lives, last)
    task.report.progress(STEP_NAME, len(folds) + 1, len(folds) + 1)
    return _result(
        task, outcomes, _Final(final, own, learned_span(task.labels, last), _importances(task, final, own, last)), lives
    )


def _importances(task: TrainingTask, final: FittedFold, features: pd.DataFrame, fold: Fold) -> pd.Series:
    """Return the model's own importances, or what shuffling does to rows that it did not learn from, if there are."""
    own = final.fitted.model.feature_importances()
    if own is not None:
        return own
    judged = fold.calibration if len(fold.calibration) else fold.train
    return permutation_importances(final.fitted, features.iloc[judged], task.labels["target"].iloc[judged], task.seed)


def _tell_of_known_rows(task: TrainingTask) -> None:
    model = task.make_model()
    if "pretrained" in model.capabilities:
        task.report.log(
            f"Model {model.name!r} learned elsewhere, from bars that are not known here: its predictions and scores "
            "are out of sample only where these bars come after those",
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
    return pd.DataFrame(features.to_numpy(dtype=np.float64), index=features.index, columns=features.columns)


def _outcome(task: TrainingTask, features: pd.DataFrame | None, lives: LabelLives, fold: Fold) -> _FoldOutcome:
    own = _features(task, fold) if features is None else features
    trained = fit_fold(task, own, lives, fold)
    predictions = trained.fitted.predict(own.iloc[fold.test])
    predictions["fold"] = fold.number
    if task.splits.scheme == "combinatorial_purged":
        predictions["path"] = fold.test_path
    labels = task.labels.iloc[fold.test]
    predictions["target"] = labels["target"].to_numpy(dtype=np.float64)
    predictions["label_end"] = labels["label_end"].array
    reference = _reference(task, trained, fold, predictions)
    scores = score_predictions(predictions, reference, task.task)
    for name, value in scores.items():
        task.report.metric(name, value, None, fold.number)
    scored_rows = fold.test[scorable_rows(predictions)]
    return _FoldOutcome(predictions, reference, scored_rows, _summary(trained, fold, scores), trained.curve)


def _reference(task: TrainingTask, trained: FittedFold, fold: Fold, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return what the base rate of the rows that the fold could learn from predicts."""
    import pandas as pd

    known = np.concatenate((fold.train, fold.early_stopping, fold.calibration))
    target = task.labels["target"].to_numpy(dtype=np.float64)[known]
    if task.task == "regression":
        return pd.DataFrame({"prediction": float(target.mean())}, index=predictions.index)
    shares = {probability_column(label): float((target == label).mean()) for label in trained.fitted.classes}
    return pd.DataFrame(shares, index=predictions.index)


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


def _result(
    task: TrainingTask,
    outcomes: list[_FoldOutcome],
    final: _Final,
    lives: LabelLives,
) -> TrainingResult:
    import pandas as pd

    predictions = _joined([outcome.predictions for outcome in outcomes])
    reference = _joined([outcome.reference for outcome in outcomes])
    metrics = score_predictions(predictions, reference, task.task)
    scored = np.unique(np.concatenate([outcome.scored_rows for outcome in outcomes]))
    metrics |= {
        "n_folds": float(len(outcomes)),
        "n_predictions": float(len(predictions)),
        "effective_sample_size": float(uniqueness_of_rows(lives, scored).sum()),
        "effective_sample_size_pooled": float(uniqueness_of_rows(lives, scored, pooled=True).sum()),
    }
    for name, value in metrics.items():
        task.report.metric(name, value, None, None)
    fold_scores = pd.DataFrame([outcome.summary for outcome in outcomes])
    fitted = final.fold.fitted
    examples = example_rows(final.features, accepts_missing="missing_values" in fitted.model.capabilities)
    curves = [(outcome.summary["fold"], *row) for outcome in outcomes for row in outcome.curve]
    curves += [(_FINAL_MODEL, *row) for row in final.fold.curve]
    learning_curves = pd.DataFrame(curves, columns=["fold", "metric", "value", "step"])
    return TrainingResult(
        predictions, fold_scores, fitted, metrics, examples, final.learned, final.importances, learning_curves
    )


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the folds' rows by time, then ticker, then fold; a class that a fold has not seen has probability 0."""
    import pandas as pd

    found = {str(column) for frame in frames for column in frame}
    classes = sorted((column for column in found if column.startswith(_PROBABILITY)), key=_class_of)
    completed = []
    for frame in frames:
        complete = frame.copy()
        for column in classes:
            if column not in frame:
                # Times a class that was seen, so that rows without a prediction stay NaN.
                complete[column] = frame[next(seen for seen in classes if seen in frame)] * 0.0
        completed.append(complete)
    joined = pd.concat(completed)
    first = [*(["prediction"] if "prediction" in joined else []), *classes]
    rest = [str(column) for column in joined if column not in first]
    rest.sort(key=lambda column: column.startswith("payoff"))
    return joined[[*first, *rest]].sort_index(kind="stable")


def _class_of(column: str) -> float:
    return float(column.removeprefix(_PROBABILITY))
