"""The `onnx` exporter: onnxruntime predicts from the file alone what the calibrated model predicts, or there is no file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import qlop
from qlop.engine import (
    classes_of,
    comparison_rows,
    fitted_model_of,
    load_model_artifact,
    probability_column,
    save_fitted_model,
)
from qlop.testing import ExporterContractSuite

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel, PayoffMap
from core.engine.model_example import example_rows
from plugins.exporters.onnx import Onnx
from plugins.models.lightgbm import LightGBM
from plugins.models.linear import Linear
from plugins.models.random_forest import RandomForest
from plugins.models.xgboost import XGBoost

SMALL = {
    XGBoost: {"n_estimators": 25},
    LightGBM: {"num_iterations": 25},
    RandomForest: {"n_estimators": 15},
    Linear: {},
}
LARGEST_ALLOWED = {XGBoost: 2e-7, LightGBM: 1e-10, RandomForest: 1e-10, Linear: 1e-11}
COLUMNS = ("a", "b [%]", "c", "Größe")


def rows(n_classes: int, seed: int, n_rows: int = 900) -> qlop.TrainingData:
    random = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [pd.date_range("2015-01-01", periods=n_rows, tz="UTC"), ["AAPL"]], names=["timestamp", "ticker"]
    )
    values = random.normal(size=(n_rows, 4)) * [1.0, 0.01, 5e5, 3.0] + [0.0, 5.0, 3e6, 0.0]
    score = values[:, 0] + 50 * (values[:, 1] - 5) + random.normal(0, 0.7, n_rows)
    values[:, :2][random.random((n_rows, 2)) < 0.05] = np.nan
    target = 0.01 * score if n_classes == 0 else pd.qcut(score, n_classes, labels=False) - float(n_classes > 2)
    return qlop.TrainingData(pd.DataFrame(values, index=index, columns=list(COLUMNS)), pd.Series(target, index=index))


def trained(
    kind: type[qlop.ModelPlugin], n_classes: int, method: str | None, *, has_payoff: bool = True
) -> FittedModel:
    data, later = rows(n_classes, 1), rows(n_classes, 2)
    task = "classification" if n_classes else "regression"
    model = kind(kind.name, kind.Params(**SMALL.get(kind, {})))
    model.train(data, None, qlop.TrainContext(task, seed=3))
    classes = classes_of(data.target) if n_classes else ()
    raw = model.predict(later.features)
    separated = (classes[1:] if n_classes == 2 else classes) if method else ()
    maps = [Calibrator.fit(raw[probability_column(c)], later.target == c, method=method) for c in separated]
    score, scale = (raw.iloc[:, -1], "probability") if n_classes else (raw["prediction"], "value")
    paid = Calibrator.fit(score, later.target > later.target.median() - 1e-9, method="platt", scale=scale)
    payoff = PayoffMap(paid, 0.02, 0.03) if has_payoff else None
    return FittedModel(model, task, COLUMNS, classes, tuple(maps), payoff)


def saved(fitted: FittedModel, folder: Path) -> qlop.ModelArtifact:
    folder.mkdir()
    takes_missing = "missing_values" in fitted.model.capabilities
    features = rows(len(fitted.classes), 1).features
    save_fitted_model(fitted, folder, example_features=example_rows(features, accepts_missing=takes_missing))
    kind = type(fitted.model)
    return load_model_artifact(folder, lambda: kind(kind.name, fitted.model.params))


def exporter(**params: int) -> Onnx:
    return Onnx("onnx", Onnx.Params(**params))


class TestOnnx(ExporterContractSuite):
    plugin_class = Onnx

    def make_artifact(self, folder: Path) -> qlop.ModelArtifact:
        return saved(trained(Linear, 0, None), folder)


def test_a_single_feature_of_a_linear_model_is_computed_in_float64_too(tmp_path: Path) -> None:
    data = rows(2, 1)
    single = qlop.TrainingData(data.features[["a"]], data.target)
    model = Linear("linear", Linear.Params())
    model.train(single, None, qlop.TrainContext("classification", seed=3))
    folder = tmp_path / "model"
    folder.mkdir()
    fitted = FittedModel(model, "classification", ("a",), (0.0, 1.0))
    save_fitted_model(fitted, folder, example_features=example_rows(single.features, accepts_missing=True))
    artifact = load_model_artifact(folder, lambda: Linear("linear", Linear.Params()))
    result = exporter().export(artifact, tmp_path / "model.onnx")
    # Its scale is one number beside a product, which onnxruntime would round to float32: 1e-9 and more.
    assert 0.0 < result.largest_difference <= LARGEST_ALLOWED[Linear]


@pytest.mark.parametrize("kind", [XGBoost, LightGBM, RandomForest, Linear])
@pytest.mark.parametrize(
    ("n_classes", "method"), [(0, None), (2, None), (2, "platt"), (2, "isotonic"), (3, "platt"), (3, "isotonic")]
)
def test_every_model_is_predicted_with_its_preprocessing_and_calibration(
    kind: type[qlop.ModelPlugin], n_classes: int, method: str | None, tmp_path: Path
) -> None:
    artifact = saved(trained(kind, n_classes, method), tmp_path / "model")
    result = exporter().export(artifact, tmp_path / "model.onnx")
    assert result.rows_compared >= 10_000
    assert result.largest_difference <= result.tolerance <= 1e-3
    if (kind, method) != (XGBoost, "isotonic"):
        # Where the map is steep, one in thousands of exponentials that rounds otherwise in float32 shows.
        assert result.largest_difference <= LARGEST_ALLOWED[kind]

    features = comparison_rows(artifact, 500, seed=9)
    assert features.isna().any(axis=None)
    # With more threads the order of float32 sums, and so their last digit, is another.
    one_thread = onnxruntime.SessionOptions()
    one_thread.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", one_thread)
    element = np.float32 if session.get_inputs()[0].type == "tensor(float)" else np.float64
    names = [output.name for output in session.get_outputs()]
    found = session.run(names, {"features": features.to_numpy(element)})
    expected = fitted_model_of(artifact).predict(features)
    assert names == list(expected.columns)
    for column, values in zip(names[1:], found[1:], strict=True):
        np.testing.assert_allclose(values, expected[column], rtol=1e-6, atol=max(1e-7, result.largest_difference))
    assert (found[0] == expected["prediction"]).mean() > 0.99 or n_classes == 0


@pytest.mark.parametrize("opset", [15, 17, 21])
@pytest.mark.parametrize("kind", [XGBoost, Linear])
def test_the_opset_asked_for_is_stated(kind: type[qlop.ModelPlugin], opset: int, tmp_path: Path) -> None:
    artifact = saved(trained(kind, 3, "isotonic"), tmp_path / "model")
    exporter(opset=opset).export(artifact, tmp_path / "model.onnx")
    written = onnx.load(tmp_path / "model.onnx")
    assert {entry.domain: entry.version for entry in written.opset_import} == {"": opset, "ai.onnx.ml": 3}


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    artifact = saved(trained(XGBoost, 2, "platt"), tmp_path / "model")
    exporter().export(artifact, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["qlop.feature_columns"]) == list(COLUMNS)
    assert json.loads(said["qlop.classes"]) == [0.0, 1.0]
    assert json.loads(said["qlop.calibration"]) == ["platt"]
    assert said["qlop.version"] == qlop.__version__
    assert said["qlop.opset"] == "18"
    card = (artifact.folder / "model.json").read_bytes()
    assert said["qlop.model_card_sha256"] == hashlib.sha256(card).hexdigest()
    [given] = session.get_inputs()
    assert (given.name, given.type, given.shape[1]) == ("features", "tensor(float)", len(COLUMNS))


def test_one_row_alone_is_predicted_too(tmp_path: Path) -> None:
    artifact = saved(trained(LightGBM, 2, "isotonic"), tmp_path / "model")
    exporter().export(artifact, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    row = artifact.example_features.iloc[[0]]
    [found] = session.run(["probability_1"], {"features": row.to_numpy()})
    assert found == pytest.approx(artifact.expected_predictions["probability_1"].iloc[:1], abs=1e-9)


class Demanding(Linear):
    """Linear, but rows with missing features are left to the engine."""

    name = "demanding"
    capabilities: ClassVar[frozenset[str]] = frozenset()


def test_rows_that_lack_a_feature_are_nan_where_the_model_takes_none(tmp_path: Path) -> None:
    artifact = saved(trained(Demanding, 2, "isotonic"), tmp_path / "model")
    exporter().export(artifact, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    features = artifact.example_features.iloc[:2].copy()
    features.iloc[1, 2] = np.nan
    names = ["prediction", "probability_0", "probability_1", "payoff_probability"]
    found = pd.DataFrame(dict(zip(names, session.run(names, {"features": features.to_numpy()}), strict=True)))
    assert found.iloc[0].notna().all()
    assert found.iloc[1].isna().all()


def test_two_exports_have_the_same_bytes(tmp_path: Path) -> None:
    artifact = saved(trained(XGBoost, 2, "isotonic"), tmp_path / "model")
    for name in ("a.onnx", "b.onnx"):
        exporter().export(artifact, tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_a_difference_beyond_the_tolerance_leaves_no_file_and_names_the_row(tmp_path: Path) -> None:
    artifact = saved(trained(XGBoost, 2, "platt"), tmp_path / "model")
    expected = artifact.expected_predictions.copy()
    expected.iloc[7, 2] += 3e-5
    with pytest.raises(qlop.ExportError, match=r"predicts probability_1 .* in row 7"):
        exporter().export(replace(artifact, expected_predictions=expected), tmp_path / "model.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


class Unwritable(Linear):
    """Linear, without an ONNX form."""

    name = "unwritable"

    def to_onnx(self, opset: int) -> bytes | None:  # type: ignore[override]
        return None


class Wrong(Linear):
    """Linear, whose ONNX form has another input than its contract says."""

    name = "wrong"

    def to_onnx(self, opset: int) -> bytes:
        model = onnx.load_from_string(super().to_onnx(opset))
        model.graph.input[0].name = "x"
        for node in model.graph.node:
            node.input[:] = ["x" if name == "features" else name for name in node.input]
        return model.SerializeToString()


class Garbled(Linear):
    """Linear, whose ONNX form is none."""

    name = "garbled"

    def to_onnx(self, opset: int) -> bytes:
        return b"no protobuf"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Unwritable, "'unwritable' has no ONNX form .its plugin writes none"),
        (Wrong, r"the inputs \['x'\] and the outputs \['scores'\]; it must have"),
        (Garbled, "to_onnx of 'garbled' gave no ONNX model"),
    ],
)
def test_a_model_without_a_proper_onnx_form_is_refused_by_name(
    kind: type[qlop.ModelPlugin], message: str, tmp_path: Path
) -> None:
    artifact = saved(trained(kind, 2, None), tmp_path / "model")
    with pytest.raises(qlop.ExportError, match=message):
        exporter().export(artifact, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_a_file_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    artifact = saved(trained(Linear, 2, None), tmp_path / "model")
    (tmp_path / "model.onnx").write_text("mine")
    with pytest.raises(qlop.ExportError, match="exists already"):
        exporter().export(artifact, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_text() == "mine"


def test_a_folder_that_is_not_there_is_an_export_error(tmp_path: Path) -> None:
    artifact = saved(trained(Linear, 2, None), tmp_path / "model")
    with pytest.raises(qlop.ExportError, match="cannot be written"):
        exporter().export(artifact, tmp_path / "nowhere" / "model.onnx")
