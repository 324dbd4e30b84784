"""Which formats take a model is known from its run's config, before anything is loaded."""

from __future__ import annotations

import json

import pytest

from core.plugin.registry import PluginRegistry
from core.plugin.settings import RegistrySettings
from core.services.export_refusals import export_refusal, export_refusals, loading_refusal
from core.services.workbench import open_workbench
from core.store.run_folder import RunFolder

PICKY = '''
import qlop


class Picky(qlop.ExporterPlugin):
    """A format that somebody has added later."""

    name = "picky"
    file_suffix = ".x"

    def check_model(self, model):
        if model.name == "linear":
            raise qlop.ExportError("[it](javascript:x) does not like linear models.")
        model.nowhere

    def export(self, artifact, path):
        raise NotImplementedError
'''


def trained_by(model_type: str, **params: object) -> dict:
    return {"model": {"model_type": model_type, "model_params": params}}


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> PluginRegistry:
    folder = tmp_path_factory.mktemp("added")
    (folder / "exporters").mkdir()
    (folder / "exporters" / "picky.py").write_text(PICKY)
    return PluginRegistry(RegistrySettings(plugin_path=(folder,)))


def test_an_ensemble_is_refused_for_a_member_that_the_format_lacks(registry: PluginRegistry) -> None:
    trained = trained_by("ensemble", members=[{"model_type": "linear"}, {"model_type": "mlp"}])
    assert "its member 'mlp'" in export_refusal(trained, "pmml", {"verify": False}, registry)
    assert [export_refusal(trained, name, {}, registry) for name in ("onnx", "native", "bundle")] == ["", "", ""]


@pytest.mark.parametrize(
    ("model_type", "said"),
    [("linear", "[it](javascript:x) does not like linear"), ("xgboost", "its check of the model fails with Attribute")],
)
def test_a_format_that_was_added_later_is_asked_too_and_its_own_fault_is_told(
    registry: PluginRegistry, model_type: str, said: str
) -> None:
    assert export_refusal(trained_by(model_type), "picky", {}, registry).startswith(said)


@pytest.mark.parametrize(
    ("trained", "exporter", "params"),
    [
        ({}, "native", {}),
        ({"model": None}, "native", {}),
        (trained_by("nowhere"), "native", {}),
        (trained_by("linear", penalty_strength=-1.0), "native", {}),
        (trained_by("linear"), "nowhere", {}),
        (trained_by("linear"), "pmml", {"tolerance": 7.0}),
    ],
    ids=["no model", "null", "unknown model", "wrong params", "unknown format", "wrong params of the format"],
)
def test_what_cannot_be_made_is_left_to_whoever_needs_it(
    registry: PluginRegistry, trained: dict, exporter: str, params: dict
) -> None:
    assert export_refusal(trained, exporter, params, registry) == ""


GONE = {"network": {"kind": "module", "import_path": "nowhere_at_all.nets:Net"}}


@pytest.mark.parametrize(
    ("trained", "said"),
    [
        (trained_by("custom_network", **GONE), "network.import_path: there is no module 'nowhere_at_all'. Install"),
        (
            trained_by("ensemble", members=[{"model_type": "custom_network", "model_params": GONE}]),
            "its member 'custom_network': network.import_path: there is no module",
        ),
        # Only training needs a device.
        (trained_by("mlp", device="cuda"), ""),
        (trained_by("linear"), ""),
        (trained_by("nowhere"), ""),
        ({}, ""),
    ],
    ids=["network", "member", "device", "linear", "unknown model", "no model"],
)
def test_a_model_whose_code_is_not_here_cannot_be_loaded(registry: PluginRegistry, trained: dict, said: str) -> None:
    told = loading_refusal(trained, registry)
    assert told.startswith(said)
    assert bool(told) == bool(said)


def test_of_a_model_that_cannot_be_loaded_no_format_is_offered(
    registry: PluginRegistry, tmp_path, make_large_store
) -> None:
    workbench = open_workbench(tmp_path / "home")
    [run_id] = make_large_store(workbench.home, 1)
    path = RunFolder.open(workbench.home, run_id).path / "config.json"
    path.write_text(json.dumps(trained_by("custom_network", **GONE)))
    assert list(export_refusals(workbench, run_id, ["native", "onnx"], registry)) == ["native", "onnx"]


def test_a_run_is_asked_about_by_what_its_folder_says(registry: PluginRegistry, tmp_path, make_large_store) -> None:
    workbench = open_workbench(tmp_path / "home")
    [run_id] = make_large_store(workbench.home, 1)
    folder = RunFolder.open(workbench.home, run_id)
    (folder.path / "config.json").write_text(json.dumps(trained_by("linear")))
    found = export_refusals(workbench, run_id[:8], ["native", "onnx", "picky"], registry)
    assert list(found) == ["picky"]
