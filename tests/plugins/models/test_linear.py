"""The `linear` model against scikit-learn and the normal equations."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import qlop
import skops.io
from pydantic import ValidationError
from qlop.testing import ModelContractSuite
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from plugins.models.linear import Linear


class TestLinear(ModelContractSuite):
    plugin_class = Linear


def rows(n_rows: int = 500, n_classes: int = 2, seed: int = 1) -> qlop.TrainingData:
    random = np.random.default_rng(seed)
    timestamps = pd.date_range("2020-01-01", periods=n_rows, tz="UTC")
    index = pd.MultiIndex.from_product([timestamps, ["AAPL"]], names=["timestamp", "ticker"])
    values = random.normal(size=(n_rows, 4)) * [1.0, 0.01, 500.0, 1.0] + [0.0, 5.0, -900.0, 1.0]
    features = pd.DataFrame(values, index=index, columns=["a", "b", "c", "noise"])
    score = features["a"] + 50 * (features["b"] - 5) + random.normal(0, 0.7, n_rows)
    if n_classes == 0:
        target = score
    else:
        target = pd.Series(pd.qcut(score, n_classes, labels=False).astype(float), index=index) - (n_classes > 2)
    return qlop.TrainingData(features, target, pd.Series(random.uniform(0.5, 1.5, n_rows), index=index))


def fitted(data: qlop.TrainingData, task: str = "classification", **params: object) -> Linear:
    model = Linear("linear", Linear.Params(**params))
    model.train(data, None, qlop.TrainContext(task, seed=1, thread_count=1))
    return model


def standardised(data: qlop.TrainingData) -> np.ndarray:
    values = data.features.to_numpy()
    return (values - values.mean(axis=0)) / values.std(axis=0)


def test_ridge_solves_the_normal_equations_of_standardised_features() -> None:
    data = rows(n_classes=0)
    x, y, w = standardised(data), data.target.to_numpy(), data.sample_weight.to_numpy()
    centre_x, centre_y = np.average(x, axis=0, weights=w), np.average(y, weights=w)
    centred = x - centre_x
    gram = (centred * w[:, None]).T @ centred + 25.0 * np.eye(4)
    slopes = np.linalg.solve(gram, (centred * w[:, None]).T @ (y - centre_y))
    predicted = fitted(data, "regression", penalty_strength=25.0).predict(data.features)
    assert list(predicted.columns) == ["prediction"]
    assert predicted["prediction"].to_numpy() == pytest.approx(centre_y + centred @ slopes, rel=1e-9)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_logistic_equals_scikit_learn_on_standardised_features(n_classes: int) -> None:
    data = rows(n_classes=n_classes)
    x, w = standardised(data), data.sample_weight.to_numpy()
    peer = LogisticRegression(C=1 / 7.0, tol=1e-10, max_iter=5_000).fit(x, data.target, sample_weight=w)
    predicted = fitted(data, penalty_strength=7.0).predict(data.features)
    assert predicted.iloc[:, 1:].to_numpy() == pytest.approx(peer.predict_proba(x), abs=1e-6)
    assert (predicted["prediction"] == peer.predict(x)).all()


@pytest.mark.parametrize("n_classes", [0, 2, 3])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_is_fitted_step_by_step_is_to_the_last_bit_scikit_learns_own_pipeline(n_classes: int, order: str) -> None:
    data = rows(n_rows=301, n_classes=n_classes)
    values = np.array(data.features, order=order)
    values[::7, 0], values[::5, 2], values[:, 3] = np.nan, np.nan, np.nan
    given = qlop.TrainingData(
        pd.DataFrame(values, index=data.features.index, columns=data.features.columns, copy=False),
        data.target,
        data.sample_weight,
    )
    whole = Pipeline(
        [
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
            ("standardise", StandardScaler()),
            (
                "regression",
                LogisticRegression(C=0.1, tol=1e-8, max_iter=1_000) if n_classes else Ridge(10.0, solver="cholesky"),
            ),
        ]
    ).fit(values.copy(order="K"), data.target, regression__sample_weight=data.sample_weight)
    ours = fitted(given, "classification" if n_classes else "regression").library_object()
    for step, names in {0: ("statistics_",), 1: ("mean_", "scale_", "var_"), 2: ("coef_", "intercept_")}.items():
        for name in names:
            np.testing.assert_array_equal(getattr(ours[step], name), getattr(whole[step], name))
    assert [step.get_params() for step in ours] == [step.get_params() for step in whole]


def test_a_missing_value_counts_as_the_training_median() -> None:
    data = rows()
    model = fitted(data)
    holed, filled = data.features.iloc[:5].copy(), data.features.iloc[:5].copy()
    holed.iloc[2, 1] = np.nan
    filled.iloc[2, 1] = data.features["b"].median()
    pd.testing.assert_frame_equal(model.predict(holed), model.predict(filled), check_exact=True)


def test_features_without_values_or_variance_count_nothing() -> None:
    data = rows()
    empty = qlop.TrainingData(data.features.assign(c=np.nan, noise=3.0), data.target, data.sample_weight)
    model = fitted(empty)
    assert model.feature_importances()[["c", "noise"]].tolist() == [0.0, 0.0]
    changed = empty.features.assign(c=1e6, noise=-1e6)
    pd.testing.assert_frame_equal(model.predict(changed), model.predict(empty.features), check_exact=True)


def test_a_rows_prediction_does_not_depend_on_the_rows_beside_it() -> None:
    data = rows(n_classes=3)
    model = fitted(data)
    together = model.predict(data.features)
    alone = pd.concat([model.predict(data.features.iloc[k : k + 1]) for k in range(40)])
    pd.testing.assert_frame_equal(alone, together.iloc[:40], check_exact=True)


@pytest.mark.parametrize(("n_classes", "task"), [(0, "regression"), (2, "classification"), (3, "classification")])
def test_saving_and_loading_keeps_every_bit(tmp_path: Path, n_classes: int, task: str) -> None:
    data = rows(n_classes=n_classes)
    model = fitted(data, task)
    model.save_model(tmp_path)
    loaded = Linear("linear", Linear.Params())
    loaded.load_model(tmp_path)
    pd.testing.assert_frame_equal(loaded.predict(data.features), model.predict(data.features), check_exact=True)
    pd.testing.assert_series_equal(loaded.feature_importances(), model.feature_importances())


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        fitted(rows()).save_model(tmp_path / name)
    for file in ("linear.skops", "linear.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_importances_are_standardised_coefficients() -> None:
    data = rows(n_classes=0)
    sizes = fitted(data, "regression", penalty_strength=1e-9).feature_importances()
    # The target is a + 50 (b - 5) plus noise; standardised, its slopes are the features' standard deviations times those.
    assert sizes["a"] == pytest.approx(data.features["a"].std(), rel=0.1)
    assert sizes["b"] == pytest.approx(50 * data.features["b"].std(), rel=0.25)
    assert sizes[["c", "noise"]].max() < 0.1


def test_shap_values_are_how_far_each_feature_moves_the_score_from_that_of_the_mean_row() -> None:
    data = rows()
    model = fitted(data)
    p = model.predict(data.features)["probability_1"]
    shap = model.shap_values(data.features)
    assert shap.sum(axis=1).to_numpy() == pytest.approx(np.log(p / (1 - p)).to_numpy(), abs=1e-9)
    # Independent of our own formula: put one feature's mean in its place, and see how far the log-odds move.
    without = data.features.assign(b=data.features["b"].mean())
    q = model.predict(without)["probability_1"]
    moved = np.log(p / (1 - p)) - np.log(q / (1 - q))
    assert shap["b"].to_numpy() == pytest.approx(moved.to_numpy(), abs=1e-9)
    assert model.shap_values(data.features.iloc[:0]).shape == (0, 5)


def test_shap_values_of_three_classes_sum_to_scores_whose_softmax_is_predicted() -> None:
    data = rows(n_classes=3)
    model = fitted(data)
    scores = model.shap_values(data.features).T.groupby(level="class").sum().T.to_numpy()
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert shares == pytest.approx(model.predict(data.features).iloc[:, 1:].to_numpy(), abs=1e-9)


def test_columns_that_differ_are_refused() -> None:
    model = fitted(rows())
    with pytest.raises(qlop.DataError, match="in the order"):
        model.predict(rows().features[["b", "a", "c", "noise"]])


def test_a_single_class_cannot_be_learned() -> None:
    data = rows()
    with pytest.raises(qlop.TrainingError, match="all 500 training rows are of class 0"):
        fitted(qlop.TrainingData(data.features, data.target * 0.0))


def test_too_few_iterations_are_an_error_and_not_a_warning() -> None:
    with pytest.raises(qlop.TrainingError, match="did not converge in max_iterations 1"):
        fitted(rows(), max_iterations=1)


def test_no_rows_give_no_predictions_and_an_untrained_model_says_so() -> None:
    assert fitted(rows()).predict(rows().features.iloc[:0]).shape == (0, 3)
    with pytest.raises(qlop.TrainingError, match="'linear' is not trained"):
        Linear("linear", Linear.Params()).predict(rows().features)


def spoil_with(kind: str, folder: Path) -> None:
    file = folder / "linear.skops"
    if kind == "missing":
        file.unlink()
    elif kind == "garbage":
        file.write_bytes(b"garbage")
    elif kind == "untrusted":
        file.write_bytes(skops.io.dumps(FunctionTransformer(func=os.system)))
    elif kind == "other object":
        file.write_bytes(skops.io.dumps({"coefficients": [1.0]}))
    elif kind == "untrained":
        file.write_bytes(skops.io.dumps(LogisticRegression()))
    elif kind == "card":
        (folder / "linear.json").write_text('{"classes": [0.0, 1.0], "feature_columns": ["a", "b"]}')
    elif kind == "not finite":
        pipeline = skops.io.load(file, trusted=["numpy.dtype"])
        pipeline[-1].coef_[0, 0] = np.nan
        skops.io.dump(pipeline, file)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "not a readable skops file"),
        ("garbage", "not a readable skops file"),
        ("untrusted", "types that are not trusted"),
        ("other object", "it holds dict, not SimpleImputer - StandardScaler - LogisticRegression"),
        ("untrained", "it holds LogisticRegression, not"),
        ("card", r"medians are not \(2,\) finite numbers"),
        ("not finite", r"coefficients are not \(1, 4\) finite numbers"),
    ],
)
def test_files_that_are_not_this_models_are_refused(tmp_path: Path, kind: str, message: str) -> None:
    fitted(rows()).save_model(tmp_path)
    spoil_with(kind, tmp_path)
    with pytest.raises(qlop.DataError, match=message):
        Linear("linear", Linear.Params()).load_model(tmp_path)


@pytest.mark.parametrize("params", [{"penalty_strength": 0.0}, {"penalty_strength": float("nan")}, {"alpha": 1.0}])
def test_params_out_of_bounds_are_refused(params: dict) -> None:
    with pytest.raises(ValidationError):
        Linear.Params(**params)


def test_a_small_fit_gives_the_same_bytes_whatever_the_thread_count(tmp_path: Path) -> None:
    for thread_count in (1, 8):
        model = Linear("linear", Linear.Params())
        model.train(rows(), None, qlop.TrainContext("classification", seed=5, thread_count=thread_count))
        (tmp_path / str(thread_count)).mkdir()
        model.save_model(tmp_path / str(thread_count))
    assert (tmp_path / "1" / "linear.skops").read_bytes() == (tmp_path / "8" / "linear.skops").read_bytes()
