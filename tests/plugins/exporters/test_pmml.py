"""The `pmml` exporter's files are read by pypmml, which is not ours, and predict as the original."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
import qlop
from qlop.engine import comparison_rows, fitted_model_of, load_model_artifact, predict_by_pypmml, save_fitted_model
from qlop.testing import ExporterContractSuite

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel, PayoffMap
from core.engine.model_example import example_rows
from core.testing.example_model import LeastSquares
from plugins.exporters.pmml import Pmml
from plugins.models.lightgbm import LightGBM
from plugins.models.linear import Linear
from plugins.models.random_forest import RandomForest
from plugins.models.xgboost import XGBoost

NAMESPACE = "{http://www.dmg.org/PMML-4_4}"
HOSTILE = ("a<\"&'=b]]>", "=cmd() \u202e", "model_sum_0")
SMALL = {
    XGBoost: {"n_estimators": 15},
    LightGBM: {"num_iterations": 15},
    RandomForest: {"n_estimators": 10, "max_depth": 5},
    Linear: {},
}


def trained(kind: type[qlop.ModelPlugin], n_classes: int, folder: Path, method: str | None) -> qlop.ModelArtifact:
    """A model of features with hostile names, calibrated and with a payoff, as a run keeps it."""
    random = np.random.default_rng(8)
    bars = pd.date_range("2015-01-01", periods=400, tz="UTC")
    index = pd.MultiIndex.from_product([bars, ["A", "B"]], names=["timestamp", "ticker"])
    values = np.column_stack((random.normal(size=(800, 2)), random.integers(0, 5, 800) / 10))
    features = pd.DataFrame(values, index=index, columns=list(HOSTILE))
    score = values[:, 0] + 2.0 * values[:, 1] * values[:, 2] + random.normal(size=800)
    features = features.mask(random.random(features.shape) < 0.05)
    steps = {0: 900.0 * score, 2: (score > 0.0) * 1.0, 3: np.digitize(score, [-0.5, 0.5]) - 1.0}
    target = pd.Series(steps[n_classes], index=index)
    model = kind(kind.name, kind.Params(**SMALL[kind]))
    task = "classification" if n_classes else "regression"
    model.train(qlop.TrainingData(features, target), None, qlop.TrainContext(task))
    classes = tuple(sorted(set(target))) if n_classes else ()
    raw = model.predict(features)
    shares = [raw[f"probability_{label:g}"] for label in classes]
    parts = list(zip(classes, shares, strict=True))[1 if n_classes == 2 else 0 :]
    maps = tuple(Calibrator.fit(share, target == label, method=method) for label, share in parts) if method else ()
    scale = "probability" if classes else "value"
    paid = Calibrator.fit(shares[-1] if classes else raw["prediction"], score > 0.0, method="platt", scale=scale)
    fitted = FittedModel(model, task, HOSTILE, classes, maps, PayoffMap(paid, 0.021, 0.034))
    folder.mkdir()
    save_fitted_model(fitted, folder, example_features=example_rows(features, accepts_missing=True))
    return load_model_artifact(folder, lambda: kind(kind.name, model.params))


def exported(artifact: qlop.ModelArtifact, folder: Path, **params: object) -> qlop.ExportResult:
    return Pmml("pmml", Pmml.Params(**params)).export(artifact, folder / "model.pmml")


class TestPmml(ExporterContractSuite):
    plugin_class = Pmml

    def make_artifact(self, folder: Path) -> qlop.ModelArtifact:
        return trained(Linear, 2, folder, "platt")


@pytest.mark.parametrize("n_classes", [0, 2, 3])
@pytest.mark.parametrize("kind", list(SMALL))
def test_every_kind_of_model_predicts_as_the_original_on_ten_thousand_rows_with_missing_values(
    kind: type[qlop.ModelPlugin], n_classes: int, tmp_path: Path
) -> None:
    artifact = trained(kind, n_classes, tmp_path / "model", "platt" if n_classes else None)
    result = exported(artifact, tmp_path)
    assert result.rows_compared == 10_064
    assert 0.0 <= result.largest_difference <= 1e-5
    assert result.remark == ""
    # Once more by hand, so that the exporter's own word is not all there is.
    rows = comparison_rows(artifact, 200, seed=5)
    assert rows.isna().any(axis=None)
    found, expected = predict_by_pypmml(result.path, rows), fitted_model_of(artifact).predict(rows)
    assert set(found.columns) == set(expected.columns)
    scale = expected.abs().max()
    assert ((found[expected.columns] - expected).abs() / scale.where(scale > 0.0, 1.0)).max(axis=None) < 1e-5


@pytest.mark.parametrize("n_classes", [2, 3])
def test_an_isotonic_calibration_is_written(n_classes: int, tmp_path: Path) -> None:
    result = exported(trained(Linear, n_classes, tmp_path / "model", "isotonic"), tmp_path)
    assert result.largest_difference < 1e-9


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_steps_of_an_isotonic_calibration_are_met_by_sums_in_single_precision(
    n_classes: int, tmp_path: Path
) -> None:
    artifact = trained(XGBoost, n_classes, tmp_path / "model", "isotonic")
    result = exported(artifact, tmp_path, verify=False)
    rows = comparison_rows(artifact, 3_000)
    found, expected = predict_by_pypmml(result.path, rows), fitted_model_of(artifact).predict(rows)
    apart = (found["probability_1"] - expected["probability_1"]).abs()
    # One exponential in thousands is rounded otherwise in its last digit.
    assert (apart > 1e-12).mean() < 0.005
    assert apart.max() < 1e-5


def test_an_uncalibrated_file_says_so_and_gives_the_models_own_probabilities(tmp_path: Path) -> None:
    artifact = trained(XGBoost, 2, tmp_path / "model", "isotonic")
    result = exported(artifact, tmp_path, calibrated=False)
    assert result.remark.startswith("uncalibrated: ")
    assert result.rows_compared == 10_064
    header = ET.parse(result.path).getroot().find(f"{NAMESPACE}Header")
    assert "uncalibrated" in header.attrib["description"]
    rows = comparison_rows(artifact, 100)
    found = predict_by_pypmml(result.path, rows)["probability_1"]
    np.testing.assert_allclose(found, artifact.model.predict(rows)["probability_1"], atol=1e-6)


def test_a_difference_beyond_the_tolerance_leaves_no_file_and_names_it(tmp_path: Path) -> None:
    artifact = trained(Linear, 0, tmp_path / "model", None)
    expected = artifact.expected_predictions.copy()
    expected.iloc[7, 0] += 1.0
    with pytest.raises(qlop.ExportError, match=r"predicts prediction .* in row 7 .* may differ by 1e-05"):
        exported(replace(artifact, expected_predictions=expected), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_steps_of_an_isotonic_calibration_that_single_precision_blurs_are_named(tmp_path: Path) -> None:
    artifact = trained(XGBoost, 2, tmp_path / "model", "isotonic")
    with pytest.raises(qlop.ExportError, match="Its isotonic calibration rises in steps"):
        exported(artifact, tmp_path, tolerance=1e-12)


def test_without_java_nothing_is_written_unless_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = trained(Linear, 2, tmp_path / "model", "platt")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "none"))
    with pytest.raises(
        qlop.ExportError, match=r"no java is found: install a Java .* set export\.exporter_params\.verify to false"
    ):
        exported(artifact, tmp_path)
    assert not list(tmp_path.glob("*.pmml*"))
    result = exported(artifact, tmp_path, verify=False)
    assert (result.rows_compared, result.remark) == (0, "written without being read back (verify: false)")
    monkeypatch.delenv("JAVA_HOME")
    rows = comparison_rows(artifact, 50)
    found = predict_by_pypmml(result.path, rows)["probability_1"]
    np.testing.assert_allclose(found, fitted_model_of(artifact).predict(rows)["probability_1"], atol=1e-9)


@pytest.mark.parametrize("name", ["INT", "TERM"])
def test_a_reader_that_was_ended_from_outside_is_no_finding_about_the_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = trained(Linear, 2, tmp_path / "model", "platt")
    java = tmp_path / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\nkill -s {name} $PPID\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    with pytest.raises(
        qlop.ExportError, match=rf"was ended from outside, with signal \d+ \(SIG{name}\): the file is not"
    ):
        exported(artifact, tmp_path)
    assert not list(tmp_path.glob("*.pmml*"))


def test_two_exports_have_the_same_bytes(tmp_path: Path) -> None:
    artifact = trained(XGBoost, 3, tmp_path / "model", "platt")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        exported(artifact, tmp_path / name, verify=False)
    assert (tmp_path / "a" / "model.pmml").read_bytes() == (tmp_path / "b" / "model.pmml").read_bytes()


class Bare(LeastSquares):
    """A model of no library."""

    def library_object(self) -> None:
        return None


def test_a_model_that_is_no_sum_is_refused_with_what_to_use(tmp_path: Path) -> None:
    artifact = ExporterContractSuite().make_artifact(tmp_path / "model")
    artifact = replace(artifact, model=Bare("least_squares", Bare.Params()))
    with pytest.raises(
        qlop.ExportError, match=r"model 'least_squares' is of none of the libraries .* native or bundle"
    ):
        exported(artifact, tmp_path)


def test_a_file_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "model.pmml").write_text("mine")
    with pytest.raises(qlop.ExportError, match="exists already"):
        exported(trained(Linear, 2, tmp_path / "model", None), tmp_path)
    assert (tmp_path / "model.pmml").read_text() == "mine"
