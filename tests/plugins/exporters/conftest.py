"""Ensembles as a run keeps them, for the tests of exporters that write them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import qlop
from qlop.engine import classes_of, load_model_artifact, probability_column, save_fitted_model

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel, PayoffMap
from core.engine.model_example import example_rows
from core.plugin.registry import PluginRegistry

COLUMNS = ("a<\"&'=b]]>", "=cmd() \u202e", "c")
MEMBERS = (
    {"model_type": "linear", "weight": 2.0},
    {"model_type": "xgboost", "model_params": {"n_estimators": 15}},
    {"model_type": "lightgbm", "model_params": {"num_iterations": 15}},
    {"model_type": "random_forest", "model_params": {"n_estimators": 10, "max_depth": 5}},
)


def rows(n_classes: int, seed: int) -> qlop.TrainingData:
    random = np.random.default_rng(seed)
    bars = pd.date_range("2015-01-01", periods=400, tz="UTC")
    index = pd.MultiIndex.from_product([bars, ["A", "B"]], names=["timestamp", "ticker"])
    values = np.column_stack((random.normal(size=(800, 2)), random.integers(0, 5, 800) / 10))
    score = values[:, 0] + 2.0 * values[:, 1] * values[:, 2] + random.normal(size=800)
    values[random.random(values.shape) < 0.05] = np.nan
    target = {0: 900.0 * score, 2: (score > 0.0) * 1.0, 3: np.digitize(score, [-0.5, 0.5]) - 1.0}[n_classes]
    return qlop.TrainingData(pd.DataFrame(values, index=index, columns=list(COLUMNS)), pd.Series(target, index=index))


@pytest.fixture
def make_ensemble(tmp_path: Path):
    """Train an ensemble of features with hostile names, calibrate it, and save it with a payoff; return its artifact."""
    make_model = partial(PluginRegistry().create, "models")

    def make(n_classes: int, calibration: str | None = None, **params: object) -> qlop.ModelArtifact:
        data, later = rows(n_classes, 8), rows(n_classes, 9)
        given = {"members": MEMBERS, "n_blocks": 2, **params}
        model = make_model("ensemble", given)
        model.train(data, None, qlop.TrainContext("classification" if n_classes else "regression", seed=3))
        classes = classes_of(data.target) if n_classes else ()
        raw = model.predict(later.features)
        separated = (classes[1:] if n_classes == 2 else classes) if calibration else ()
        maps = [Calibrator.fit(raw[probability_column(c)], later.target == c, method=calibration) for c in separated]
        score, scale = (raw.iloc[:, -1], "probability") if n_classes else (raw["prediction"], "value")
        won = later.target > later.target.median() - 1e-9
        payoff = PayoffMap(Calibrator.fit(score, won, method="platt", scale=scale), 0.02, 0.03)
        task = "classification" if n_classes else "regression"
        fitted = FittedModel(model, task, COLUMNS, classes, tuple(maps), payoff)
        folder = tmp_path / "model"
        folder.mkdir()
        save_fitted_model(fitted, folder, example_features=example_rows(data.features, accepts_missing=True))
        return load_model_artifact(folder, lambda: make_model("ensemble", given))

    return make
