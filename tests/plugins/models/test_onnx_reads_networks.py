"""The `onnx` model on files of exported networks; what it makes of windows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
import qlop
from qlop.engine import load_model_artifact, save_fitted_model
from qlop.testing import ModelContractSuite, make_training_data

from core.engine.fitted_model import FittedModel
from core.engine.model_example import example_rows
from plugins.exporters.bundle import Bundle
from plugins.exporters.onnx import Onnx as OnnxExporter
from plugins.models.lstm import LSTM
from plugins.models.mlp import MLP
from plugins.models.onnx import Onnx

SMALL: Mapping[type[qlop.ModelPlugin], Mapping[str, Any]] = {
    MLP: {"epochs": 2, "hidden_widths": [6]},
    LSTM: {"epochs": 4, "batch_rows": 64, "sequence_bars": 5, "hidden_width": 4, "learning_rate": 0.03},
}


def artifact_of(model: qlop.ModelPlugin, task: str, folder: Path) -> qlop.ModelArtifact:
    folder.mkdir()
    features = make_training_data(task, missing=0.1).features
    fitted = FittedModel(model, task, tuple(features.columns), (0.0, 1.0) if task == "classification" else ())
    save_fitted_model(fitted, folder, example_features=example_rows(features, accepts_missing=True))
    return load_model_artifact(folder, model.untrained_copy)


def exported(kind: type[qlop.ModelPlugin], path: Path, task: str = "classification") -> qlop.ModelPlugin:
    """Train a network and export it to `path`, unless that is there."""
    model = kind(kind.name, kind.Params.model_validate(SMALL[kind]))
    model.train(make_training_data(task, missing=0.1), None, qlop.TrainContext(task, seed=5))
    if not path.exists():
        artifact = artifact_of(model, task, path.with_suffix(".folder"))
        OnnxExporter("onnx", OnnxExporter.Params()).export(artifact, path)
    return model


def reader_of(path: Path, task: str = "classification") -> Onnx:
    model = Onnx("onnx", Onnx.Params(path=str(path), takes_missing_values=True))
    model.train(make_training_data(task, missing=0.1), None, qlop.TrainContext(task))
    return model


class TestFileOfMemory(ModelContractSuite):
    plugin_class = Onnx

    def tasks(self) -> list:
        return ["classification"]

    def params_in(self, folder: Path) -> Mapping[str, Any]:
        exported(LSTM, folder / "given.onnx")
        return {"path": str(folder / "given.onnx"), "takes_missing_values": True}

    def test_a_row_is_predicted_alone_as_among_others(self, tmp_path: Path) -> None:
        features = self.make_data("classification", 2).features
        model = self.trained(tmp_path, "classification")
        assert "earlier_rows" in model.capabilities
        among, alone = (model.predict(part).loc[features.index[40:]] for part in (features, features.iloc[40:]))
        pd.testing.assert_frame_equal(among.iloc[8:], alone.iloc[8:], rtol=1e-9)
        assert (among.iloc[:8, 1] != alone.iloc[:8, 1]).all(), "the first rows had shorter histories alone"


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("kind", SMALL)
def test_the_file_predicts_as_the_network(kind: type[qlop.ModelPlugin], task: str, tmp_path: Path) -> None:
    network = exported(kind, tmp_path / "given.onnx", task)
    reader = reader_of(tmp_path / "given.onnx", task)
    features = make_training_data(task, missing=0.1, seed=3).features.sample(frac=0.7, random_state=1)
    np.testing.assert_allclose(reader.predict(features), network.predict(features), rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("kind", SMALL)
def test_what_was_read_from_a_file_goes_on_as_a_bundle(kind: type[qlop.ModelPlugin], tmp_path: Path) -> None:
    exported(kind, tmp_path / "given.onnx")
    artifact = artifact_of(reader_of(tmp_path / "given.onnx"), "classification", tmp_path / "reader")
    result = Bundle("bundle", Bundle.Params()).export(artifact, tmp_path / "model.qlop-bundle.zip")
    assert (result.rows_compared >= 10_000, result.largest_difference) == (True, 0.0)


@pytest.mark.parametrize("kind", SMALL)
def test_a_network_itself_goes_as_a_bundle(kind: type[qlop.ModelPlugin], tmp_path: Path) -> None:
    artifact = artifact_of(exported(kind, tmp_path / "given.onnx"), "classification", tmp_path / "network")
    result = Bundle("bundle", Bundle.Params()).export(artifact, tmp_path / "model.qlop-bundle.zip")
    assert (result.rows_compared >= 10_000, result.largest_difference) == (True, 0.0)


def changed(path: Path, **metadata: str | None) -> Path:
    """Write a file's metadata anew; None takes an entry out."""
    model = onnx.load(path)
    kept = {entry.key: entry.value for entry in model.metadata_props} | metadata
    onnx.helper.set_model_props(model, {key: text for key, text in kept.items() if text is not None})
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (
            {"qlop.sequence_bars": None, "qlop.longest_gap_us": None},
            r"double\) \[rows, 5, 5\].*windows of bars, where QLOP",
        ),
        ({"qlop.sequence_bars": None}, r"must be whole numbers, or neither be there"),
        ({"qlop.longest_gap_us": "None"}, r"must be whole numbers"),
        ({"qlop.sequence_bars": "0"}, r"windows have 0 bars"),
        ({"qlop.sequence_bars": "6"}, r"\[rows, 5, 5\]"),
    ],
)
def test_windows_that_a_file_does_not_describe_are_refused(
    metadata: Mapping[str, str | None], message: str, tmp_path: Path
) -> None:
    exported(LSTM, tmp_path / "given.onnx")
    with pytest.raises(qlop.TrainingError, match=message):
        reader_of(changed(tmp_path / "given.onnx", **metadata))


def test_a_file_that_reads_windows_needs_rows_with_tickers_and_times(tmp_path: Path) -> None:
    exported(LSTM, tmp_path / "given.onnx")
    reader = reader_of(tmp_path / "given.onnx")
    features = make_training_data("classification").features
    with pytest.raises(qlop.DataError, match=r"the rows need the index \(timestamp, ticker\)"):
        reader.predict(features.reset_index(drop=True))
    assert reader.predict(features.iloc[:0]).shape == (0, 3)
