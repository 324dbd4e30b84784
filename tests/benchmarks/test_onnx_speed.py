"""Scoring by an exported ONNX file beside the model that it was exported from: 100,000 rows, calibrated predictions.

Both get the same rows as float64 in one array or frame, and use as many threads as there are cores. The file's time holds
the rounding of the features to its type; the model's holds the frame that it answers with. A network predicts on one thread,
and so does its file, which is asked as the model `onnx` asks: in blocks, and with the windows that an LSTM reads.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import qlop
from qlop.engine import OnnxSession, answers_of_file, load_model_artifact, save_fitted_model

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel
from plugins.exporters.onnx import Onnx
from plugins.models.lightgbm import LightGBM
from plugins.models.linear import Linear
from plugins.models.lstm import LSTM
from plugins.models.mlp import MLP
from plugins.models.random_forest import RandomForest
from plugins.models.xgboost import XGBoost

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import TableLine

N_ROWS, N_TRAINED, N_FEATURES = 100_000, 5_000, 30
ROUNDS = 3
MOST_TIMES = 10.0
COLUMNS = tuple(f"x_{k}" for k in range(N_FEATURES))


NETWORKS = {MLP: {"epochs": 2}, LSTM: {"epochs": 1}}


def rows(n_rows: int, seed: int) -> qlop.TrainingData:
    random = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [pd.date_range("1700-01-01", periods=n_rows, tz="UTC"), ["AAPL"]], names=["timestamp", "ticker"]
    )
    values = random.normal(size=(n_rows, N_FEATURES))
    target = (values[:, :5].sum(axis=1) + random.normal(size=n_rows) > 0).astype(float)
    values[random.random(values.shape) < 0.02] = np.nan
    return qlop.TrainingData(pd.DataFrame(values, index, list(COLUMNS)), pd.Series(target, index))


def best(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(ROUNDS):
        started = perf_counter()
        work()
        spent.append(perf_counter() - started)
    return min(spent)


@pytest.mark.parametrize("kind", [XGBoost, LightGBM, RandomForest, Linear, *NETWORKS])
def test_the_file_scores_100_000_rows_in_at_most_ten_times_the_models_time(
    kind: type[qlop.ModelPlugin], tmp_path: Path, table_line: TableLine
) -> None:
    data, scored = rows(N_TRAINED, 1), rows(N_ROWS, 2).features
    model = kind(kind.name, kind.Params(**NETWORKS.get(kind, {})))
    model.train(data, None, qlop.TrainContext("classification", seed=1))
    platt = Calibrator.fit(model.predict(data.features)["probability_1"], data.target == 1.0, method="platt")
    fitted = FittedModel(model, "classification", COLUMNS, (0.0, 1.0), (platt,))
    (tmp_path / "model").mkdir()
    save_fitted_model(fitted, tmp_path / "model", example_features=data.features.iloc[:64])
    artifact = load_model_artifact(tmp_path / "model", lambda: kind(kind.name, model.params))
    Onnx("onnx", Onnx.Params()).export(artifact, tmp_path / "model.onnx")
    n_threads = 1 if kind in NETWORKS else len(os.sched_getaffinity(0))
    session = OnnxSession((tmp_path / "model.onnx").read_bytes(), thread_count=n_threads)

    matrix = scored.to_numpy()
    ask = (lambda: answers_of_file(session, scored)) if kind in NETWORKS else (lambda: session.ask(matrix))
    by_file, by_model = best(ask), best(lambda: fitted.predict(scored))
    what = f"{kind.name} as ONNX, {N_ROWS:,} rows x {N_FEATURES} features"
    table_line(what, by_file, f"{MOST_TIMES:g} x the model", peer=("the model itself", by_model))
    assert by_file <= MOST_TIMES * by_model
