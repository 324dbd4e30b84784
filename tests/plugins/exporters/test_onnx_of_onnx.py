"""The model `onnx` exported again: the file's own graph, with what the run learned behind it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import qlop
from onnx import TensorProto, helper, numpy_helper
from qlop.engine import classes_of, load_model_artifact, save_fitted_model
from qlop.testing import make_training_data
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel
from core.engine.model_example import example_rows
from plugins.exporters.onnx import Onnx as Exporter
from plugins.models.lstm import LSTM
from plugins.models.mlp import MLP
from plugins.models.onnx import Onnx
from plugins.models.xgboost import XGBoost

PARAMS: Mapping[type[qlop.ModelPlugin], Mapping[str, Any]] = {
    MLP: {"epochs": 2, "hidden_widths": [6]},
    LSTM: {"epochs": 2, "sequence_bars": 4, "hidden_width": 4},
    XGBoost: {"n_estimators": 10},
}


def data_for(n_classes: int, seed: int = 0, *, missing: float = 0.1) -> qlop.TrainingData:
    data = make_training_data("regression", 400, seed, missing=missing)
    if not n_classes:
        return data
    return qlop.TrainingData(data.features, pd.qcut(data.target, n_classes, labels=False).astype(float))


def saved(model: qlop.ModelPlugin, folder: Path, n_classes: int, method: str | None = None) -> qlop.ModelArtifact:
    """Calibrate a model on later rows, save it and open it as exporters get it."""
    folder.mkdir()
    takes_missing = "missing_values" in model.capabilities
    later = data_for(n_classes, 1, missing=0.1 if takes_missing else 0.0)
    classes = classes_of(later.target) if n_classes else ()
    raw = model.predict(later.features)
    told = (classes[1:] if n_classes == 2 else classes) if method else ()
    maps = tuple(Calibrator.fit(raw[f"probability_{c:g}"], later.target == c, method=method) for c in told)
    task = "classification" if n_classes else "regression"
    fitted = FittedModel(model, task, tuple(later.features.columns), classes, maps)
    save_fitted_model(fitted, folder, example_features=example_rows(later.features, accepts_missing=takes_missing))
    return load_model_artifact(folder, model.untrained_copy)


def exported(artifact: qlop.ModelArtifact, path: Path, opset: int = 18) -> qlop.ExportResult:
    return Exporter("onnx", Exporter.Params(opset=opset)).export(artifact, path)


def reader_of(path: Path, n_classes: int, *, takes_missing: bool = True) -> Onnx:
    model = Onnx("onnx", Onnx.Params(path=str(path), takes_missing_values=takes_missing))
    data = data_for(n_classes, missing=0.1 if takes_missing else 0.0)
    model.train(data, None, qlop.TrainContext("classification" if n_classes else "regression"))
    return model


@pytest.mark.parametrize(
    ("kind", "n_classes", "method", "opset", "tolerance"),
    [
        (MLP, 3, "platt", 18, 1e-8),
        (LSTM, 2, "isotonic", 18, 1e-8),
        (LSTM, 0, None, 21, 1e-8),
        (XGBoost, 2, "platt", 20, 1e-5),
    ],
)
def test_a_file_of_qlops_goes_on_with_a_new_calibration(
    kind: type[qlop.ModelPlugin], n_classes: int, method: str | None, opset: int, tolerance: float, tmp_path: Path
) -> None:
    first = kind(kind.name, kind.Params.model_validate(PARAMS[kind]))
    data = data_for(n_classes)
    first.train(data, None, qlop.TrainContext("classification" if n_classes else "regression", seed=5))
    exported(saved(first, tmp_path / "first", n_classes), tmp_path / "first.onnx")
    second = saved(reader_of(tmp_path / "first.onnx", n_classes), tmp_path / "second", n_classes, method)
    result = exported(second, tmp_path / "second.onnx", opset)
    assert (result.rows_compared >= 10_000, result.tolerance) == (True, tolerance)
    assert result.largest_difference <= tolerance / 10
    written = onnx.load(tmp_path / "second.onnx")
    assert {entry.domain: entry.version for entry in written.opset_import} == {"": opset, "ai.onnx.ml": 3}
    assert len({entry.key for entry in written.metadata_props}) == len(written.metadata_props)


@pytest.mark.parametrize(("n_classes", "target_opset"), [(0, 13), (2, 15), (3, 18)])
def test_a_file_of_another_program_is_taken_over(n_classes: int, target_opset: int, tmp_path: Path) -> None:
    data = data_for(n_classes, missing=0.0)
    values = data.features.to_numpy()
    if n_classes:
        written = to_onnx(
            LogisticRegression().fit(values, data.target), values[:1].astype(np.float32), target_opset=target_opset,
            options={"zipmap": False},
        )  # fmt: skip
    else:
        peer = GradientBoostingRegressor(n_estimators=5).fit(values, data.target)
        written = to_onnx(peer, values[:1].astype(np.float32), target_opset=target_opset)
    (tmp_path / "given.onnx").write_bytes(written.SerializeToString())
    model = reader_of(tmp_path / "given.onnx", n_classes, takes_missing=False)
    result = exported(saved(model, tmp_path / "model", n_classes, "platt"), tmp_path / "model.onnx")
    assert (result.rows_compared >= 10_000, result.tolerance) == (True, 1e-5)
    holed = data.features.iloc[:2].to_numpy(np.float32).copy()
    holed[1, 3] = np.nan
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    [found] = session.run(["prediction"], {"features": holed})
    assert np.isnan(found).tolist() == [False, True], "the file takes no missing values, and the engine asks for none"


@pytest.mark.parametrize("shape", [["n"], ["n", 1]])
def test_an_input_for_each_feature_is_fed_from_its_column(shape: list[int | str], tmp_path: Path) -> None:
    data = data_for(2, missing=0.0)
    names = list(reversed(data.features.columns))
    inputs = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, shape) for name in names]
    graph = helper.make_graph(
        [helper.make_node("Sub", names[:2], ["gap"]), helper.make_node("Sigmoid", ["gap"], ["higher"])],
        "given", inputs, [helper.make_tensor_value_info("higher", TensorProto.DOUBLE, shape)],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "given.onnx")
    artifact = saved(reader_of(tmp_path / "given.onnx", 2, takes_missing=False), tmp_path / "model", 2)
    result = exported(artifact, tmp_path / "model.onnx")
    assert (result.largest_difference < 1e-15, result.tolerance) == (True, 1e-8)


def written_graph(nodes: list[onnx.NodeProto], path: Path, **parts: Any) -> Path:
    """Write a file that answers five features with `higher`."""
    values = [
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["n", n]) for name, n in (("x", 5), ("higher", 1))
    ]
    graph = helper.make_graph(nodes, "given", values[:1], values[1:], **parts)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def test_a_branch_that_names_what_is_around_it_is_taken_over_whole(tmp_path: Path) -> None:
    """Its body reads the features' sum, a value of the graph around it, and leaves an optional input out."""
    limits = numpy_helper.from_array(np.array(1.0), "limit")
    within = helper.make_graph(
        [helper.make_node("Clip", ["sum", "", "limit"], ["shown"])], "within", [],
        [helper.make_tensor_value_info("shown", TensorProto.DOUBLE, ["n", 1])],
    )  # fmt: skip
    nodes = [
        helper.make_node("ReduceSum", ["x", "axis"], ["sum"]),
        helper.make_node("If", ["yes"], ["chosen"], then_branch=within, else_branch=within),
        helper.make_node("Sigmoid", ["chosen"], ["higher"]),
    ]
    constants = [limits, numpy_helper.from_array(np.array([1]), "axis"), numpy_helper.from_array(np.array(True), "yes")]
    given = written_graph(nodes, tmp_path / "given.onnx", initializer=constants)
    artifact = saved(reader_of(given, 2, takes_missing=False), tmp_path / "model", 2)
    result = exported(artifact, tmp_path / "model.onnx")
    assert (result.largest_difference, result.tolerance) == (0.0, 1e-8)


