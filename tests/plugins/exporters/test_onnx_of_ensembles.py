"""The `onnx` exporter writes an ensemble as one graph of its members' own graphs, or names the member that has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import qlop
from qlop.engine import comparison_rows, fitted_model_of, onnx_of_joined_models
from qlop.testing import make_training_data

from plugins.exporters.onnx import Onnx
from plugins.models.linear import Linear

TREES_IN_SINGLE = [{"model_type": "xgboost", "model_params": {"n_estimators": 10}}]
INNER = {"model_type": "ensemble", "model_params": {"members": [*TREES_IN_SINGLE, {"model_type": "linear"}]}}


def exported(artifact: qlop.ModelArtifact, folder: Path) -> qlop.ExportResult:
    return Onnx("onnx", Onnx.Params()).export(artifact, folder / "model.onnx")


@pytest.mark.parametrize("n_classes", [0, 2, 3])
@pytest.mark.parametrize(
    "params",
    [
        {"method": "average"},
        {"method": "stacking"},
        {"method": "stacking", "final_model": {"model_type": "lightgbm", "model_params": {"num_iterations": 5}}},
        {"method": "average", "members": [INNER, {"model_type": "lightgbm", "model_params": {"num_iterations": 5}}]},
    ],
    ids=["average", "stacking", "stacking by trees", "an ensemble within"],
)
def test_onnxruntime_predicts_from_the_file_what_the_ensemble_predicts(
    make_ensemble, n_classes: int, params: dict, tmp_path: Path
) -> None:
    artifact = make_ensemble(n_classes, "platt" if n_classes else None, **params)
    result = exported(artifact, tmp_path)
    assert result.rows_compared == 10_064
    assert result.largest_difference <= result.tolerance == 1e-5
    rows = comparison_rows(artifact, 300, seed=5)
    assert rows.isna().any(axis=None)
    session = onnxruntime.InferenceSession(result.path)
    [given] = session.get_inputs()
    assert given.type == "tensor(double)", "a member that sees doubles must get them"
    names = [output.name for output in session.get_outputs()]
    found = session.run(names, {"features": rows.to_numpy()})
    expected = fitted_model_of(artifact).predict(rows)
    assert names == list(expected.columns)
    for column, values in zip(names, found, strict=True):
        scale = expected[column].abs().max()
        np.testing.assert_allclose(values, expected[column], rtol=0.0, atol=1e-5 * scale)


def test_members_that_all_see_single_precision_get_it(make_ensemble, tmp_path: Path) -> None:
    members = [*TREES_IN_SINGLE, {"model_type": "random_forest", "model_params": {"n_estimators": 5}}]
    result = exported(make_ensemble(2, "isotonic", members=members), tmp_path)
    [given] = onnxruntime.InferenceSession(result.path).get_inputs()
    assert given.type == "tensor(float)"


def test_members_that_all_see_doubles_are_compared_more_closely(make_ensemble, tmp_path: Path) -> None:
    result = exported(make_ensemble(2, "platt", members=[{"model_type": "linear"}], method="stacking"), tmp_path)
    assert result.largest_difference <= result.tolerance == 1e-8


class Formless(Linear):
    """Linear, without an ONNX form."""

    def to_onnx(self, opset: int) -> bytes | None:  # type: ignore[override]
        return None


class LookingBack(Linear):
    """Linear, whose ONNX form has another input."""

    def to_onnx(self, opset: int) -> bytes:
        import onnx

        model = onnx.load_from_string(super().to_onnx(opset))
        model.graph.input.append(onnx.helper.make_tensor_value_info("history_bars", onnx.TensorProto.INT64, ["rows"]))
        return model.SerializeToString()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Formless, r"the member 'linear' of the ensemble, a model 'linear', has no ONNX form .* native or bundle"),
        (LookingBack, r"the member 'linear' .* neither one row at a time nor windows of bars"),
    ],
)
def test_a_member_without_a_form_for_single_rows_is_refused_by_name(kind, message: str) -> None:
    data = make_training_data("classification")
    context = qlop.TrainContext("classification")
    members = (kind("linear", kind.Params()), Linear("linear", Linear.Params()))
    for member in members:
        member.train(data, None, context)
    joined = qlop.JoinedModels(("linear", "other"), members, (0.5, 0.5))
    with pytest.raises(qlop.ExportError, match=message):
        onnx_of_joined_models(joined, 5, 2, 18)
