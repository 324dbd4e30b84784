"""The `bundle` exporter writes one file that predicts bit for bit as the original, or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import qlop
from qlop.engine import opened_bundle
from qlop.testing import ExporterContractSuite

from plugins.exporters.bundle import Bundle


@pytest.fixture(autouse=True)
def configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder, and so a key, of its own for every test."""
    folder = tmp_path_factory.mktemp("configuration")
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(folder))
    return folder


class TestBundle(ExporterContractSuite):
    plugin_class = Bundle

    def test_it_is_compared_on_ten_thousand_rows_bit_for_bit(self, tmp_path: Path) -> None:
        artifact, result = self.export(tmp_path)
        assert result.rows_compared == 10_000 + len(artifact.example_features)
        assert (result.largest_difference, result.tolerance) == (0.0, 0.0)

    def test_the_smallest_difference_leaves_no_file(self, tmp_path: Path) -> None:
        artifact = self.make_artifact(tmp_path / "model")
        expected = artifact.expected_predictions.copy()
        expected.iloc[3, 0] = np.nextafter(expected.iloc[3, 0], 1.0)
        with pytest.raises(qlop.ExportError, match=r"predicts prediction .* in row 3"):
            self.make_plugin(tmp_path).export(
                replace(artifact, expected_predictions=expected), tmp_path / "model.qlop-bundle.zip"
            )
        assert [path.name for path in tmp_path.iterdir()] == ["model"]

    def test_its_licence_is_the_owners_words(self, tmp_path: Path) -> None:
        artifact = self.make_artifact(tmp_path / "model")
        plugin = Bundle("bundle", Bundle.Params(licence="Ask before you trade on it."))
        result = plugin.export(artifact, tmp_path / "model.qlop-bundle.zip")
        with opened_bundle(result.path) as opened:
            assert (opened.folder / "LICENSE.txt").read_text().startswith("Ask before you trade on it.")

    def test_a_file_that_exists_is_left_as_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "out.zip").write_text("mine")
        with pytest.raises(qlop.ExportError, match="exists already"):
            self.make_plugin(tmp_path).export(self.make_artifact(tmp_path / "model"), tmp_path / "out.zip")
        assert (tmp_path / "out.zip").read_text() == "mine"

    def test_an_altered_model_folder_leaves_no_file(self, tmp_path: Path) -> None:
        artifact = self.make_artifact(tmp_path / "model")
        (artifact.folder / "model" / "least_squares.json").write_text("{}")
        with pytest.raises(qlop.ExportError, match=r"least_squares\.json was altered"):
            self.make_plugin(tmp_path).export(artifact, tmp_path / "out.zip")
        assert [path.name for path in tmp_path.iterdir()] == ["model"]
