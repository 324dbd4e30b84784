"""A model that gives every row one answer is said to, where a person asks it."""

import pandas as pd
import qlop
from qlop.engine import load_model_artifact, save_fitted_model
from qlop.testing import make_training_data

from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel
from core.services.constant_answers import constant_answer
from core.services.predict_bundle import predict_by_bundle
from core.services.workbench import open_workbench
from plugins.exporters.bundle import Bundle
from plugins.models.linear import Linear


def said(*calibrators, prediction):
    fitted = FittedModel(Linear("linear", Linear.Params()), "classification", ("a",), (0.0, 1.0), calibrators)
    return constant_answer(fitted, pd.DataFrame({"prediction": prediction}))


def test_a_model_that_tells_rows_apart_bears_no_word():
    assert said(Calibrator("platt", slope=1.0), prediction=[0.1, 0.2]) == ()
    assert said(prediction=[0.1, 0.2]) == ()


def test_a_calibration_that_leaves_the_base_rate_is_told_before_what_the_examples_show():
    (told,) = said(Calibrator("platt", slope=0.0), prediction=[0.5, 0.5])
    assert told.startswith("The model gives its base rate for every row: in the rows that calibrated it")


def test_a_model_whose_examples_are_all_alike_may_be_constant_and_a_single_one_shows_nothing():
    (told,) = said(prediction=[0.5, 0.5, 0.5])
    assert told == "The model gives one prediction for all 3 example rows of its file: it may be constant."
    assert said(prediction=[0.5]) == ()


def test_whoever_asks_a_bundle_of_such_a_model_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    learned, model = make_training_data("classification"), Linear("linear", Linear.Params())
    model.train(learned, None, qlop.TrainContext("classification"))
    names, flat = tuple(learned.features.columns), Calibrator("platt", slope=0.0, intercept=-0.3)
    fitted = FittedModel(model, "classification", names, (0.0, 1.0), (flat,))
    (tmp_path / "model").mkdir()
    save_fitted_model(fitted, tmp_path / "model", example_features=learned.features.iloc[:40])
    artifact = load_model_artifact(tmp_path / "model", lambda: Linear("linear", Linear.Params()))
    bundle, rows = tmp_path / "model.qlop-bundle.zip", tmp_path / "rows.csv"
    Bundle("bundle", Bundle.Params()).export(artifact, bundle)
    learned.features.head(9).to_csv(rows, index=False)
    found = predict_by_bundle(open_workbench(tmp_path / "home"), bundle, rows)
    assert found.table["probability_1"].nunique() == 1
    (told,) = [note for note in found.notes if "base rate" in note]
    assert told.endswith("in the rows that calibrated it, higher scores did not win more often.")
