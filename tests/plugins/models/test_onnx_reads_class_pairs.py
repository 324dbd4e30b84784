"""Files whose probabilities are pairs of a class and a number, as scikit-learn's converters write by default."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
import qlop
from onnx import TensorProto, helper, numpy_helper
from qlop.testing import make_training_data
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

from plugins.models.onnx import Onnx

DATA = make_training_data("classification")
VALUES = DATA.features.to_numpy()
HIGHER = (VALUES[:, 0] > np.median(VALUES[:, 0])).astype(int)


def model_of(path: Path, **params: object) -> Onnx:
    return Onnx("onnx", Onnx.Params(path=str(path), **params))


def fit(model: Onnx, target: np.ndarray) -> Onnx:
    labels = pd.Series(np.asarray(target, dtype=np.float64), DATA.features.index)
    model.train(qlop.TrainingData(DATA.features, labels), None, qlop.TrainContext("classification"))
    return model


def as_skl2onnx_writes(path: Path, target: np.ndarray) -> LogisticRegression:
    peer = LogisticRegression().fit(VALUES, target)
    path.write_bytes(to_onnx(peer, VALUES[:1].astype(np.float32), target_opset=18).SerializeToString())
    return peer


@pytest.mark.parametrize(
    ("names", "label"),
    [
        ([0, 1], [0, 1]),
        ([-1, 1], [-1, 1]),
        ([-1, 1], [0, 1]),
        (["0", "1"], [0, 1]),
        (["-1.0", "+1"], [-1, 1]),
        ([False, True], [0, 1]),
        ([0.0, 1.0], [0, 1]),
    ],
    ids=str,
)
def test_a_classifier_of_skl2onnx_as_it_writes_it_by_default_predicts_as_scikit_learn(names, label, tmp_path) -> None:
    peer = as_skl2onnx_writes(tmp_path / "given.onnx", np.array(names)[HIGHER])
    found = fit(model_of(tmp_path / "given.onnx"), np.array(label)[HIGHER]).predict(DATA.features)
    assert list(found.columns[1:]) == [f"probability_{name}" for name in label]
    higher = list(peer.classes_).index(np.array(names)[1])
    np.testing.assert_allclose(found.iloc[:, 2], peer.predict_proba(VALUES)[:, higher], rtol=0.0, atol=1e-6)


def test_classes_count_by_their_numbers_and_not_in_the_order_of_their_texts(tmp_path: Path) -> None:
    target = np.digitize(VALUES[:, 0], np.quantile(VALUES[:, 0], [1 / 3, 2 / 3]))
    label = np.array([2, 10, 100])[target]
    peer = as_skl2onnx_writes(tmp_path / "given.onnx", label.astype(str))
    assert list(peer.classes_) == ["10", "100", "2"]
    found = fit(model_of(tmp_path / "given.onnx"), label).predict(DATA.features).iloc[:, 1:]
    assert list(found.columns) == ["probability_2", "probability_10", "probability_100"]
    np.testing.assert_allclose(found, peer.predict_proba(VALUES)[:, [2, 0, 1]], rtol=0.0, atol=1e-6)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["down", "up"], "down, up"),
        ([1, 2], "1, 2"),
        (["1", "nan"], "1, nan"),
        (["0", "1_0"], "0, 1_0"),
    ],
)
def test_classes_that_are_not_the_labels_are_refused_with_both(names, told: str, tmp_path: Path) -> None:
    as_skl2onnx_writes(tmp_path / "given.onnx", np.array(names)[HIGHER])
    message = rf"'output_probability' is of the classes {told}, and the label has 0, 1\..*zipmap=False"
    with pytest.raises(qlop.TrainingError, match=message):
        fit(model_of(tmp_path / "given.onnx"), HIGHER)


def test_a_file_of_more_classes_than_the_label_has_is_refused_with_its_outputs(tmp_path: Path) -> None:
    as_skl2onnx_writes(tmp_path / "given.onnx", np.arange(len(VALUES)) % 3)
    with pytest.raises(qlop.TrainingError, match=r"output_probability: tensor\(float\) \[\?, 3\].* of the 2 classes"):
        fit(model_of(tmp_path / "given.onnx"), HIGHER)


def test_what_was_read_from_pairs_is_kept_as_the_file_was_and_read_again(tmp_path: Path) -> None:
    as_skl2onnx_writes(tmp_path / "given.onnx", HIGHER)
    model = fit(model_of(tmp_path / "given.onnx", output="output_probability"), HIGHER)
    (tmp_path / "kept").mkdir()
    model.save_model(tmp_path / "kept")
    assert (tmp_path / "kept" / "model.onnx").read_bytes() == (tmp_path / "given.onnx").read_bytes()
    again = model_of(tmp_path / "given.onnx")
    again.load_model(tmp_path / "kept")
    pd.testing.assert_frame_equal(again.predict(DATA.features), model.predict(DATA.features), check_exact=True)


def test_a_file_of_no_plain_operators_is_read_too(tmp_path: Path) -> None:
    """A classifier and its pairs, both of the domain ai.onnx.ml, and no version of ONNX's own operators."""
    n_features = VALUES.shape[1]
    weights = np.linspace(-1.0, 1.0, n_features)
    nodes = [
        helper.make_node(
            "LinearClassifier", ["x"], ["label", "p"], domain="ai.onnx.ml", classlabels_ints=[0, 1],
            coefficients=[*(-weights), *weights], intercepts=[0.0, 0.0], post_transform="SOFTMAX",
        ),
        helper.make_node("ZipMap", ["p"], ["pairs"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]),
    ]  # fmt: skip
    pairs = helper.make_sequence_type_proto(
        helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    )
    graph = helper.make_graph(
        nodes, "given", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", n_features])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["n"]), helper.make_value_info("pairs", pairs)],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", 1)], ir_version=8)
    onnx.save(model, tmp_path / "given.onnx")
    found = fit(model_of(tmp_path / "given.onnx"), HIGHER).predict(DATA.features)["probability_1"]
    expected = 1.0 / (1.0 + np.exp(-2.0 * (VALUES @ weights)))
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-5)


def test_pairs_of_any_other_origin_are_refused_with_the_way_out(tmp_path: Path) -> None:
    """The pairs come out of a branch, so that no operator at the graph's end says which classes they are."""
    pairs = helper.make_sequence_type_proto(
        helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    )
    zipped = helper.make_node("ZipMap", ["p"], ["inner"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])
    within = helper.make_graph([zipped], "within", [], [helper.make_value_info("inner", pairs)])
    n_features = VALUES.shape[1]
    nodes = [
        helper.make_node("MatMul", ["x", "weights"], ["sums"]),
        helper.make_node("Softmax", ["sums"], ["p"], axis=1),
        helper.make_node("If", ["yes"], ["pairs"], then_branch=within, else_branch=within),
    ]
    graph = helper.make_graph(
        nodes, "given", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", n_features])],
        [helper.make_value_info("pairs", pairs)],
        initializer=[
            numpy_helper.from_array(np.ones((n_features, 2), np.float32), "weights"),
            numpy_helper.from_array(np.array(True), "yes"),
        ],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), tmp_path / "given.onnx")
    with pytest.raises(qlop.TrainingError, match=r"pairs: seq\(map\(int64,tensor\(float\)\)\).*zipmap=False"):
        fit(model_of(tmp_path / "given.onnx"), HIGHER)
