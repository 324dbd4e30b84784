"""An ensemble with a member that learned elsewhere has learned elsewhere too."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import onnx
import pytest
import qlop
from qlop.engine import save_fitted_model
from qlop.testing import make_training_data

from core.engine.fitted_model import FittedModel
from core.engine.model_artifact import load_model_artifact
from core.engine.onnx_graphs.exported_model import LEARNED_UNTIL_KEY
from core.plugin.registry import PluginRegistry
from plugins.exporters.onnx import Onnx as OnnxExporter
from plugins.models.ensemble import Ensemble
from plugins.models.linear import Linear

EARLY, LATE = "2009-03-04T00:00:00+00:00", "2019-05-06T00:00:00+02:00"


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """The ONNX file of a linear model."""
    folder, data = tmp_path_factory.mktemp("exported"), make_training_data("classification")
    model = Linear("linear", Linear.Params())
    model.train(data, None, qlop.TrainContext("classification"))
    fitted = FittedModel(model, "classification", tuple(data.features.columns), (0.0, 1.0))
    (folder / "model").mkdir()
    save_fitted_model(fitted, folder / "model", example_features=data.features.iloc[:40])
    artifact = load_model_artifact(folder / "model", lambda: Linear("linear", Linear.Params()))
    OnnxExporter("onnx", OnnxExporter.Params()).export(artifact, folder / "linear.onnx")
    return folder / "linear.onnx"


def member(exported: Path, path: Path, learned_until: str) -> dict:
    """Return a member that reads a copy of the file that says until when it had learned."""
    graph = onnx.load(exported)
    kept = [entry for entry in graph.metadata_props if entry.key != LEARNED_UNTIL_KEY]
    del graph.metadata_props[:]
    graph.metadata_props.extend(kept)
    graph.metadata_props.add(key=LEARNED_UNTIL_KEY, value=learned_until)
    onnx.save(graph, path)
    return {"model_type": "onnx", "model_params": {"path": str(path)}}


def ensemble(members: list[dict]) -> Ensemble:
    made = Ensemble("ensemble", Ensemble.Params.model_validate({"members": [{"model_type": "linear"}, *members]}))
    made.accept_models(partial(PluginRegistry().create, "models"))
    return made


@pytest.mark.parametrize(
    ("untils", "learned_until"),
    [((EARLY,), EARLY), ((EARLY, LATE), LATE), ((LATE, ""), ""), ((LATE, "long ago"), ""), ((), "")],
)
def test_it_has_learned_until_the_last_bar_of_any_member(exported, tmp_path: Path, untils, learned_until: str) -> None:
    members = [member(exported, tmp_path / f"{place}.onnx", until) for place, until in enumerate(untils)]
    made, data = ensemble(members), make_training_data("classification")
    assert ("pretrained" in made.capabilities) is bool(untils)
    made.train(data, None, qlop.TrainContext("classification"))
    assert made.learned_until == learned_until
    (tmp_path / "saved").mkdir()
    made.save_model(tmp_path / "saved")
    loaded = ensemble(members)
    loaded.load_model(tmp_path / "saved")
    assert loaded.learned_until == learned_until
