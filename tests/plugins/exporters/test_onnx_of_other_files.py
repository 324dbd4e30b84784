"""The model `onnx` exported again, of files that answer in pairs or take other numbers than floats and doubles."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pandas as pd
import pytest
import qlop
from onnx import TensorProto, helper
from qlop.engine import classes_of, load_model_artifact, save_fitted_model
from qlop.testing import make_training_data
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

from core.engine.fitted_model import FittedModel
from core.engine.model_example import example_rows
from core.plugin.registry import PluginRegistry
from plugins.exporters.onnx import Onnx as Exporter

if TYPE_CHECKING:
    from pathlib import Path

DATA = make_training_data("regression")
COLUMNS = list(DATA.features.columns)


def rows_of(labels: list[float]) -> qlop.TrainingData:
    """Return the features, and a target of these classes, evenly shared."""
    places = pd.qcut(DATA.target, len(labels), labels=False)
    return qlop.TrainingData(DATA.features, places.map(dict(enumerate(labels))).astype(float))


def kept(model_type: str, params: dict, data: qlop.TrainingData, folder: Path, task: str) -> qlop.ModelArtifact:
    """Train a model, save it, and open it as exporters get it."""
    model = partial(PluginRegistry().create, "models")(model_type, params)
    model.train(data, None, qlop.TrainContext(task))
    classes = classes_of(data.target) if task == "classification" else ()
    fitted = FittedModel(model, task, tuple(COLUMNS), classes)
    folder.mkdir()
    save_fitted_model(fitted, folder, example_features=example_rows(data.features, accepts_missing=False))
    return load_model_artifact(folder, model.untrained_copy)


def in_pairs(path: Path, data: qlop.TrainingData) -> Path:
    """Write a classifier as skl2onnx writes it by default, its classes as texts."""
    values, names = data.features.to_numpy(), data.target.astype(int).astype(str)
    peer = LogisticRegression().fit(values, names)
    path.write_bytes(to_onnx(peer, values[:1].astype(np.float32), target_opset=15).SerializeToString())
    return path


def operators_of(path: Path) -> set[str]:
    return {node.op_type for node in onnx.load(path).graph.node}


@pytest.mark.parametrize("labels", [[0.0, 1.0], [2.0, 10.0, 100.0]], ids=["two", "three"])
def test_pairs_become_the_columns_that_they_were_made_of(labels: list[float], tmp_path: Path) -> None:
    data = rows_of(labels)
    given = in_pairs(tmp_path / "given.onnx", data)
    assert "ZipMap" in operators_of(given)
    artifact = kept("onnx", {"path": str(given)}, data, tmp_path / "model", "classification")
    result = Exporter("onnx", Exporter.Params()).export(artifact, tmp_path / "model.onnx")
    assert (result.rows_compared >= 10_000, result.tolerance) == (True, 1e-5)
    assert "ZipMap" not in operators_of(tmp_path / "model.onnx")


@pytest.mark.parametrize("method", ["average", "stacking"])
def test_a_member_that_answers_in_pairs_is_joined_like_any_other(method: str, tmp_path: Path) -> None:
    data = rows_of([0.0, 1.0])
    member = {"model_type": "onnx", "model_params": {"path": str(in_pairs(tmp_path / "given.onnx", data))}}
    params = {"members": [member, {"model_type": "linear"}], "method": method, "n_blocks": 2}
    artifact = kept("ensemble", params, data, tmp_path / "model", "classification")
    result = Exporter("onnx", Exporter.Params()).export(artifact, tmp_path / "model.onnx")
    assert result.largest_difference <= 1e-5


def summing(path: Path, kind: int) -> Path:
    """Write a file that takes features in a type of its own, and answers their sum."""
    nodes = [
        helper.make_node("Cast", ["x"], ["exact"], to=TensorProto.DOUBLE),
        helper.make_node("ReduceSum", ["exact", "axis"], ["value"], keepdims=1),
    ]
    shapes = {"x": (kind, ["n", len(COLUMNS)]), "value": (TensorProto.DOUBLE, ["n", 1])}
    given, answer = (helper.make_tensor_value_info(name, *shape) for name, shape in shapes.items())
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [1])
    graph = helper.make_graph(nodes, "given", [given], [answer], initializer=[axis])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
    return path


def test_a_file_of_float16_rounds_alike_in_the_graph_and_here(tmp_path: Path) -> None:
    params = {"path": str(summing(tmp_path / "given.onnx", TensorProto.FLOAT16))}
    artifact = kept("onnx", params, DATA, tmp_path / "model", "regression")
    result = Exporter("onnx", Exporter.Params()).export(artifact, tmp_path / "model.onnx")
    assert (result.rows_compared >= 10_000, result.largest_difference) == (True, 0.0)


def test_a_file_that_takes_whole_numbers_alone_is_refused_with_the_reason(tmp_path: Path) -> None:
    whole = qlop.TrainingData((DATA.features * 100.0).round(), DATA.target)
    params = {"path": str(summing(tmp_path / "given.onnx", TensorProto.INT32))}
    artifact = kept("onnx", params, whole, tmp_path / "model", "regression")
    with pytest.raises(
        qlop.ExportError, match=r"input 'x' takes whole numbers alone.* cut the fractions .* as bundle or native"
    ):
        Exporter("onnx", Exporter.Params()).export(artifact, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


@pytest.mark.parametrize(("exporter", "is_member"), [("native", False), ("bundle", False), ("bundle", True)])
def test_what_takes_whole_numbers_alone_is_compared_on_whole_numbers(
    exporter: str, is_member: bool, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "keys"))
    whole = qlop.TrainingData((DATA.features * 100.0).round(), DATA.target)
    params: dict = {"path": str(summing(tmp_path / "given.onnx", TensorProto.INT16))}
    members = {"members": [{"model_type": "onnx", "model_params": params}, {"model_type": "linear"}]}
    model_type, params = ("ensemble", members) if is_member else ("onnx", params)
    artifact = kept(model_type, params, whole, tmp_path / "model", "regression")
    made = PluginRegistry().create("exporters", exporter, {})
    result = made.export(artifact, tmp_path / "model.zip")
    assert (result.rows_compared >= 10_000, result.largest_difference) == (True, 0.0)
