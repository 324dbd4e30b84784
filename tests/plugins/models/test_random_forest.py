"""The `random_forest` model against scikit-learn itself."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import qlop
import skops.io
from pydantic import ValidationError
from qlop.testing import ModelContractSuite
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.preprocessing import FunctionTransformer

from core.testing.training_rows import make_weighted_rows
from plugins.models.random_forest import RandomForest


class TestRandomForest(ModelContractSuite):
    plugin_class = RandomForest
    params: ClassVar[dict] = {"n_estimators": 20, "min_samples_leaf": 5}


def rows(n_rows: int = 400, n_classes: int = 2, seed: int = 1, *, missing: bool = True) -> qlop.TrainingData:
    return make_weighted_rows(n_rows, n_classes, seed, missing_above=2.0 if missing else np.inf)


def fitted(data: qlop.TrainingData, task: str = "classification", **parts: object) -> RandomForest:
    report = parts.pop("report_metric", lambda *_: None)
    context = qlop.TrainContext(task, parts.pop("seed", 5), parts.pop("thread_count", 1), report)
    model = RandomForest("random_forest", RandomForest.Params(**{"n_estimators": 16, "min_samples_leaf": 5, **parts}))
    model.train(data, None, context)
    return model


def loaded_from(folder: Path) -> RandomForest:
    model = RandomForest("random_forest", RandomForest.Params())
    model.load_model(folder)
    return model


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_growing_in_steps_gives_the_forest_that_scikit_learn_grows_at_once(n_classes: int) -> None:
    data = rows(n_classes=n_classes)
    kind = RandomForestClassifier if n_classes else RandomForestRegressor
    settings = {"n_estimators": 16, "max_depth": 8, "min_samples_leaf": 5, "max_features": 0.5, "random_state": 5}
    peer = kind(**settings).fit(data.features.to_numpy(), data.target, sample_weight=data.sample_weight)
    predicted = fitted(data, "classification" if n_classes else "regression").predict(data.features)
    assert predicted["prediction"].to_numpy() == pytest.approx(peer.predict(data.features.to_numpy()), abs=1e-12)
    if n_classes:
        expected = peer.predict_proba(data.features.to_numpy())
        assert predicted.iloc[:, 1:].to_numpy() == pytest.approx(expected, abs=1e-12)


def test_the_learning_curve_is_the_out_of_bag_score_by_number_of_trees() -> None:
    data = rows(missing=False)
    curve: dict[int, float] = {}
    names = set()

    def report(name: str, value: float, step: int) -> None:
        names.add(name)
        curve[step] = value

    fitted(data, n_estimators=64, report_metric=report)
    assert names == {"out_of_bag_brier"}
    assert list(curve) == [8, 16, 32, 64]
    peer = RandomForestClassifier(64, max_depth=8, min_samples_leaf=5, max_features=0.5, random_state=5, oob_score=True)
    peer.fit(data.features.to_numpy(), data.target, sample_weight=data.sample_weight)
    errors = (peer.oob_decision_function_[:, 1] - data.target.to_numpy()) ** 2
    assert curve[64] == pytest.approx(np.average(errors, weights=data.sample_weight), abs=1e-12)
    assert curve[64] < curve[8]


@pytest.mark.parametrize(("thread_count", "expected"), [(1, [4, 5, 8, 10, 12, 16, 20, 24, 28, 32, 36, 40]), (4, None)])
def test_trees_are_counted_as_they_grow_in_groups_that_keep_the_threads_at_work(thread_count, expected) -> None:
    told: list[tuple] = []
    model = RandomForest("random_forest", RandomForest.Params(n_estimators=40, min_samples_leaf=5))
    context = qlop.TrainContext("regression", 5, thread_count, report_progress=lambda *step: told.append(step))
    model.train(rows(n_classes=0, missing=False), None, context)
    assert told == [(done, 40, "trees") for done in expected or [5, 10, 16, 20, 32, 40]]


def test_a_missing_value_can_decide_a_split() -> None:
    data = rows()
    told = data.target.astype(bool)
    features = data.features.assign(c=data.features["c"].fillna(0.0).where(~told))
    predicted = fitted(qlop.TrainingData(features, data.target, None), max_features=1.0).predict(features)
    assert (predicted["prediction"] == data.target).all()


def test_missing_values_that_training_has_not_seen_are_predicted_and_an_empty_feature_counts_nothing() -> None:
    complete = rows(missing=False)
    assert np.isfinite(fitted(complete).predict(rows().features)).all(axis=None)
    empty = qlop.TrainingData(complete.features.assign(c=np.nan), complete.target, complete.sample_weight)
    assert fitted(empty).feature_importances()["c"] == 0.0


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_shap_values_sum_to_what_the_forest_answers_with_missing_values(task: str) -> None:
    data = rows(n_classes=2 if task == "classification" else 0)
    model = fitted(data, task)
    shap = model.shap_values(data.features.iloc[:50])
    assert list(shap.columns) == ["a", "b", "c", "noise", "base"]
    answer = model.predict(data.features.iloc[:50])["probability_1" if task == "classification" else "prediction"]
    assert shap.sum(axis=1).to_numpy() == pytest.approx(answer.to_numpy(), abs=1e-9)
    assert shap["base"].nunique() == 1
    assert shap.drop(columns="base").abs().mean().idxmax() == "a"


def test_shap_values_of_three_classes_sum_to_their_probabilities() -> None:
    data = rows(n_classes=3)
    model = fitted(data)
    shap = model.shap_values(data.features.iloc[:50])
    found = shap.T.groupby(level="class").sum().T.to_numpy()
    assert found == pytest.approx(model.predict(data.features.iloc[:50]).iloc[:, 1:].to_numpy(), abs=1e-9)


@pytest.mark.parametrize(("n_classes", "task"), [(0, "regression"), (2, "classification"), (3, "classification")])
def test_saving_and_loading_keeps_every_bit(tmp_path: Path, n_classes: int, task: str) -> None:
    data = rows(n_classes=n_classes)
    model = fitted(data, task)
    model.save_model(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["random_forest.json", "random_forest.skops"]
    loaded = loaded_from(tmp_path)
    pd.testing.assert_frame_equal(loaded.predict(data.features), model.predict(data.features), check_exact=True)
    assert loaded.feature_importances().tolist() == model.feature_importances().tolist()


def test_the_same_seed_gives_the_same_bytes_whatever_the_thread_count_and_another_seed_others(tmp_path: Path) -> None:
    files = []
    for name, seed, threads in (("one", 5, 1), ("two", 5, 3), ("three", 6, 1)):
        (tmp_path / name).mkdir()
        fitted(rows(), seed=seed, thread_count=threads).save_model(tmp_path / name)
        files.append((tmp_path / name / "random_forest.skops").read_bytes())
    assert files[0] == files[1] != files[2]


def test_features_beyond_float32_are_taken_as_the_largest_that_it_holds() -> None:
    data = rows()
    model = fitted(data)
    huge, large = (data.features.iloc[:3].assign(a=value) for value in (1e300, 3e38))
    pd.testing.assert_frame_equal(model.predict(huge), model.predict(large), check_exact=True)


def test_no_rows_give_no_predictions_and_an_untrained_model_says_so() -> None:
    assert fitted(rows(n_classes=3)).predict(rows().features.iloc[:0]).shape == (0, 4)
    assert fitted(rows()).predict(rows().features.iloc[:0]).shape == (0, 3)
    assert fitted(rows()).shap_values(rows().features.iloc[:0]).shape == (0, 5)
    with pytest.raises(qlop.TrainingError, match="'random_forest' is not trained"):
        RandomForest("random_forest", RandomForest.Params()).predict(rows().features)


def spoil_with(kind: str, folder: Path) -> None:
    file = folder / "random_forest.skops"
    if kind == "missing":
        file.unlink()
    elif kind == "garbage":
        file.write_bytes(b"garbage")
    elif kind == "untrusted":
        file.write_bytes(skops.io.dumps(FunctionTransformer(func=os.system)))
    elif kind == "untrained":
        file.write_bytes(skops.io.dumps(RandomForestClassifier()))
    elif kind == "regressor":
        file.write_bytes(skops.io.dumps(RandomForestRegressor(2).fit([[0.0] * 4, [1.0] * 4], [0.0, 1.0])))
    elif kind == "card":
        (folder / "random_forest.json").write_text('{"classes": [0.0, 1.0], "feature_columns": ["a", "b"]}')
    elif kind == "order":
        card = json.loads((folder / "random_forest.json").read_text())
        (folder / "random_forest.json").write_text(json.dumps({**card, "classes": [1.0, 0.0]}))
    else:
        forge(kind, file)


def forge(kind: str, file: Path) -> None:
    """Change the nodes of a tree, as they lie in the file."""
    forest = skops.io.load(file, trusted=["sklearn.tree._tree.Tree", "numpy.dtype"])
    tree = forest.estimators_[3].tree_
    state = tree.__getstate__()
    nodes = state["nodes"]
    if kind == "loop":
        nodes["left_child"][0] = 0
    elif kind == "outside":
        nodes["right_child"][0] = 10_000_000
    elif kind == "feature":
        nodes["feature"][0] = 4_000
    elif kind == "not finite":
        state["values"][0] = np.nan
    tree.__setstate__(state)
    skops.io.dump(forest, file)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "not a readable skops file"),
        ("garbage", "not a readable skops file"),
        ("untrusted", "types that are not trusted"),
        ("untrained", "it is not trained"),
        ("regressor", "it holds RandomForestRegressor, not RandomForestClassifier"),
        ("card", "it has not 2 features"),
        ("order", "its columns or classes are not in order"),
        ("loop", "tree 3 .* children are not those of a tree"),
        ("outside", "children are not those of a tree"),
        ("feature", "splits on features that there are not"),
        ("not finite", "values are not finite"),
    ],
)
def test_files_that_are_not_this_models_are_refused(tmp_path: Path, kind: str, message: str) -> None:
    fitted(rows()).save_model(tmp_path)
    spoil_with(kind, tmp_path)
    with pytest.raises(qlop.DataError, match=message):
        loaded_from(tmp_path)


@pytest.mark.parametrize("params", [{"max_features": 0.0}, {"n_estimators": 0}, {"max_samples": 1.5}, {"depth": 3}])
def test_params_out_of_bounds_are_refused(params: dict) -> None:
    with pytest.raises(ValidationError):
        RandomForest.Params(**params)
