"""A run that is older than learned_elsewhere.json is no test all the same, where its model came with what it knows."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

import pandas as pd
import pytest

from core.services.no_test import no_test_warning
from core.services.run_files import open_run_files
from core.services.workbench import open_workbench
from core.store.run_session import open_run

LINEAR = {"model_type": "linear", "model_params": {}}
ONNX = {"model_type": "onnx", "model_params": {"path": "long_gone.onnx"}}
STACKED = {
    "model_type": "ensemble",
    "model_params": {"members": [LINEAR], "method": "stacking", "final_model": ONNX},
}
UNKNOWN = "These figures are NO TEST: the model learned elsewhere, from bars that its file does not name."
KNOWN = {"until": "2030-01-02", "first_bar": "2020-01-02", "is_test": False}


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


def kept(workbench, config: Mapping[str, object], *tables: str, **records: object) -> str:
    """Keep a completed run that announced these artifacts, and return its id."""
    days = pd.date_range("2020-01-02", periods=2, tz="UTC")
    index = pd.MultiIndex.from_product([days, ["A"]], names=["timestamp", "ticker"])
    run_id = str(uuid4())
    with open_run(workbench.home, run_id, config, {}, owns_process=False) as session:
        for name in tables:
            session.save_table(name, pd.DataFrame({"prediction": 1.0}, index=index))
        for name, record in records.items():
            session.save_json(name, record)
    return run_id


def training(workbench, model: object, **records: object) -> str:
    return kept(workbench, {"mode": "train", "model": model}, "predictions", **records)


def backtest_of(workbench, source: str) -> str:
    # The section of the model is used by no backtest, and says nothing of whose predictions were traded.
    return kept(workbench, {"mode": "backtest", "model": ONNX, "backtest": {"predictions_run": source}}, "equity")


def warning(workbench, run_id: str) -> str:
    return no_test_warning(workbench, open_run_files(workbench, run_id))


@pytest.mark.parametrize("model", [ONNX, STACKED], ids=["onnx", "final model of an ensemble"])
def test_a_training_and_a_backtest_of_it_that_do_not_say_it_are_no_test(workbench, model) -> None:
    trained = training(workbench, model)
    assert warning(workbench, trained).startswith(UNKNOWN)
    assert warning(workbench, backtest_of(workbench, trained)).startswith(UNKNOWN)


def test_a_backtest_of_a_models_file_is_judged_by_what_the_file_held(workbench) -> None:
    config = {"mode": "backtest", "model": LINEAR, "backtest": {"model_file": "m.zip"}}
    assert warning(workbench, kept(workbench, config, "model_predictions", model_file=ONNX)).startswith(UNKNOWN)
    assert warning(workbench, kept(workbench, {**config, "model": ONNX}, "model_predictions", model_file=LINEAR)) == ""


def test_a_backtest_that_does_not_say_it_is_judged_by_what_the_training_says(workbench) -> None:
    trained = training(workbench, ONNX, learned_elsewhere=KNOWN)
    assert "from bars until 2030-01-02" in warning(workbench, backtest_of(workbench, trained))
    honest = training(workbench, ONNX, learned_elsewhere={**KNOWN, "until": "2019-12-31", "is_test": True})
    assert warning(workbench, backtest_of(workbench, honest)) == ""


@pytest.mark.parametrize(
    "model",
    [LINEAR, None, {"model_type": "gone", "model_params": {}}, {"model_type": "onnx", "model_params": {"paht": "x"}}],
    ids=["learns here", "none", "plugin is gone", "other parameters now"],
)
def test_of_a_model_that_learns_here_or_cannot_be_made_nothing_is_said(workbench, model) -> None:
    trained = training(workbench, model)
    assert warning(workbench, trained) == ""
    assert warning(workbench, backtest_of(workbench, trained)) == ""


def test_a_backtest_by_a_rule_or_of_a_run_that_is_gone_is_not_called_anything(workbench) -> None:
    assert warning(workbench, kept(workbench, {"mode": "backtest", "model": ONNX}, "equity")) == ""
    assert warning(workbench, backtest_of(workbench, str(uuid4()))) == ""
