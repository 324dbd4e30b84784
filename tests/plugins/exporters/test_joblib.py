"""The `joblib` exporter writes what its reader believes, and the reader runs nothing that is not signed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import qlop
from qlop.engine import load_model_artifact, read_signed_joblib, save_fitted_model
from qlop.testing import ExporterContractSuite

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel
from core.engine.model_example import example_rows
from core.engine.signature import own_fingerprint
from core.testing.example_model import LeastSquares
from core.testing.training_rows import make_training_data
from plugins.exporters.joblib import Joblib
from plugins.models.linear import Linear
from plugins.models.xgboost import XGBoost


@pytest.fixture(autouse=True)
def configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder, and so a key, of its own for every test."""
    folder = tmp_path_factory.mktemp("configuration")
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(folder))
    return folder


def saved(model: qlop.ModelPlugin, folder: Path, task: str = "classification") -> qlop.ModelArtifact:
    data = make_training_data(task, missing=0.05)
    model.train(data, None, qlop.TrainContext(task))
    columns, is_classifier = tuple(data.features.columns), task == "classification"
    maps = ()
    if is_classifier:
        score = model.predict(data.features)["probability_1"]
        maps = (Calibrator.fit(score, data.target == 1.0, method="isotonic"),)
    fitted = FittedModel(model, task, columns, (0.0, 1.0) if is_classifier else (), maps)
    folder.mkdir()
    save_fitted_model(fitted, folder, example_features=example_rows(data.features, accepts_missing=True))
    return load_model_artifact(folder, lambda: type(model)(model.name, model.params))


class TestJoblib(ExporterContractSuite):
    plugin_class = Joblib

    def make_artifact(self, folder: Path) -> qlop.ModelArtifact:
        return saved(Linear("linear", Linear.Params()), folder)


def small_xgboost() -> XGBoost:
    return XGBoost("xgboost", XGBoost.Params(n_estimators=20))


def exported(artifact: qlop.ModelArtifact, folder: Path) -> qlop.ExportResult:
    return Joblib("joblib", Joblib.Params()).export(artifact, folder / "model.joblib")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return exported(saved(Linear("linear", Linear.Params()), tmp_path / "model"), tmp_path).path


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("make", [small_xgboost, lambda: Linear("linear", Linear.Params())])
def test_the_file_predicts_as_the_original_with_its_calibration(
    make: Callable[[], qlop.ModelPlugin], task: str, tmp_path: Path
) -> None:
    artifact = saved(make(), tmp_path / "model", task)
    result = exported(artifact, tmp_path)
    assert result.rows_compared >= 10_000
    found = read_signed_joblib(result.path)
    predicted = found.fitted.predict(artifact.example_features)
    np.testing.assert_allclose(predicted, artifact.expected_predictions, rtol=0, atol=1e-9)
    assert (found.model_type, found.fingerprint) == (artifact.model.name, own_fingerprint())


def test_joblib_alone_reads_the_librarys_object_out_of_it(file: Path) -> None:
    kept = joblib.load(file)
    features = pd.DataFrame(kept["example_features"], columns=kept["feature_columns"])
    assert kept["library_object"].predict_proba(features.to_numpy()).shape == (len(features), 2)
    assert kept["calibration"]["calibrators"][0]["kind"] == "isotonic"


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, (f"touch {self.mark}",))


def test_a_file_without_a_signature_runs_nothing(tmp_path: Path) -> None:
    joblib.dump(Payload(tmp_path / "ran"), tmp_path / "unsigned.joblib")
    with pytest.raises(qlop.DataError, match=r"unsigned\.joblib is not loaded: it is not signed"):
        read_signed_joblib(tmp_path / "unsigned.joblib")
    assert not (tmp_path / "ran").exists()
    joblib.load(tmp_path / "unsigned.joblib")
    assert (tmp_path / "ran").exists()


def test_a_payload_before_a_true_signature_runs_nothing(file: Path, tmp_path: Path) -> None:
    joblib.dump(Payload(tmp_path / "ran"), tmp_path / "payload")
    content = file.read_bytes()
    begin = content.rindex(b'{"algorithm"')
    file.write_bytes((tmp_path / "payload").read_bytes() + content[begin:])
    with pytest.raises(qlop.DataError, match="its signature does not fit its content"):
        read_signed_joblib(file)
    assert not (tmp_path / "ran").exists()


def test_every_altered_byte_is_refused(file: Path) -> None:
    content = file.read_bytes()
    for position in (*range(0, len(content), len(content) // 50), len(content) - 1):
        file.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        with pytest.raises(qlop.DataError, match="is not loaded"):
            read_signed_joblib(file)


@pytest.mark.parametrize("kept_bytes", [0, 5, 13, 21, 100])
def test_a_file_that_was_cut_is_refused(file: Path, kept_bytes: int) -> None:
    file.write_bytes(file.read_bytes()[len(file.read_bytes()) - kept_bytes :])
    with pytest.raises(qlop.DataError, match="is not loaded"):
        read_signed_joblib(file)


def test_a_file_of_another_key_is_read_only_if_its_key_is_trusted(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = own_fingerprint()
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "another"))
    with pytest.raises(qlop.DataError, match=f"signed by another key, {theirs}"):
        read_signed_joblib(file)
    assert read_signed_joblib(file, trusted=[theirs]).fingerprint == theirs


def test_a_file_that_is_not_there_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(qlop.DataError, match="cannot be read"):
        read_signed_joblib(tmp_path / "none.joblib")


class Bare(LeastSquares):
    """A model of no library."""

    def library_object(self) -> None:
        return None


def test_a_model_without_an_object_of_a_library_is_refused_with_what_to_use(tmp_path: Path) -> None:
    artifact = saved(Linear("linear", Linear.Params()), tmp_path / "model")
    plain = replace(artifact, model=Bare("least_squares", Bare.Params()))
    with pytest.raises(qlop.ExportError, match=r"Model 'least_squares' has no trained object .* native or bundle"):
        exported(plain, tmp_path)
    assert not list(tmp_path.glob("*.joblib*"))


def test_without_a_usable_key_nothing_is_written(configuration: Path, tmp_path: Path) -> None:
    artifact = saved(Linear("linear", Linear.Params()), tmp_path / "model")
    (configuration / "signing.key").write_text("no key")
    (configuration / "signing.key").chmod(0o600)
    with pytest.raises(qlop.ExportError, match=r"signing\.key holds no key of 32 bytes"):
        exported(artifact, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_file_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "model.joblib").write_text("mine")
    with pytest.raises(qlop.ExportError, match="exists already"):
        exported(saved(Linear("linear", Linear.Params()), tmp_path / "model"), tmp_path)
    assert (tmp_path / "model.joblib").read_text() == "mine"
