"""Files that take their features as whole numbers or as float16, and what they would take otherwise than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import qlop
from onnx import TensorProto, helper
from qlop.testing import make_training_data
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from plugins.models.onnx import Onnx

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

DATA = make_training_data("regression")
COLUMNS = list(DATA.features.columns)


def fit(path: Path, features: pd.DataFrame, target: pd.Series = DATA.target, **params: object) -> Onnx:
    model = Onnx("onnx", Onnx.Params(path=str(path), **params))
    task = "regression" if target.nunique() > 2 else "classification"
    model.train(qlop.TrainingData(features, target), None, qlop.TrainContext(task))
    return model


def summing(path: Path, kinds: list[int], given: int = TensorProto.DOUBLE) -> Path:
    """Write a file with an input of a type for each feature, which answers their sum."""
    shape = ["n", 1]
    inputs = [helper.make_tensor_value_info(name, kind, shape) for name, kind in zip(COLUMNS, kinds, strict=True)]
    cast = [helper.make_node("Cast", [name], [f"{name}_d"], to=TensorProto.DOUBLE) for name in COLUMNS]
    names = [f"{name}_d" for name in COLUMNS]
    nodes = [*cast, helper.make_node("Sum", names, ["sum"]), helper.make_node("Cast", ["sum"], ["value"], to=given)]
    graph = helper.make_graph(nodes, "given", inputs, [helper.make_tensor_value_info("value", given, shape)])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def test_a_file_of_skl2onnx_that_takes_whole_numbers_is_given_whole_numbers(tmp_path: Path) -> None:
    features = (DATA.features * 100.0).round()
    peer = make_pipeline(StandardScaler(), Ridge()).fit(features.to_numpy(), DATA.target)
    written = convert_sklearn(peer, initial_types=[("input", Int64TensorType([None, len(COLUMNS)]))], target_opset=18)
    (tmp_path / "given.onnx").write_bytes(written.SerializeToString())
    found = fit(tmp_path / "given.onnx", features).predict(features)["prediction"]
    np.testing.assert_allclose(found, peer.predict(features.to_numpy()), rtol=0.0, atol=1e-5)


def test_an_input_for_each_column_as_skl2onnx_makes_them_of_a_frame_is_fed_by_name(tmp_path: Path) -> None:
    higher = (DATA.target > DATA.target.median()).astype(np.float64)
    peer = make_pipeline(StandardScaler(), LogisticRegression()).fit(DATA.features.to_numpy(), higher)
    types = [(name, FloatTensorType([None, 1])) for name in COLUMNS]
    written = convert_sklearn(peer, initial_types=types, target_opset=18)
    (tmp_path / "given.onnx").write_bytes(written.SerializeToString())
    found = fit(tmp_path / "given.onnx", DATA.features, higher).predict(DATA.features)["probability_1"]
    np.testing.assert_allclose(found, peer.predict_proba(DATA.features.to_numpy())[:, 1], rtol=0.0, atol=1e-5)


@pytest.mark.parametrize("kind", [TensorProto.INT8, TensorProto.INT32, TensorProto.UINT16, TensorProto.FLOAT16])
def test_each_input_has_a_type_of_its_own_and_what_does_not_fit_it_is_named(kind: int, tmp_path: Path) -> None:
    given = summing(tmp_path / "given.onnx", [kind, *([TensorProto.DOUBLE] * (len(COLUMNS) - 1))])
    fitting = DATA.features.assign(**{COLUMNS[0]: np.arange(len(DATA.features)) % 100.0})
    found = fit(given, fitting).predict(fitting)["prediction"]
    np.testing.assert_allclose(found, fitting.sum(axis=1), rtol=0.0, atol=1e-12)
    beyond = fitting.copy()
    beyond.iloc[-1, 0] = 1e12
    message = rf"'{COLUMNS[0]}' is tensor\(\w+\), and 1 of the \d+ values of .* are none of these, 1e\+12 for one"
    with pytest.raises(qlop.TrainingError, match=message):
        fit(given, beyond)
    with pytest.raises(qlop.DataError, match=message):
        fit(given, fitting).predict(beyond)


def test_a_file_of_whole_numbers_cannot_take_missing_ones(tmp_path: Path) -> None:
    given = summing(tmp_path / "given.onnx", [TensorProto.FLOAT] * (len(COLUMNS) - 1) + [TensorProto.INT8])
    with pytest.raises(qlop.TrainingError, match=r"says that a value is missing\. Set takes_missing_values: false"):
        fit(given, (DATA.features * 10.0).round(), takes_missing_values=True)


@pytest.mark.parametrize("value", [0.5, np.nan])
def test_a_fraction_and_a_missing_value_are_no_whole_numbers(value: float, tmp_path: Path) -> None:
    given = summing(tmp_path / "given.onnx", [TensorProto.INT64] * len(COLUMNS))
    whole = (DATA.features * 100.0).round()
    fit(given, whole)
    whole.iloc[7, 2] = value
    with pytest.raises(qlop.TrainingError, match=rf"'{COLUMNS[2]}' are none of these, {value} for one. Give the run"):
        fit(given, whole)


def test_an_answer_in_float16_is_one_in_floats(tmp_path: Path) -> None:
    given = summing(tmp_path / "given.onnx", [TensorProto.FLOAT] * len(COLUMNS), TensorProto.FLOAT16)
    found = fit(given, DATA.features).predict(DATA.features)["prediction"]
    np.testing.assert_allclose(found, DATA.features.sum(axis=1), rtol=1e-3, atol=1e-3)


def test_an_answer_in_whole_numbers_is_no_probability(tmp_path: Path) -> None:
    given = summing(tmp_path / "given.onnx", [TensorProto.FLOAT] * len(COLUMNS), TensorProto.INT64)
    with pytest.raises(qlop.TrainingError, match=r"None of .*value: tensor\(int64\)"):
        fit(given, DATA.features)
