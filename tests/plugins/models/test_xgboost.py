"""The `xgboost` model against XGBoost itself."""

from __future__ import annotations

import gc
import weakref
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import qlop
import xgboost
from pydantic import ValidationError
from qlop.testing import ModelContractSuite

from core.testing.training_rows import make_weighted_rows
from plugins.models.xgboost import XGBoost


class TestXGBoost(ModelContractSuite):
    plugin_class = XGBoost
    params: ClassVar[dict] = {"n_estimators": 60, "min_child_weight": 1.0}


rows = partial(make_weighted_rows, columns=("a", "b[1]", "c<2", "noise"))


def fitted(data: qlop.TrainingData, validation: qlop.TrainingData | None = None, **parts: object) -> XGBoost:
    context = {"task": parts.pop("task", "classification"), "seed": parts.pop("seed", 5), "thread_count": 1}
    report = parts.pop("report_metric", lambda *_: None)
    model = XGBoost("xgboost", XGBoost.Params(**{"n_estimators": 60, "min_child_weight": 1.0, **parts}))
    model.train(data, validation, qlop.TrainContext(**context, report_metric=report))
    return model


@pytest.mark.parametrize("tree_method", ["hist", "approx", "exact"])
def test_probabilities_equal_a_bare_xgboost_fit(tree_method: str) -> None:
    data = rows()
    model = fitted(data, tree_method=tree_method, reg_lambda=2.0, gamma=0.1)
    settings = {
        "objective": "binary:logistic", "learning_rate": 0.05, "max_depth": 4, "min_child_weight": 1.0,
        "subsample": 0.8, "colsample_bytree": 0.8, "lambda": 2.0, "gamma": 0.1, "tree_method": tree_method,
        "seed": 5, "nthread": 1,
    }  # fmt: skip
    values = data.features.to_numpy()
    matrix = xgboost.DMatrix(values, data.target.to_numpy(), weight=data.sample_weight.to_numpy())
    if tree_method == "hist":
        weight = data.sample_weight.to_numpy()
        matrix = xgboost.QuantileDMatrix(values, data.target.to_numpy(), weight=weight, max_bin=256)
    peer = xgboost.train(settings, matrix, num_boost_round=60).predict(xgboost.DMatrix(values))
    assert model.predict(data.features)["probability_1"].tolist() == pytest.approx(peer.tolist(), abs=1e-6)


def test_early_stopping_keeps_the_trees_up_to_the_best_round() -> None:
    data, validation = rows(seed=1), rows(200, seed=2)
    losses: list[tuple[str, float, int]] = []
    model = fitted(
        data, validation, n_estimators=400, learning_rate=0.3, early_stopping_rounds=10,
        report_metric=lambda name, value, step: losses.append((name, value, step)),
    )  # fmt: skip
    assert {name for name, *_ in losses} == {"train_logloss", "validation_logloss"}
    rounds = model._trained().num_boosted_rounds()
    assert rounds < 400
    p = model.predict(validation.features)["probability_1"].to_numpy().clip(1e-7, 1 - 1e-7)
    y, w = validation.target.to_numpy(), validation.sample_weight.to_numpy()
    loss = -(w * (y * np.log(p) + (1 - y) * np.log(1 - p))).sum() / w.sum()
    assert loss <= min(value for name, value, _ in losses if name == "validation_logloss") + 1e-6


def test_about_a_hundred_losses_are_reported_and_each_round_where_there_are_fewer() -> None:
    for rounds, expected in ((50, 50), (1_000, 100)):
        steps: list[int] = []
        fitted(
            rows(100), rows(50), n_estimators=rounds, max_depth=1, early_stopping_rounds=None,
            report_metric=lambda _name, _value, step, steps=steps: steps.append(step),
        )  # fmt: skip
        assert len(steps) == 2 * expected
        assert steps[:2] == [1, 1]


