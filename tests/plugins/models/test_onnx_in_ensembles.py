"""An ensemble with a member that learned elsewhere has learned elsewhere too."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import onnx
import pandas as pd
import pytest
import qlop
from qlop.engine import save_fitted_model
from qlop.testing import make_training_data

from core.engine.fitted_model import FittedModel
from core.engine.learned_span import LearnedSpan
from core.engine.model_artifact import load_model_artifact
from core.engine.onnx_graphs.exported_model import LEARNED_UNTIL_KEY, onnx_of_model
from core.plugin.registry import PluginRegistry
from plugins.exporters.onnx import Onnx as OnnxExporter
from plugins.models.ensemble import Ensemble
from plugins.models.linear import Linear

EARLY, LATE = "2009-03-04T00:00:00+00:00", "2019-05-06T00:00:00+02:00"


def export(model: qlop.ModelPlugin, features: pd.DataFrame, folder: Path) -> Path:
    """Save a trained model, and return the ONNX file of it."""
    fitted = FittedModel(model, "classification", tuple(features.columns), (0.0, 1.0))
    (folder / "model").mkdir()
    save_fitted_model(fitted, folder / "model", example_features=features.iloc[:40])
    artifact = load_model_artifact(folder / "model", model.untrained_copy)
    OnnxExporter("onnx", OnnxExporter.Params()).export(artifact, folder / "exported.onnx")
    return folder / "exported.onnx"


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """The ONNX file of a linear model."""
    data = make_training_data("classification")
    model = Linear("linear", Linear.Params())
    model.train(data, None, qlop.TrainContext("classification"))
    return export(model, data.features, tmp_path_factory.mktemp("exported"))


@pytest.fixture(scope="module")
def exported_final(tmp_path_factory) -> Path:
    """The ONNX file of a final model over one linear member."""
    data = make_training_data("classification")
    seen = pd.DataFrame({"linear.1": data.features.iloc[:, 0]})
    model = Linear("linear", Linear.Params())
    model.train(replace(data, features=seen), None, qlop.TrainContext("classification"))
    return export(model, seen, tmp_path_factory.mktemp("exported_final"))


def member(exported: Path, path: Path, learned_until: str) -> dict:
    """Return a member that reads a copy of the file that says until when it had learned."""
    graph = onnx.load(exported)
    kept = [entry for entry in graph.metadata_props if entry.key != LEARNED_UNTIL_KEY]
    del graph.metadata_props[:]
    graph.metadata_props.extend(kept)
    graph.metadata_props.add(key=LEARNED_UNTIL_KEY, value=learned_until)
    onnx.save(graph, path)
    return {"model_type": "onnx", "model_params": {"path": str(path)}}


def ensemble(members: list[dict], final: dict | None = None) -> Ensemble:
    stacked = {} if final is None else {"method": "stacking", "n_blocks": 2, "final_model": final}
    params = {"members": [{"model_type": "linear"}, *members], **stacked}
    made = Ensemble("ensemble", Ensemble.Params.model_validate(params))
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


@pytest.mark.parametrize("until", [EARLY, ""])
def test_a_final_model_that_learned_elsewhere_counts_like_a_member(exported_final, tmp_path: Path, until: str) -> None:
    final, data = member(exported_final, tmp_path / "final.onnx", until), make_training_data("classification")
    made = ensemble([], final)
    assert "pretrained" in made.capabilities
    made.train(data, None, qlop.TrainContext("classification"))
    assert made.learned_until == until
    (tmp_path / "saved").mkdir()
    made.save_model(tmp_path / "saved")
    loaded = ensemble([], final)
    loaded.load_model(tmp_path / "saved")
    assert loaded.learned_until == until


def test_a_final_model_that_does_not_join_them_counts_for_nothing() -> None:
    final = {"model_type": "onnx", "model_params": {"path": "none.onnx"}}
    unused = Ensemble.Params.model_validate({"members": [{"model_type": "linear"}], "final_model": final})
    made = Ensemble("ensemble", unused)
    made.accept_models(partial(PluginRegistry().create, "models"))
    assert "pretrained" not in made.capabilities


OF_THE_RUN = "2009-12-31T00:00:00+00:00"


@pytest.mark.parametrize(
    ("until", "is_joined", "said"),
    [
        ("2012-06-01", True, "2012-06-01T00:00:00+00:00"),
        ("", True, None),
        (LATE, False, "2019-05-05T22:00:00+00:00"),
        (EARLY, False, OF_THE_RUN),
        ("long ago", False, None),
    ],
)
def test_an_export_says_the_later_of_its_training_and_of_what_it_brought_along_or_nothing(
    exported, tmp_path: Path, until: str, is_joined: bool, said: str | None
) -> None:
    part, data = member(exported, tmp_path / "part.onnx", until), make_training_data("classification")
    made = ensemble([part]) if is_joined else PluginRegistry().create("models", "onnx", part["model_params"])
    made.train(data, None, qlop.TrainContext("classification"))
    fitted = FittedModel(made, "classification", tuple(data.features.columns), (0.0, 1.0))
    own = LearnedSpan(pd.Timestamp("2001-02-01", tz="UTC"), pd.Timestamp(OF_THE_RUN), 40)
    (tmp_path / "model").mkdir()
    save_fitted_model(fitted, tmp_path / "model", example_features=data.features.iloc[:40], learned=own)
    graph = onnx.load_from_string(onnx_of_model(fitted, tmp_path / "model", 18))
    assert {entry.key: entry.value for entry in graph.metadata_props}.get(LEARNED_UNTIL_KEY) == said
