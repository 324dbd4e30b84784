"""A model of an ONNX file is handed to others: it names the file and its SHA-256, and no folder of the machine."""

import hashlib
from functools import partial
from zipfile import ZipFile

import pytest
import qlop
from qlop.engine import save_fitted_model
from qlop.testing import make_training_data

from core.engine.fitted_model import FittedModel
from core.engine.model_artifact import load_model_artifact
from core.plugin.registry import PluginRegistry
from plugins.exporters.bundle import Bundle
from plugins.exporters.native import Native
from plugins.exporters.onnx import Onnx as OnnxExporter
from plugins.models.ensemble import Ensemble
from plugins.models.linear import Linear
from plugins.models.onnx import Onnx

EXPORTERS = (Bundle("bundle", Bundle.Params()), Native("native", Native.Params()))


def saved(model, folder, **said):
    features = make_training_data("classification").features
    fitted = FittedModel(model, "classification", tuple(features.columns), (0.0, 1.0))
    folder.mkdir()
    save_fitted_model(fitted, folder, example_features=features.iloc[:40], **said)
    return load_model_artifact(folder, model.untrained_copy)


def trained(model):
    model.train(make_training_data("classification"), None, qlop.TrainContext("classification"))
    return model


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """An ONNX file in a folder whose name tells whose it is."""
    folder = tmp_path_factory.mktemp("of-ann")
    artifact = saved(trained(Linear("linear", Linear.Params())), folder / "linear")
    OnnxExporter("onnx", OnnxExporter.Params()).export(artifact, folder / "ann.onnx")
    return folder / "ann.onnx"


def model_of(file, kind):
    if kind == "alone":
        return Onnx("onnx", Onnx.Params(path=str(file)))
    members = [{"model_type": "onnx", "model_params": {"path": str(file)}}, {"model_type": "linear"}]
    made = Ensemble("ensemble", Ensemble.Params.model_validate({"members": members}))
    made.accept_models(partial(PluginRegistry().create, "models"))
    return made


@pytest.mark.parametrize("kind", ["alone", "in an ensemble"])
def test_neither_a_bundle_nor_a_model_s_file_holds_the_folder(file, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    described = {"data": {"data_source_params": {"path": str(file.with_name("prices.csv"))}}, "features": []}
    artifact = saved(trained(model_of(file, kind)), tmp_path / "kept", description=described)
    for exporter in EXPORTERS:
        path = tmp_path / f"{exporter.name}.zip"
        exporter.export(artifact, path)
        with ZipFile(path) as archive:
            texts = {name: archive.read(name) for name in archive.namelist()}
        assert [name for name, text in texts.items() if str(file.parent).encode() in text] == []
        assert any(b"ann.onnx" in text for text in texts.values())
        assert any(hashlib.sha256(file.read_bytes()).hexdigest().encode() in text for text in texts.values())
