"""The `onnx` model: files of QLOP's exporter, of other programs and of nobody's good will."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import onnx
import pandas as pd
import pytest
import qlop
from onnx import TensorProto, helper, numpy_helper
from qlop.engine import load_model_artifact, save_fitted_model
from qlop.testing import ModelContractSuite, make_training_data
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

from core.engine.fitted_model import FittedModel
from core.engine.learned_span import LearnedSpan
from plugins.exporters.onnx import Onnx as OnnxExporter
from plugins.models.linear import Linear
from plugins.models.onnx import Onnx
from plugins.models.xgboost import XGBoost

Data = qlop.TrainingData


def exported(path: Path, task: str, kind: type[qlop.ModelPlugin] = Linear) -> FittedModel:
    """Train a model and export it to `path`, unless that is there."""
    data = make_training_data(task, missing=0.1)
    model = kind(kind.name, kind.Params())
    model.train(data, None, qlop.TrainContext(task, seed=5))
    classes = (0.0, 1.0) if task == "classification" else ()
    fitted = FittedModel(model, task, tuple(data.features.columns), classes)
    if not path.exists():
        folder = path.with_suffix(".folder")
        folder.mkdir()
        save_fitted_model(fitted, folder, example_features=data.features.iloc[:40])
        artifact = load_model_artifact(folder, lambda: kind(kind.name, kind.Params()))
        OnnxExporter("onnx", OnnxExporter.Params()).export(artifact, path)
    return fitted


class TestOnnxClassifier(ModelContractSuite):
    plugin_class = Onnx
    task: ClassVar = "classification"

    def tasks(self) -> list:
        return [self.task]

    def params_in(self, folder: Path) -> Mapping[str, Any]:
        exported(folder / "given.onnx", self.task)
        return {"path": str(folder / "given.onnx"), "takes_missing_values": True}


class TestOnnxRegressor(TestOnnxClassifier):
    task: ClassVar = "regression"


def model_of(path: Path, **params: object) -> Onnx:
    return Onnx("onnx", Onnx.Params(path=str(path), **params))


def fit(model: Onnx, data: Data, task: str = "classification") -> Onnx:
    model.train(data, None, qlop.TrainContext(task))
    return model


@pytest.mark.parametrize("kind", [Linear, XGBoost])
def test_an_exported_model_predicts_as_the_original(kind: type[qlop.ModelPlugin], tmp_path: Path) -> None:
    original = exported(tmp_path / "given.onnx", "classification", kind)
    data = make_training_data("classification", missing=0.1, seed=3)
    model = fit(model_of(tmp_path / "given.onnx", takes_missing_values=True), data)
    assert "missing_values" in model.capabilities
    found, expected = model.predict(data.features), original.predict(data.features)
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=2e-7)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_file_of_skl2onnx_predicts_as_scikit_learn(n_classes: int, tmp_path: Path) -> None:
    data = make_training_data("classification")
    target = pd.Series(pd.qcut(data.features.iloc[:, 0], n_classes, labels=False).astype(float), data.features.index)
    values = data.features.to_numpy()
    peer = LogisticRegression().fit(values, target)
    written = to_onnx(peer, values[:1], options={"zipmap": False}, target_opset=18)
    (tmp_path / "given.onnx").write_bytes(written.SerializeToString())
    model = fit(model_of(tmp_path / "given.onnx"), Data(data.features, target))
    found = model.predict(data.features).iloc[:, 1:]
    np.testing.assert_allclose(found, peer.predict_proba(values), rtol=0.0, atol=1e-6)


def graph_file(
    path: Path,
    *,
    inputs: Mapping[str, list[int | str]],
    outputs: Mapping[str, list[int | str]],
    nodes: list[onnx.NodeProto],
    initializers: tuple[onnx.TensorProto, ...] = (),
    domains: tuple[str, ...] = (),
) -> Path:
    graph = helper.make_graph(
        nodes,
        "given",
        *(
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in values.items()]
            for values in (inputs, outputs)
        ),
        initializer=list(initializers),
    )
    opsets = [helper.make_opsetid("", 18), *(helper.make_opsetid(domain, 1) for domain in domains)]
    path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())
    return path


def column_inputs(path: Path, columns: list[str], shape: list[int | str]) -> Path:
    """Write a file with an input for each column that answers their logistic sum."""
    nodes = [helper.make_node("Sum", columns, ["sum"]), helper.make_node("Sigmoid", ["sum"], ["higher"])]
    inputs = dict.fromkeys(reversed(columns), shape)
    return graph_file(path, inputs=inputs, outputs={"higher": shape}, nodes=nodes)


@pytest.mark.parametrize("shape", [["n"], ["n", 1]])
def test_inputs_named_after_the_features_are_fed_by_name(shape: list[int | str], tmp_path: Path) -> None:
    data = make_training_data("classification")
    given = column_inputs(tmp_path / "given.onnx", list(data.features.columns), shape)
    found = fit(model_of(given), data).predict(data.features)["probability_1"]
    expected = 1.0 / (1.0 + np.exp(-data.features.sum(axis=1)))
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-6)


def test_saving_keeps_the_files_bytes_and_needs_the_path_no_more(tmp_path: Path) -> None:
    exported(tmp_path / "given.onnx", "classification")
    content = (tmp_path / "given.onnx").read_bytes()
    data = make_training_data("classification")
    model = fit(model_of(tmp_path / "given.onnx"), data)
    (tmp_path / "given.onnx").unlink()
    (tmp_path / "kept").mkdir()
    model.save_model(tmp_path / "kept")
    assert (tmp_path / "kept" / "model.onnx").read_bytes() == content
    again = model_of(tmp_path / "given.onnx")
    again.load_model(tmp_path / "kept")
    pd.testing.assert_frame_equal(again.predict(data.features), model.predict(data.features), check_exact=True)


def test_a_file_of_another_hash_is_refused(tmp_path: Path) -> None:
    exported(tmp_path / "given.onnx", "classification")
    data = make_training_data("classification")
    right = hashlib.sha256((tmp_path / "given.onnx").read_bytes()).hexdigest()
    fit(model_of(tmp_path / "given.onnx", sha256=right), data)
    with pytest.raises(qlop.TrainingError, match=f"has the SHA-256 {right}, and sha256 asks for 0000"):
        fit(model_of(tmp_path / "given.onnx", sha256="0" * 64), data)


def test_features_that_do_not_fit_are_named_with_what_would(tmp_path: Path) -> None:
    exported(tmp_path / "given.onnx", "classification")
    data = make_training_data("classification")
    fewer = Data(data.features.drop(columns="weekday"), data.target)
    with pytest.raises(qlop.TrainingError, match=r"made for the features \['momentum_20', .*; the run has \['momen"):
        fit(model_of(tmp_path / "given.onnx"), fewer)
    columns = list(fewer.features.columns)
    other = column_inputs(tmp_path / "other.onnx", [*columns[:-1], "volume"], ["n", 1])
    with pytest.raises(qlop.TrainingError, match=r"inputs are \[volume: tensor\(float\) \[n, 1\].* run has 4 features"):
        fit(model_of(other), fewer)
    single = column_inputs(tmp_path / "single.onnx", columns, [1, 1])
    with pytest.raises(qlop.TrainingError, match="with any number of rows"):
        fit(model_of(single), fewer)


def test_a_file_for_another_task_is_refused(tmp_path: Path) -> None:
    exported(tmp_path / "given.onnx", "regression")
    with pytest.raises(qlop.TrainingError, match=r"between -.* and is no probability"):
        fit(model_of(tmp_path / "given.onnx"), make_training_data("classification"))
    data = make_training_data("classification")
    three = Data(data.features, pd.Series(np.arange(len(data.target)) % 3.0, data.target.index))
    exported(tmp_path / "two.onnx", "classification")
    with pytest.raises(qlop.TrainingError, match=r"None of .*probability_1: tensor\(double\).*probabilities of the 3"):
        fit(model_of(tmp_path / "two.onnx"), three)


def test_an_output_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    exported(tmp_path / "given.onnx", "classification")
    with pytest.raises(qlop.TrainingError, match=r"outputs \[prediction: .* can be the output 'score'"):
        fit(model_of(tmp_path / "given.onnx", output="score"), make_training_data("classification"))


def outside_tensor() -> onnx.TensorProto:
    tensor = numpy_helper.from_array(np.ones((5, 1), np.float32), "weights")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


def hidden_outside_tensor(path: Path) -> Path:
    """Write a file whose branch, a graph within, reads another file."""
    inner = helper.make_graph(
        [helper.make_node("Constant", [], ["inner"], value=outside_tensor())],
        "inner",
        [],
        [helper.make_tensor_value_info("inner", TensorProto.FLOAT, [5, 1])],
    )
    nodes = [
        helper.make_node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(True))),
        helper.make_node("If", ["yes"], ["weights"], then_branch=inner, else_branch=inner),
        helper.make_node("MatMul", ["features", "weights"], ["higher"]),
    ]
    return graph_file(path, inputs={"features": ["n", 5]}, outputs={"higher": ["n", 1]}, nodes=nodes)


def bad_file(kind: str, path: Path) -> Path:
    shapes: dict = {"inputs": {"features": ["n", 5]}, "outputs": {"higher": ["n", 1]}}
    if kind == "garbage":
        path.write_bytes(b"\x80\x04garbage")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "folder":
        path.mkdir()
    elif kind == "domain":
        node = helper.make_node("Secret", ["features"], ["higher"], domain="com.acme")
        graph_file(path, **shapes, nodes=[node], domains=("com.acme",))
    elif kind == "outside":
        node = helper.make_node("MatMul", ["features", "weights"], ["higher"])
        graph_file(path, **shapes, nodes=[node], initializers=(outside_tensor(),))
    elif kind == "hidden":
        hidden_outside_tensor(path)
    elif kind == "operator":
        graph_file(path, **shapes, nodes=[helper.make_node("NoSuchOperator", ["features"], ["higher"])])
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "cannot be read: No such file"),
        ("empty", "has 0 bytes"),
        ("folder", "is no regular file|Is a directory"),
        ("garbage", "no ONNX model that can be loaded"),
        ("domain", "the operator 'Secret' of the domain 'com.acme'"),
        ("outside", "keeps the tensor 'weights' in another file"),
        ("hidden", "in another file"),
        ("operator", "no ONNX model that can be loaded.*NoSuchOperator"),
    ],
)
def test_files_that_may_not_be_loaded_are_refused_with_the_reason(kind: str, message: str, tmp_path: Path) -> None:
    given = bad_file(kind, tmp_path / "given.onnx")
    with pytest.raises(qlop.QlopError, match=message):
        fit(model_of(given), make_training_data("classification"))


@pytest.mark.parametrize("file", ["model.onnx", "layout.json", "onnx.json"])
def test_a_damaged_folder_is_refused(file: str, tmp_path: Path) -> None:
    exported(tmp_path / "given.onnx", "classification")
    model = fit(model_of(tmp_path / "given.onnx"), make_training_data("classification"))
    (tmp_path / "kept").mkdir()
    model.save_model(tmp_path / "kept")
    (tmp_path / "kept" / file).write_text("damage")
    with pytest.raises(qlop.DataError):
        model_of(tmp_path / "given.onnx").load_model(tmp_path / "kept")


def test_a_file_that_gives_nan_is_refused_where_it_should_take_missing_values(tmp_path: Path) -> None:
    data = make_training_data("classification", missing=0.1)
    given = column_inputs(tmp_path / "given.onnx", list(data.features.columns), ["n", 1])
    with pytest.raises(qlop.TrainingError, match=r"is not finite for .* Set takes_missing_values: false"):
        fit(model_of(given, takes_missing_values=True), data)


def test_rows_that_lack_a_feature_are_left_out_unless_the_file_takes_them(tmp_path: Path) -> None:
    data = make_training_data("classification")
    given = column_inputs(tmp_path / "given.onnx", list(data.features.columns), ["n", 1])
    model = fit(model_of(given), data)
    holed = data.features.copy()
    holed.iloc[3, 1] = np.nan
    fitted = FittedModel(model, "classification", tuple(holed.columns), (0.0, 1.0))
    assert fitted.predict(holed)["probability_1"].isna().to_numpy().nonzero()[0].tolist() == [3]


def test_no_rows_give_no_predictions_and_an_untrained_model_says_so(tmp_path: Path) -> None:
    exported(tmp_path / "given.onnx", "classification")
    data = make_training_data("classification")
    assert fit(model_of(tmp_path / "given.onnx"), data).predict(data.features.iloc[:0]).shape == (0, 3)
    with pytest.raises(qlop.TrainingError, match="'onnx' is not trained"):
        model_of(tmp_path / "given.onnx").predict(data.features)


def test_the_layout_beside_the_file_is_plain_json(tmp_path: Path) -> None:
    exported(tmp_path / "given.onnx", "classification")
    model = fit(model_of(tmp_path / "given.onnx"), make_training_data("classification"))
    (tmp_path / "kept").mkdir()
    model.save_model(tmp_path / "kept")
    layout = json.loads((tmp_path / "kept" / "layout.json").read_text())
    assert layout == {"inputs": [], "outputs": ["probability_0", "probability_1"]}


def test_a_file_says_until_when_its_model_learned_where_it_knows(tmp_path: Path) -> None:
    exported(tmp_path / "unknown.onnx", "classification")
    data = make_training_data("classification")
    learned = LearnedSpan(pd.Timestamp("2001-02-01", tz="UTC"), pd.Timestamp("2009-03-04", tz="UTC"), 40)
    fitted = exported(tmp_path / "unknown.onnx", "classification")
    folder = tmp_path / "folder"
    folder.mkdir()
    save_fitted_model(fitted, folder, example_features=data.features.iloc[:40], learned=learned)
    artifact = load_model_artifact(folder, lambda: Linear("linear", Linear.Params()))
    OnnxExporter("onnx", OnnxExporter.Params()).export(artifact, tmp_path / "known.onnx")
    assert fit(model_of(tmp_path / "unknown.onnx"), data).learned_until == ""
    assert fit(model_of(tmp_path / "known.onnx"), data).learned_until == "2009-03-04T00:00:00+00:00"
