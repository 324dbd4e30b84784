"""A model at its base rate predicts all rows alike: what it says before the calibration is compared as well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import qlop
from qlop.engine import (
    compare_copy,
    fitted_model_of,
    load_model_artifact,
    save_fitted_model,
    told_of_alike_rows,
    write_export_summary,
)
from qlop.testing import make_training_data

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel
from plugins.exporters.bundle import Bundle
from plugins.exporters.joblib import Joblib
from plugins.exporters.native import Native
from plugins.exporters.onnx import Onnx
from plugins.exporters.pmml import Pmml
from plugins.models.linear import Linear

AT_BASE_RATE = Calibrator("platt", slope=0.0, intercept=-0.3, effective_rows=400.0)
NEARLY_FLAT = replace(AT_BASE_RATE, slope=1e-9)


def trained(seed: int = 0) -> Linear:
    model, data = Linear("linear", Linear.Params()), make_training_data("classification", seed=seed)
    model.train(data, None, qlop.TrainContext("classification"))
    return model


class Astray(Linear):
    """Gives the graph of another model than it is."""

    def to_onnx(self, opset: int) -> bytes:
        return trained(seed=9).to_onnx(opset)


@pytest.fixture
def make_artifact(tmp_path: Path):
    def make(calibrator: Calibrator | None = AT_BASE_RATE, kind: type[Linear] = Linear) -> qlop.ModelArtifact:
        features = make_training_data("classification").features
        maps = () if calibrator is None else (calibrator,)
        fitted = FittedModel(trained(), "classification", tuple(features.columns), (0.0, 1.0), maps)
        (tmp_path / "model").mkdir()
        save_fitted_model(fitted, tmp_path / "model", example_features=features.iloc[:40])
        return load_model_artifact(tmp_path / "model", lambda: kind("linear", kind.Params()))

    return make


@pytest.mark.parametrize("exporter", [Native, Bundle, Joblib, Onnx, Pmml])
def test_every_format_is_compared_before_the_calibration_too(exporter, make_artifact, tmp_path: Path) -> None:
    artifact, (name, suffix) = make_artifact(), (exporter.name, exporter.file_suffix)
    (tmp_path / "out").mkdir()
    result = exporter(name, exporter.Params()).export(artifact, tmp_path / "out" / f"model{suffix}")
    assert (result.rows_compared, result.largest_uncalibrated_difference is None) == (10_040, False)
    assert 0.0 <= result.largest_uncalibrated_difference <= result.tolerance
    if exporter in {Onnx, Pmml}:
        assert result.largest_uncalibrated_difference > 0.0, "another program that sums up differs in a last digit"
    assert "; before the calibration, where they differ, the largest dif" in told_of_alike_rows(artifact, result)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"model{suffix}"]


@pytest.mark.parametrize("calibrator", [AT_BASE_RATE, NEARLY_FLAT])
def test_a_graph_of_another_model_is_refused_though_it_predicts_the_same(
    calibrator: Calibrator, make_artifact, tmp_path: Path
) -> None:
    with pytest.raises(qlop.ExportError, match=r"hides .* before it they differ\. The exported model predicts pr"):
        Onnx("onnx", Onnx.Params()).export(make_artifact(calibrator, Astray), tmp_path / "model.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_a_calibration_shows_is_not_compared_twice(make_artifact) -> None:
    artifact = make_artifact(replace(AT_BASE_RATE, slope=0.8))
    copy = fitted_model_of(artifact)
    compared = compare_copy(artifact, copy.predict, 0.0, n_rows=10, uncalibrated=lambda _: pytest.fail("was asked"))
    assert compared.largest_uncalibrated_difference is None


def test_a_format_that_compares_predictions_alone_is_told_to_show_nothing_of_the_model(make_artifact) -> None:
    artifact = make_artifact()
    compared = compare_copy(artifact, fitted_model_of(artifact).predict, 0.0, n_rows=10)
    result = qlop.ExportResult(Path("model.x"), compared.n_rows, compared.largest_difference, 0.0)
    told = told_of_alike_rows(artifact, result)
    assert told == "all rows are predicted alike, so that the comparison shows nothing of the model in the file"
    summary = write_export_summary(
        "T", result, model="linear", model_run="r", file="f", size_bytes=1, loading="", alike=told
    )
    assert f"All alike {told}" in " ".join(summary.split())


def test_of_a_model_that_says_the_same_of_every_row_no_comparison_shows_anything(make_artifact) -> None:
    artifact = make_artifact()
    alike = replace(artifact, example_features=artifact.example_features.iloc[[0] * 40])
    result = qlop.ExportResult(Path("model.x"), 40, 0.0, 0.0, largest_uncalibrated_difference=0.0)
    assert "shows nothing of the model" in told_of_alike_rows(alike, result)


def test_nothing_is_told_where_rows_differ_or_none_was_compared(make_artifact) -> None:
    artifact = make_artifact(None)
    assert told_of_alike_rows(artifact, qlop.ExportResult(Path("model.x"), 40, 0.0, 0.0)) == ""
    unread = qlop.ExportResult(Path("model.x"), 0, 0.0, 0.0)
    assert told_of_alike_rows(replace(artifact, expected_predictions=artifact.expected_predictions * 0.0), unread) == ""
