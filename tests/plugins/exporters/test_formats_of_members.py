"""An exporter that writes an ensemble's members says before a run begins which of them it cannot write."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import qlop

from core.plugin.registry import PluginRegistry
from core.testing.example_model import LeastSquares
from plugins.models.ensemble import Ensemble

LINEAR, LSTM, MLP = ({"model_type": name} for name in ("linear", "lstm", "mlp"))


def within(member: dict) -> dict:
    return {"model_type": "ensemble", "model_params": {"members": [LINEAR, member]}}


@pytest.fixture(scope="module")
def registry() -> PluginRegistry:
    return PluginRegistry()


@pytest.mark.parametrize(
    ("exporter", "params", "message"),
    [
        ("pmml", {"members": [MLP]}, r"its member 'mlp' is a model 'mlp', and PMML is written of"),
        ("pmml", {"members": [within(MLP)]}, r"its member 'ensemble/mlp' is"),
        ("pmml", {"method": "stacking", "final_model": MLP}, r"its member 'final_model' is a model 'mlp'"),
        ("joblib", {}, r"it shows no trained object of a library"),
    ],
    ids=["a member", "a member of a member", "the final model", "no object"],
)
def test_a_member_that_cannot_be_written_is_named_before_it_is_trained(
    registry: PluginRegistry, exporter: str, params: dict, message: str
) -> None:
    model = registry.create("models", "ensemble", params)
    with pytest.raises(qlop.ExportError, match=message):
        registry.create("exporters", exporter, {}).check_model(model)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"members": [LINEAR, {"model_type": "bare"}]}, "bare"),
        ({"method": "stacking", "final_model": {"model_type": "bare"}}, "final_model"),
    ],
)
def test_a_member_without_a_graph_is_named_before_it_is_trained(
    registry: PluginRegistry, params: dict, name: str
) -> None:
    def make_model(model_type: str, model_params: Mapping) -> qlop.ModelPlugin:
        if model_type == "bare":
            return LeastSquares("bare", LeastSquares.Params())
        return registry.create("models", model_type, model_params)

    model = Ensemble("ensemble", Ensemble.Params.model_validate(params))
    model.accept_models(make_model)
    with pytest.raises(
        qlop.ExportError, match=rf"its member '{name}' is a model 'least_squares', whose plugin writes no"
    ):
        registry.create("exporters", "onnx", {}).check_model(model)


@pytest.mark.parametrize(
    ("exporter", "params"),
    [
        ("pmml", {"method": "stacking", "members": [within({"model_type": "random_forest"}), LINEAR]}),
        ("onnx", {"method": "stacking", "members": [within({"model_type": "lightgbm"}), MLP]}),
        ("onnx", {"members": [LSTM, within(LSTM)]}),
        ("onnx", {"method": "stacking", "members": [LSTM, LINEAR], "final_model": LSTM}),
        ("native", {"members": [LSTM]}),
    ],
    ids=["pmml", "onnx", "onnx of windows", "onnx of windows of answers", "native"],
)
def test_members_that_can_be_written_are_not_refused(registry: PluginRegistry, exporter: str, params: dict) -> None:
    registry.create("exporters", exporter, {}).check_model(registry.create("models", "ensemble", params))