def test_the_training_loss_is_reported_without_validation_rows_and_is_that_of_the_rows() -> None:
    data = rows()
    losses: dict[int, float] = {}
    model = fitted(data, report_metric=lambda _name, value, step: losses.update({step: value}))
    p, y = model.predict(data.features)["probability_1"].to_numpy(), data.target.to_numpy()
    w = data.sample_weight.to_numpy()
    expected = -(w * (y * np.log(p) + (1 - y) * np.log(1 - p))).sum() / w.sum()
    assert list(losses) == list(range(1, 61))
    assert losses[60] == pytest.approx(expected, abs=1e-5)


def test_three_classes_have_a_probability_each_and_the_likeliest_is_predicted() -> None:
    data = rows(n_classes=3)
    predicted = fitted(data).predict(data.features)
    columns = ["probability_-1", "probability_0", "probability_1"]
    assert list(predicted.columns) == ["prediction", *columns]
    assert predicted[columns].sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-6)
    assert (predicted["prediction"] == data.target).mean() > 0.6


def test_validation_rows_of_a_class_that_training_has_not_seen_are_passed_over() -> None:
    data, validation = rows(n_classes=2), rows(90, n_classes=3)
    model = fitted(data, validation)
    known = validation.target >= 0
    part = qlop.TrainingData(validation.features[known], validation.target[known], validation.sample_weight[known])
    expected = fitted(data, part).predict(data.features)
    pd.testing.assert_frame_equal(model.predict(data.features), expected, check_exact=True)


def test_a_regression_predicts_the_value() -> None:
    data = rows(n_classes=0)
    predicted = fitted(data, task="regression").predict(data.features)
    assert list(predicted.columns) == ["prediction"]
    assert np.corrcoef(predicted["prediction"], data.target)[0, 1] > 0.7


