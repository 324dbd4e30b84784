"""The `lightgbm` model against LightGBM itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

import lightgbm
import numpy as np
import pandas as pd
import pytest
import qlop
from pydantic import ValidationError
from qlop.testing import ModelContractSuite

from core.testing.training_rows import make_weighted_rows
from plugins.models.lightgbm import LightGBM


class TestLightGBM(ModelContractSuite):
    plugin_class = LightGBM
    params: ClassVar[dict] = {"num_iterations": 40, "min_data_in_leaf": 10}


rows = partial(make_weighted_rows, columns=("a", "b[1],", 'c"<2', "noise"))


def fitted(data: qlop.TrainingData, validation: qlop.TrainingData | None = None, **parts: object) -> LightGBM:
    context = {"task": parts.pop("task", "classification"), "seed": parts.pop("seed", 5), "thread_count": 1}
    report = parts.pop("report_metric", lambda *_: None)
    model = LightGBM("lightgbm", LightGBM.Params(**{"num_iterations": 30, "min_data_in_leaf": 10, **parts}))
    model.train(data, validation, qlop.TrainContext(**context, report_metric=report))
    return model


def logit(p: pd.Series) -> np.ndarray:
    return np.log(p / (1.0 - p)).to_numpy()


def test_probabilities_equal_a_bare_lightgbm_fit() -> None:
    data = rows()
    settings = {
        "objective": "binary", "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 10, "seed": 5,
        "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.8, "lambda_l2": 2.0, "num_threads": 1,
        "deterministic": True, "force_row_wise": True, "verbosity": -1,
    }  # fmt: skip
    values = data.features.to_numpy()
    matrix = lightgbm.Dataset(values, data.target.to_numpy(), weight=data.sample_weight.to_numpy())
    peer = lightgbm.train(settings, matrix, num_boost_round=30).predict(values)
    predicted = fitted(data, lambda_l2=2.0).predict(data.features)
    assert predicted["probability_1"].tolist() == pytest.approx(peer.tolist(), abs=1e-12)


def test_early_stopping_keeps_the_trees_up_to_the_best_round() -> None:
    data, validation = rows(seed=1), rows(200, seed=2)
    losses: list[tuple[str, float, int]] = []
    model = fitted(
        data, validation, num_iterations=100, learning_rate=0.3, early_stopping_round=10,
        report_metric=lambda name, value, step: losses.append((name, value, step)),
    )  # fmt: skip
    assert {name for name, *_ in losses} == {"train_binary_logloss", "validation_binary_logloss"}
    watched = [loss for loss in losses if loss[0] == "validation_binary_logloss"]
    assert [step for *_, step in watched] == list(range(1, len(watched) + 1))
    best = min(watched, key=lambda loss: loss[1])
    assert model._trained().num_trees() == best[2] < 100
    p = model.predict(validation.features)["probability_1"].to_numpy()
    y, w = validation.target.to_numpy(), validation.sample_weight.to_numpy()
    assert -(w * (y * np.log(p) + (1 - y) * np.log(1 - p))).sum() / w.sum() == pytest.approx(best[1], abs=1e-9)


def test_the_training_loss_is_reported_without_validation_rows_and_is_that_of_the_rows() -> None:
    data = rows(n_classes=0)
    losses: dict[int, float] = {}
    report = {"report_metric": lambda _name, value, step: losses.update({step: value})}
    model = fitted(data, task="regression", **report)
    errors = (model.predict(data.features)["prediction"] - data.target) ** 2
    assert list(losses) == list(range(1, 31))
    assert losses[30] == pytest.approx(np.average(errors, weights=data.sample_weight) ** 0.5, abs=1e-6)


def test_three_classes_have_a_probability_each_and_the_likeliest_is_predicted() -> None:
    data = rows(n_classes=3)
    model = fitted(data)
    predicted = model.predict(data.features)
    columns = ["probability_-1", "probability_0", "probability_1"]
    assert list(predicted.columns) == ["prediction", *columns]
    assert predicted[columns].sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-9)
    assert (predicted["prediction"] == data.target).mean() > 0.6
    shap = model.shap_values(data.features)
    assert shap.columns.names == ["class", "feature"]
    margins = shap.T.groupby(level="class").sum().T.to_numpy()
    shares = np.exp(margins) / np.exp(margins).sum(axis=1, keepdims=True)
    assert shares == pytest.approx(predicted[columns].to_numpy(), abs=1e-9)


def test_validation_rows_of_a_class_that_training_has_not_seen_are_passed_over() -> None:
    data, validation = rows(n_classes=2), rows(90, n_classes=3)
    known = validation.target >= 0
    part = qlop.TrainingData(validation.features[known], validation.target[known], validation.sample_weight[known])
    found = fitted(data, validation).predict(data.features)
    pd.testing.assert_frame_equal(found, fitted(data, part).predict(data.features), check_exact=True)


@pytest.mark.parametrize(("n_classes", "task"), [(0, "regression"), (2, "classification"), (3, "classification")])
def test_saving_and_loading_keeps_every_bit(tmp_path: Path, n_classes: int, task: str) -> None:
    data = rows(n_classes=n_classes)
    model = fitted(data, rows(100, n_classes=n_classes, seed=3), task=task)
    model.save_model(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["booster.txt", "lightgbm.json"]
    loaded = LightGBM("lightgbm", model.params)
    loaded.load_model(tmp_path)
    pd.testing.assert_frame_equal(loaded.predict(data.features), model.predict(data.features), check_exact=True)
    assert loaded.feature_importances().tolist() == model.feature_importances().tolist()
    (tmp_path / "again").mkdir()
    loaded.save_model(tmp_path / "again")
    assert (tmp_path / "again" / "booster.txt").read_bytes() == (tmp_path / "booster.txt").read_bytes()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    files = []
    for name, seed in (("one", 5), ("two", 5), ("three", 2**32 - 1)):
        (tmp_path / name).mkdir()
        fitted(rows(), seed=seed).save_model(tmp_path / name)
        files.append((tmp_path / name / "booster.txt").read_bytes())
    assert files[0] == files[1] != files[2]


def test_shap_values_sum_to_the_log_odds_with_missing_values_and_name_the_features() -> None:
    data = rows()
    model = fitted(data)
    shap = model.shap_values(data.features)
    assert list(shap.columns) == [*data.features.columns, "base"]
    expected = logit(model.predict(data.features)["probability_1"])
    assert shap.sum(axis=1).to_numpy() == pytest.approx(expected, abs=1e-9)
    assert shap.drop(columns="base").abs().mean().idxmax() == "a"


def test_importances_are_the_gain_and_zero_for_what_is_never_split_on() -> None:
    data = rows()
    data.features["noise"] = 1.0
    gains = fitted(data).feature_importances()
    assert gains.index.tolist() == list(data.features.columns)
    assert gains["a"] == gains.max()
    assert gains["noise"] == 0.0


def test_features_that_say_nothing_give_the_base_rate_and_a_model_that_loads(tmp_path: Path) -> None:
    data = rows(100)
    flat = qlop.TrainingData(data.features * 0.0 + 1.0, data.target, data.sample_weight)
    model = fitted(flat)
    model.save_model(tmp_path)
    loaded = LightGBM("lightgbm", model.params)
    loaded.load_model(tmp_path)
    rate = np.average(flat.target, weights=flat.sample_weight)
    assert loaded.predict(flat.features)["probability_1"].to_numpy() == pytest.approx(rate, abs=1e-6)


def test_a_split_between_known_and_missing_survives_the_file(tmp_path: Path) -> None:
    data = rows()
    features = data.features.copy()
    features.loc[data.target == 1.0, "a"] = np.nan
    learned = qlop.TrainingData(features, data.target, data.sample_weight)
    model = fitted(learned)
    model.save_model(tmp_path)
    assert any("inf" in path.read_text(encoding="utf-8") for path in tmp_path.iterdir() if path.suffix != ".json")
    again = LightGBM("lightgbm", model.params)
    again.load_model(tmp_path)
    pd.testing.assert_frame_equal(again.predict(features), model.predict(features))


def test_no_rows_give_no_predictions_and_an_untrained_model_says_so() -> None:
    assert fitted(rows(n_classes=3)).predict(rows().features.iloc[:0]).shape == (0, 4)
    assert fitted(rows()).shap_values(rows().features.iloc[:0]).shape == (0, 5)
    assert fitted(rows(n_classes=3)).shap_values(rows().features.iloc[:0]).shape == (0, 15)
    with pytest.raises(qlop.TrainingError, match="'lightgbm' is not trained"):
        LightGBM("lightgbm", LightGBM.Params()).predict(rows().features)


def test_a_small_fit_gives_the_same_bytes_whatever_the_thread_count(tmp_path: Path) -> None:
    for thread_count in (1, 8):
        model = LightGBM("lightgbm", LightGBM.Params(num_iterations=5))
        model.train(rows(), None, qlop.TrainContext("classification", seed=5, thread_count=thread_count))
        (tmp_path / str(thread_count)).mkdir()
        model.save_model(tmp_path / str(thread_count))
    assert (tmp_path / "1" / "booster.txt").read_bytes() == (tmp_path / "8" / "booster.txt").read_bytes()


@pytest.mark.parametrize("params", [{"num_leaves": 1}, {"learning_rate": 0.0}, {"bagging_fraction": 1.1}, {"eta": 0.1}])
def test_params_out_of_bounds_are_refused(params: dict) -> None:
    with pytest.raises(ValidationError):
        LightGBM.Params(**params)


def test_each_round_counts() -> None:
    told: list[tuple] = []
    context = qlop.TrainContext("classification", report_progress=lambda *step: told.append(step))
    LightGBM("lightgbm", LightGBM.Params(num_iterations=250)).train(rows(), None, context)
    assert told == [(done, 250, "rounds") for done in range(1, 251)]
