"""Histories of an ensemble's members cross neither the blocks of stacking nor the stretches of a fold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import qlop
from qlop.engine import FittedModel, load_model_artifact, save_fitted_model, time_blocks
from qlop.testing import make_training_data

from core.testing.parted_rows import of_other_tickers, of_two_stretches
from plugins.exporters.onnx import Onnx as OnnxExporter
from plugins.models.ensemble import Ensemble
from plugins.models.linear import Linear
from plugins.models.lstm import LSTM
from plugins.models.onnx import Onnx

MEMORY = {"model_type": "lstm", "model_params": {"epochs": 1, "hidden_width": 2, "sequence_bars": 5, "batch_rows": 512}}


class Noting(LSTM):
    """Keeps what it was asked about."""

    def __init__(self, name: str, params: qlop.Params) -> None:
        super().__init__(name, params)
        self.asked: list[pd.DataFrame] = []

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        self.asked.append(features)
        return super().predict(features)


def ensemble(made: list[qlop.ModelPlugin], **params: object) -> Ensemble:
    kinds = {"lstm": Noting, "linear": Linear, "onnx": Onnx}

    def make_model(model_type: str, model_params: Mapping) -> qlop.ModelPlugin:
        kind = kinds[model_type]
        made.append(kind(model_type, kind.Params.model_validate(dict(model_params))))
        return made[-1]

    own = Ensemble("ensemble", Ensemble.Params.model_validate(params))
    own.accept_models(make_model)
    return own


def trained(data: qlop.TrainingData, made: list[qlop.ModelPlugin], **params: object) -> Ensemble:
    model = ensemble(made, **params)
    model.train(data, None, qlop.TrainContext("regression", seed=2))
    return model


def asked_of(made: list[qlop.ModelPlugin]) -> list[pd.DataFrame]:
    return [features for model in made if isinstance(model, Noting) for features in model.asked]


def test_a_stacked_memory_sees_the_block_that_it_predicts_and_none_of_the_rows_that_taught_it() -> None:
    data, made = make_training_data("regression", 240), []
    trained(data, made, members=[MEMORY], method="stacking", n_blocks=3)
    blocks = [data.features.index[block] for _, block in time_blocks(data, 3)]
    assert [asked.index.tolist() for asked in asked_of(made)] == [block.tolist() for block in blocks]


def test_a_stacked_memory_is_asked_about_each_stretch_of_a_block_by_itself() -> None:
    data, made = of_two_stretches(make_training_data("regression", 240)), []
    trained(data, made, members=[MEMORY], method="stacking", n_blocks=2)
    # Of 120 bars two thirds are predicted: bars 40 to 79, parted at bar 60, and the others.
    assert [len(asked) for asked in asked_of(made)] == [40, 40, 80]


@pytest.mark.parametrize("method", ["average", "stacking"])
def test_a_stretch_teaches_an_ensemble_what_it_would_teach_as_another_ticker(method: str) -> None:
    data, later = make_training_data("regression", 160), make_training_data("regression", 60, seed=2).features
    params = {"members": [MEMORY, {"model_type": "linear"}], "method": method, "n_blocks": 2}
    found = [trained(part(data), [], **params).predict(later) for part in (of_two_stretches, of_other_tickers)]
    pd.testing.assert_frame_equal(*found, rtol=1e-9)
    across = trained(data, [], **params).predict(later)
    assert not np.allclose(across, found[0], rtol=1e-9)


def windows_file(data: qlop.TrainingData, folder: Path) -> Path:
    """Export a memory as an ONNX file, which reads windows of bars."""
    model = LSTM("lstm", LSTM.Params.model_validate(MEMORY["model_params"]))
    model.train(data, None, qlop.TrainContext("regression"))
    return export(model, data, folder).path


def export(model: qlop.ModelPlugin, data: qlop.TrainingData, folder: Path) -> qlop.ExportResult:
    """Export a trained model as an ONNX file in a new folder."""
    (folder / "model").mkdir(parents=True)
    fitted = FittedModel(model, "regression", tuple(data.features.columns))
    save_fitted_model(fitted, folder / "model", example_features=data.features.iloc[:40])
    artifact = load_model_artifact(folder / "model", model.untrained_copy)
    return OnnxExporter("onnx", OnnxExporter.Params()).export(artifact, folder / "model.onnx")


@pytest.mark.parametrize("takes_missing_values", [True, False])
def test_a_file_that_reads_windows_is_exported_again_alone_and_in_an_ensemble(
    takes_missing_values: bool, tmp_path: Path
) -> None:
    data = make_training_data("regression", 120)
    path = str(windows_file(data, tmp_path / "given"))
    member = {"model_type": "onnx", "model_params": {"path": path, "takes_missing_values": takes_missing_values}}
    alone = Onnx("onnx", Onnx.Params.model_validate(member["model_params"]))
    alone.train(data, None, qlop.TrainContext("regression"))
    for name, model in (("alone", alone), ("joined", trained(data, [], members=[member, {"model_type": "linear"}]))):
        result = export(model, data, tmp_path / name)
        assert result.rows_compared == 10_040
        session = onnxruntime.InferenceSession(result.path)
        assert [value.name for value in session.get_inputs()] == ["features", "history_bars"]
        windows = np.zeros((2, 5, 5))
        windows[0, -1, 0] = np.nan
        (answer,) = session.run(["prediction"], {"features": windows, "history_bars": np.array([5, 5])})
        assert np.isnan(answer).tolist() == [not takes_missing_values, False], "the row itself lacks a feature"


def test_an_ensemble_with_a_file_that_reads_windows_reads_earlier_rows_once_the_file_is_read(tmp_path: Path) -> None:
    data = make_training_data("regression", 120)
    member = {"model_type": "onnx", "model_params": {"path": str(windows_file(data, tmp_path))}}
    model = trained(data, [], members=[member])
    assert "earlier_rows" in model.capabilities
    (tmp_path / "saved").mkdir()
    model.save_model(tmp_path / "saved")
    loaded = ensemble([], members=[member])
    loaded.load_model(tmp_path / "saved")
    assert loaded.capabilities == model.capabilities
