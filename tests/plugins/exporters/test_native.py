"""The `native` exporter writes what predicts bit for bit as the original, or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import qlop
from qlop.engine import load_fitted_model, load_model_artifact, save_fitted_model, unpack_model
from qlop.testing import ExporterContractSuite

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel
from core.engine.model_example import example_rows
from plugins.exporters.native import Native
from plugins.models.linear import Linear
from plugins.models.xgboost import XGBoost


class TestNative(ExporterContractSuite):
    plugin_class = Native


def exporter() -> Native:
    return Native("native", Native.Params())


@pytest.fixture(params=[XGBoost, Linear])
def artifact(request: pytest.FixtureRequest, tmp_path: Path) -> qlop.ModelArtifact:
    random = np.random.default_rng(8)
    timestamps = pd.date_range("2020-01-01", periods=200, tz="UTC")
    index = pd.MultiIndex.from_product([timestamps, ["AAPL"]], names=["timestamp", "ticker"])
    features = pd.DataFrame(random.normal(size=(200, 3)), index=index, columns=["a", "b", "c"])
    target = (features["a"] + random.normal(size=200) > 0).astype(float)
    model = request.param(request.param.name, request.param.Params())
    model.train(qlop.TrainingData(features, target), None, qlop.TrainContext("classification"))
    platt = Calibrator.fit(model.predict(features)["probability_1"], target == 1.0, method="platt")
    fitted = FittedModel(model, "classification", ("a", "b", "c"), (0.0, 1.0), (platt,))
    folder = tmp_path / "model"
    folder.mkdir()
    save_fitted_model(fitted, folder, example_features=example_rows(features, accepts_missing=True))
    return load_model_artifact(folder, lambda: request.param(request.param.name, request.param.Params()))


def test_the_file_predicts_every_example_exactly(artifact: qlop.ModelArtifact, tmp_path: Path) -> None:
    result = exporter().export(artifact, tmp_path / "out.qlop.zip")
    assert (result.rows_compared, result.largest_difference, result.tolerance) == (10_064, 0.0, 0.0)
    (tmp_path / "unpacked").mkdir()
    unpack_model(result.path, tmp_path / "unpacked")
    model = artifact.model
    fitted = load_fitted_model(tmp_path / "unpacked", lambda: type(model)(model.name, model.params))
    predicted = fitted.predict(artifact.example_features)
    pd.testing.assert_frame_equal(predicted, artifact.expected_predictions, check_exact=True)


def test_two_exports_have_the_same_bytes(artifact: qlop.ModelArtifact, tmp_path: Path) -> None:
    exporter().export(artifact, tmp_path / "a.zip")
    exporter().export(artifact, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_smallest_difference_in_one_prediction_leaves_no_file(artifact: qlop.ModelArtifact, tmp_path: Path) -> None:
    expected = artifact.expected_predictions.copy()
    expected.iloc[5, 2] = np.nextafter(expected.iloc[5, 2], 1.0)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(qlop.ExportError, match=r"predicts probability_1 .* in row 5 .* \(1 of 192 values"):
        exporter().export(replace(artifact, expected_predictions=expected), tmp_path / "out.zip")
    assert sorted(tmp_path.iterdir()) == before


def test_an_expectation_of_other_columns_is_refused(artifact: qlop.ModelArtifact, tmp_path: Path) -> None:
    expected = artifact.expected_predictions.assign(payoff_gain=0.1)
    with pytest.raises(qlop.ExportError, match="expected were 64 rows of"):
        exporter().export(replace(artifact, expected_predictions=expected), tmp_path / "out.zip")


def test_an_altered_folder_leaves_no_file(artifact: qlop.ModelArtifact, tmp_path: Path) -> None:
    calibration = artifact.folder / "calibration.json"
    calibration.write_text(calibration.read_text().replace('"slope": ', '"slope": 1'))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(qlop.ExportError, match=r"cannot be read back: .*calibration\.json was altered"):
        exporter().export(artifact, tmp_path / "out.zip")
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_exists_is_left_as_it_is(artifact: qlop.ModelArtifact, tmp_path: Path) -> None:
    (tmp_path / "out.zip").write_text("mine")
    with pytest.raises(qlop.ExportError, match="exists already"):
        exporter().export(artifact, tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_text() == "mine"


def test_a_folder_that_is_not_there_is_an_export_error(artifact: qlop.ModelArtifact, tmp_path: Path) -> None:
    with pytest.raises(qlop.ExportError, match="cannot be written"):
        exporter().export(artifact, tmp_path / "nowhere" / "out.zip")
