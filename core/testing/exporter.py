"""The contract suite of exporters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import ExportError
from core.contracts.exporter import ExportResult, ModelArtifact
from core.contracts.model import TrainContext
from core.engine.fitted_model import FittedModel
from core.engine.model_artifact import load_model_artifact, save_fitted_model
from core.testing.example_model import LeastSquares
from core.testing.plugin import PluginContractSuite
from core.testing.training_rows import make_training_data

__all__ = ["ExporterContractSuite"]


class ExporterContractSuite(PluginContractSuite):
    """Inherit it, name `plugin_class`, and override `make_artifact` if the format takes certain models only."""

    kind = "exporters"

    def make_artifact(self, folder: Path) -> ModelArtifact:
        """Return a trained model as a run keeps it: by default least squares, saved into `folder`."""
        model = LeastSquares(LeastSquares.name, LeastSquares.Params())
        data = make_training_data("regression")
        model.train(data, None, TrainContext(task="regression"))
        folder.mkdir()
        columns = tuple(str(name) for name in data.features.columns)
        save_fitted_model(
            FittedModel(model, "regression", columns, ()), folder, example_features=data.features.iloc[:40]
        )
        return load_model_artifact(folder, lambda: LeastSquares(LeastSquares.name, LeastSquares.Params()))

    def export(self, tmp_path: Path) -> tuple[ModelArtifact, ExportResult]:
        """Return an artifact and what became of its export to tmp_path/out."""
        artifact = self.make_artifact(tmp_path / "model")
        (tmp_path / "out").mkdir()
        path = tmp_path / "out" / f"model{self.plugin_class.file_suffix}"
        return artifact, self.make_plugin(tmp_path).export(artifact, path)

    def test_its_files_have_a_suffix(self) -> None:
        assert self.plugin_class.file_suffix.startswith(".")

    def test_the_file_is_written_and_was_compared(self, tmp_path: Path) -> None:
        artifact, result = self.export(tmp_path)
        assert result.path.stat().st_size > 0
        assert result.rows_compared >= len(artifact.example_features) > 0
        assert 0.0 <= result.largest_difference <= result.tolerance

    def test_it_leaves_nothing_beside_its_file(self, tmp_path: Path) -> None:
        _, result = self.export(tmp_path)
        assert list((tmp_path / "out").iterdir()) == [result.path]

    def test_a_model_that_would_predict_otherwise_is_refused_and_leaves_no_file(self, tmp_path: Path) -> None:
        artifact = self.make_artifact(tmp_path / "model")
        wrong = replace(artifact, expected_predictions=artifact.expected_predictions + 0.5)
        (tmp_path / "out").mkdir()
        with pytest.raises(ExportError):
            self.make_plugin(tmp_path).export(wrong, tmp_path / "out" / f"model{self.plugin_class.file_suffix}")
        assert list((tmp_path / "out").iterdir()) == []

    def test_the_model_folder_and_the_examples_stay_as_they_were(self, tmp_path: Path) -> None:
        artifact = self.make_artifact(tmp_path / "model")
        before = {path: path.read_bytes() for path in artifact.folder.rglob("*") if path.is_file()}
        examples = artifact.example_features.copy(deep=True)
        self.make_plugin(tmp_path).export(artifact, tmp_path / f"model{self.plugin_class.file_suffix}")
        assert {path: path.read_bytes() for path in artifact.folder.rglob("*") if path.is_file()} == before
        pd.testing.assert_frame_equal(artifact.example_features, examples, check_exact=True)
