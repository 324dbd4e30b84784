"""train_model against a bare XGBoost loop with equal folds, rounds, calibration and threads: at most 3 % and 1 s more.

Both get the same features, and both fit the final model; the peer gets the folds and the weights for nothing. It is what a person would write by hand: QuantileDMatrix,
xgboost.train with early stopping, scikit-learn's calibration, predictions in one array.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import qlop
import xgboost
from scipy.special import logit
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

from core.config.sections import SplitsConfig, TrainModelConfig
from core.engine.calibration import ISOTONIC_EFFECTIVE_ROWS
from core.engine.features import FeaturePipeline
from core.engine.label_lives import label_lives
from core.engine.sample_weights import uniqueness_of_rows
from core.engine.splits import Fold, final_fold, make_folds
from core.engine.training import TrainingTask, train_model
from plugins.models.xgboost import XGBoost

if TYPE_CHECKING:
    from conftest import TableLine

THREADS = 2
N_FEATURES = 30
HORIZON = 10
ROUNDS = 3


class Ready(qlop.FeatureStepPlugin):
    """Passes features on that the panel already holds."""

    name = "ready"

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        columns = [f"x_{k}" for k in range(N_FEATURES)]
        return data[columns].rename(columns=lambda column: f"{self.name}_{column}")


def task_of(n_tickers: int, n_bars: int) -> TrainingTask:
    random = np.random.default_rng(0)
    timestamps = pd.date_range("2000-01-03", periods=n_bars, freq="B", tz="UTC")
    tickers = [f"T{k:03d}" for k in range(n_tickers)]
    index = pd.MultiIndex.from_product([timestamps, tickers], names=["timestamp", "ticker"])
    features = random.normal(size=(len(index), N_FEATURES))
    data = pd.DataFrame(features, index=index, columns=[f"x_{k}" for k in range(N_FEATURES)])
    data[["open", "high", "low", "close"]] = 100.0
    data["volume"] = 1e6
    score = features[:, :5].sum(axis=1) * 0.2 + random.normal(size=len(index))
    ends = pd.Series(timestamps).shift(-HORIZON).repeat(n_tickers).array
    labels = pd.DataFrame({"target": (score > 0).astype(float), "label_end": ends}, index=index)
    labels.loc[labels["label_end"].isna(), "target"] = np.nan
    return TrainingTask(
        data=data,
        labels=labels,
        pipeline=FeaturePipeline([Ready("ready", Ready.Params())]),
        make_model=lambda: XGBoost("xgboost", XGBoost.Params()),
        task="classification",
        splits=SplitsConfig(train_bars=n_bars // 2, test_bars=n_bars // 8),
        model=TrainModelConfig(model_type="xgboost"),
        seed=1,
        thread_count=THREADS,
    )


def prepared(task: TrainingTask) -> list[tuple[Fold, list[np.ndarray]]]:
    """Return the folds and their blocks' weights: what the peer is given for nothing."""
    timestamps = pd.DatetimeIndex(task.data.index.get_level_values(0).unique())
    folds = [*make_folds(task.labels, timestamps, task.splits), final_fold(task.labels, timestamps, task.splits)]
    lives = label_lives(task.labels, timestamps)
    blocks = [(fold.train, fold.early_stopping, fold.calibration) for fold in folds]
    return [
        (fold, [uniqueness_of_rows(lives, rows) for rows in block]) for fold, block in zip(folds, blocks, strict=True)
    ]


def bare_xgboost(task: TrainingTask, given: list[tuple[Fold, list[np.ndarray]]]) -> np.ndarray:
    """Train, calibrate and predict the same folds by hand; return P(1) of the test rows."""
    values = task.data[[f"x_{k}" for k in range(N_FEATURES)]].to_numpy()
    target = task.labels["target"].to_numpy()
    params = XGBoost.Params()
    settings = {
        **params.model_dump(exclude={"n_estimators", "early_stopping_rounds"}),
        "objective": "binary:logistic", "eval_metric": "logloss", "seed": task.seed, "nthread": THREADS,
    }  # fmt: skip
    predictions = []
    for fold, weights in given:
        train = xgboost.QuantileDMatrix(
            values[fold.train], target[fold.train], weight=weights[0] / weights[0].mean(), nthread=THREADS
        )
        watched = xgboost.QuantileDMatrix(
            values[fold.early_stopping], target[fold.early_stopping], weight=weights[1] / weights[1].mean(),
            nthread=THREADS, ref=train,
        )  # fmt: skip
        stopping = xgboost.callback.EarlyStopping(rounds=params.early_stopping_rounds, save_best=True)
        booster = xgboost.train(
            settings, train, num_boost_round=params.n_estimators, evals=[(watched, "validation")],
            callbacks=[stopping], verbose_eval=False,
        )  # fmt: skip
        scores = booster.inplace_predict(values[fold.calibration]).astype(np.float64)
        if weights[2].sum() >= ISOTONIC_EFFECTIVE_ROWS:
            fitted = IsotonicRegression(out_of_bounds="clip")
            fitted.fit(scores, target[fold.calibration], sample_weight=weights[2])
            convert = fitted.predict
        else:
            sigmoid = _SigmoidCalibration().fit(logit(scores), target[fold.calibration].astype(int), weights[2])
            convert = lambda p, sigmoid=sigmoid: sigmoid.predict(logit(p))  # noqa: E731
        if len(fold.test):
            predictions.append(convert(booster.inplace_predict(values[fold.test]).astype(np.float64)))
    return np.concatenate(predictions)


@pytest.mark.parametrize(("n_tickers", "n_bars"), [(4, 3_270), (100, 2_000)])
def test_training_costs_at_most_three_percent_and_a_second_over_bare_xgboost(
    n_tickers: int, n_bars: int, table_line: TableLine
) -> None:
    task = task_of(n_tickers, n_bars)
    given = prepared(task)
    ours, bare = [], []
    for _ in range(ROUNDS):
        started = perf_counter()
        result = train_model(task)
        ours.append(perf_counter() - started)
        started = perf_counter()
        peer = bare_xgboost(task, given)
        bare.append(perf_counter() - started)
    assert result.predictions["probability_1"].to_numpy() == pytest.approx(peer, abs=1e-3)
    rows = f"{n_tickers} tickers x {n_bars:,} bars, {N_FEATURES} features"
    table_line(f"training, {rows}", min(ours), "peer + 3 % + 1 s", peer=("bare XGBoost", min(bare)))
    assert min(ours) <= 1.03 * min(bare) + 1.0