@pytest.mark.parametrize(("n_classes", "task"), [(0, "regression"), (2, "classification"), (3, "classification")])
def test_saving_and_loading_keeps_every_bit(tmp_path: Path, n_classes: int, task: str) -> None:
    data = rows(n_classes=n_classes)
    model = fitted(data, rows(100, n_classes=n_classes, seed=3), task=task)
    model.save_model(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["booster.ubj", "xgboost.json"]
    loaded = XGBoost("xgboost", model.params)
    loaded.load_model(tmp_path)
    pd.testing.assert_frame_equal(loaded.predict(data.features), model.predict(data.features), check_exact=True)
    assert loaded.feature_importances().tolist() == model.feature_importances().tolist()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    files = []
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        (tmp_path / name).mkdir()
        fitted(rows(), seed=seed).save_model(tmp_path / name)
        files.append((tmp_path / name / "booster.ubj").read_bytes())
    assert files[0] == files[1] != files[2]


def test_importances_are_the_gain_and_zero_for_what_is_never_split_on() -> None:
    data = rows()
    data.features["noise"] = 1.0
    gains = fitted(data, max_depth=2).feature_importances()
    assert gains.index.tolist() == ["a", "b[1]", "c<2", "noise"]
    assert gains["a"] == gains.max()
    assert gains["noise"] == 0.0


def test_shap_values_sum_to_the_log_odds_with_missing_values_and_name_the_features() -> None:
    data = rows()
    model = fitted(data)
    shap = model.shap_values(data.features)
    assert list(shap.columns) == ["a", "b[1]", "c<2", "noise", "base"]
    p = model.predict(data.features)["probability_1"]
    assert shap.sum(axis=1).to_numpy() == pytest.approx(np.log(p / (1 - p)).to_numpy(), abs=1e-5)
    assert shap.drop(columns="base").abs().mean().idxmax() == "a"
    assert model.shap_values(data.features.iloc[:0]).shape == (0, 5)


def test_shap_values_of_three_classes_sum_to_their_margins() -> None:
    data = rows(n_classes=3)
    model = fitted(data)
    shap = model.shap_values(data.features)
    assert shap.columns.get_level_values("class").unique().tolist() == [-1.0, 0.0, 1.0]
    margins = shap.T.groupby(level="class").sum().T.to_numpy()
    shares = np.exp(margins) / np.exp(margins).sum(axis=1, keepdims=True)
    assert shares == pytest.approx(model.predict(data.features).iloc[:, 1:].to_numpy(), abs=1e-5)
    assert model.shap_values(data.features.iloc[:0]).shape == (0, 15)


def test_columns_in_another_order_are_refused() -> None:
    data = rows()
    model = fitted(data)
    with pytest.raises(qlop.DataError, match="in the order"):
        model.predict(data.features[["b[1]", "a", "c<2", "noise"]])
    with pytest.raises(qlop.DataError, match="lacks 1 of its 4 feature columns, first 'noise'"):
        model.predict(data.features[["a", "b[1]", "c<2"]])


def test_no_rows_give_no_predictions() -> None:
    data = rows(n_classes=3)
    predicted = fitted(data).predict(data.features.iloc[:0])
    assert predicted.shape == (0, 4)


def test_a_single_class_cannot_be_learned() -> None:
    data = rows()
    single = qlop.TrainingData(data.features, data.target * 0.0, None)
    with pytest.raises(qlop.TrainingError, match="all 600 training rows are of class 0"):
        fitted(single)


def test_a_device_that_the_package_cannot_use_is_refused_with_the_remedy() -> None:
    assert not xgboost.build_info()["USE_CUDA"]
    with pytest.raises(qlop.TrainingError, match="pip uninstall xgboost-cpu"):
        fitted(rows(), device="cuda")


def test_a_model_that_is_not_trained_says_so() -> None:
    with pytest.raises(qlop.TrainingError, match="'xgboost' is not trained"):
        XGBoost("xgboost", XGBoost.Params()).predict(rows().features)


@pytest.mark.parametrize("spoil", ["missing", "garbage", "card", "width"])
def test_files_that_are_not_this_models_are_refused(tmp_path: Path, spoil: str) -> None:
    fitted(rows()).save_model(tmp_path)
    if spoil == "missing":
        (tmp_path / "booster.ubj").unlink()
    elif spoil == "garbage":
        (tmp_path / "booster.ubj").write_bytes(b"{L\x00\x00\x00garbage")
    elif spoil == "card":
        (tmp_path / "xgboost.json").write_text("[]")
    else:
        (tmp_path / "xgboost.json").write_text('{"classes": [0.0, 1.0], "feature_columns": ["a"]}')
    with pytest.raises(qlop.DataError, match=str(tmp_path)):
        XGBoost("xgboost", XGBoost.Params()).load_model(tmp_path)


@pytest.mark.parametrize("params", [{"max_depth": 0}, {"learning_rate": 0.0}, {"subsample": 1.1}, {"eta": 0.1}])
def test_params_out_of_bounds_are_refused(params: dict) -> None:
    with pytest.raises(ValidationError):
        XGBoost.Params(**params)


def test_a_small_fit_gives_the_same_bytes_whatever_the_thread_count(tmp_path: Path) -> None:
    for thread_count in (1, 8):
        model = XGBoost("xgboost", XGBoost.Params())
        model.train(rows(), None, qlop.TrainContext("classification", seed=5, thread_count=thread_count))
        (tmp_path / str(thread_count)).mkdir()
        model.save_model(tmp_path / str(thread_count))
    assert (tmp_path / "1" / "booster.ubj").read_bytes() == (tmp_path / "8" / "booster.ubj").read_bytes()


def test_each_round_counts() -> None:
    told: list[tuple] = []
    context = qlop.TrainContext("classification", report_progress=lambda *step: told.append(step))
    XGBoost("xgboost", XGBoost.Params(n_estimators=250)).train(rows(), None, context)
    assert told == [(done, 250, "rounds") for done in range(1, 251)]


def test_rows_are_let_go_once_they_are_learned_from_without_a_search_for_cycles() -> None:
    gc.collect()
    gc.disable()
    try:
        data, validation = rows(), rows(200, seed=2)
        held = [weakref.ref(each.features) for each in (data, validation)]
        report = partial(_told, data, validation)
        model = fitted(data, validation, report_metric=report)
        del data, validation, report
        assert [each() is None for each in held] == [True, True]
        # By type(): isinstance asks objects of others for their class, and one of PyTorch's warns then.
        assert [each for each in gc.get_objects() if issubclass(type(each), xgboost.DMatrix)] == []
        assert model.library_object().num_boosted_rounds() > 0
    finally:
        gc.enable()


def _told(*_: object) -> None:
    """Hold rows, as a caller's own function may."""