@pytest.mark.parametrize(
    ("opset", "message"),
    [
        (17, r"graph cannot be taken over: .*file/weights.*Export the model as bundle"),
        (18, r"opset 17 cannot be brought to 18: .*Export with exporter_params.opset: 17, or as bundle"),
    ],
)
def test_a_file_that_is_built_otherwise_is_refused_with_the_way_out(opset: int, message: str, tmp_path: Path) -> None:
    weights = helper.make_sparse_tensor(
        numpy_helper.from_array(np.array([1.0, 2.0]), "weights"), numpy_helper.from_array(np.array([0, 3])), [5, 1]
    )
    nodes = [helper.make_node("MatMul", ["x", "weights"], ["sum"]), helper.make_node("Sigmoid", ["sum"], ["higher"])]
    given = written_graph(nodes, tmp_path / "given.onnx", sparse_initializer=[weights])
    artifact = saved(reader_of(given, 2, takes_missing=False), tmp_path / "model", 2)
    with pytest.raises(qlop.ExportError, match=f"(?s){message}"):
        exported(artifact, tmp_path / "model.onnx", opset)


def test_operators_that_are_newer_than_the_opset_asked_for_are_refused_with_the_one_that_fits(tmp_path: Path) -> None:
    first = XGBoost("xgboost", XGBoost.Params(n_estimators=5))
    first.train(data_for(2), None, qlop.TrainContext("classification", seed=5))
    exported(saved(first, tmp_path / "first", 2), tmp_path / "first.onnx", 20)
    artifact = saved(reader_of(tmp_path / "first.onnx", 2), tmp_path / "second", 2)
    with pytest.raises(qlop.ExportError, match=r"opset 18 .*Export with exporter_params.opset: 20 or a later one"):
        exported(artifact, tmp_path / "second.onnx")
    assert not (tmp_path / "second.onnx").exists()
