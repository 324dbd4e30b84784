"""The mode backtest: its contract, and whose predictions it trades."""

import json

import pytest
from qlop.testing import OrchestratorContractSuite

from core.base.errors import ConfigError
from core.services.compare import compare_runs
from core.services.compare_verdict import comparison_verdict
from core.services.tear_sheet import read_tear_sheet
from core.ui.tear_sheet.html_report import html_report
from plugins.orchestrators.backtest import Backtest


class TestBacktest(OrchestratorContractSuite):
    plugin_class = Backtest


def test_the_summary_names_the_run_and_the_model_that_predicted(modes, trained, small):
    outcome = modes.run("backtest", {**small, "backtest": {"predictions_run": trained.run_id}})
    words = " ".join(outcome.summary.split())
    assert words.startswith("A small run")
    assert f"Predictions come from run {trained.run_id} (model linear); it had these prices." in words.split("Data")[0]
    assert modes.warnings() == []


def test_other_data_with_the_predicted_bars_in_them_are_named_in_log_and_summary(modes, trained, small):
    small["data"]["end_date"] = "2009-02-27"
    outcome = modes.run("backtest", {**small, "backtest": {"predictions_run": trained.run_id}})
    said = f"Predictions come from run {trained.run_id} (model linear); its data differ from these prices."
    assert said in " ".join(outcome.summary.split())
    assert said in modes.warnings()


def test_predictions_for_bars_that_the_prices_lack_are_refused(modes, trained, small):
    small["data"]["tickers"] = ["AAPL", "MSFT"]
    outcome = modes.run("backtest", {**small, "backtest": {"predictions_run": trained.run_id}})
    assert outcome.status == "failed"
    assert f"run {trained.run_id} predicts IBM at" in outcome.error
    assert "the prices have no such bar" in outcome.error


@pytest.mark.parametrize("path", ["strategy", "backtest.baselines.rival"])
def test_a_strategy_without_predictions_is_refused_before_the_run_exists(modes, small, path):
    rule = {"strategy_type": "constant_leverage"}
    needy = {"strategy_type": "threshold"}
    small["strategy"] = needy if path == "strategy" else rule
    small["backtest"] = {"baselines": {"rival": rule if path == "strategy" else needy}}
    with pytest.raises(ConfigError, match=rf"{path}\.strategy_type is 'threshold', which needs predictions"):
        modes.run("backtest", small)


def test_adjusted_prices_are_refused_for_a_broker_that_counts_shares(modes, small):
    small |= {"strategy": {"strategy_type": "constant_leverage"}, "broker": {"broker_type": "per_share"}}
    small["data"]["adjustment"] = "splits"
    with pytest.raises(ConfigError, match=r"data\.adjustment is 'splits'"):
        modes.run("backtest", small)


@pytest.fixture(scope="module")
def pretrained(modes, trained):
    """A run of mode train whose model is the ONNX file of a run that has learned from its very bars."""
    exported = modes.run("export", {"export": {"model_run": trained.run_id, "exporter_type": "onnx"}})
    assert exported.status == "completed", exported.error
    (file,) = (exported.folder / "artifacts" / "export").glob("*.onnx")
    config = modes.workbench.home.run_path(trained.run_id) / "config.json"
    model = {"model_type": "onnx", "model_params": {"path": str(file)}}
    outcome = modes.run("train", {**json.loads(config.read_text()), "model": model})
    assert outcome.status == "completed", outcome.error
    return outcome


def test_a_backtest_of_a_pretrained_model_is_called_no_test_wherever_it_is_judged(modes, small, trained, pretrained):
    assert "These scores are NO TEST: the model learned elsewhere" in " ".join(pretrained.summary.split())
    outcome = modes.run("backtest", {**small, "backtest": {"predictions_run": pretrained.run_id}})
    assert outcome.status == "completed", outcome.error
    said = " ".join(outcome.summary.split())
    assert "This backtest is NO TEST: the model learned elsewhere, from bars until 2008-12-31" in said
    assert "its model may have learned from these very bars" in said
    assert "NO TEST" in read_tear_sheet(modes.workbench, outcome.run_id).no_test
    assert "These figures are NO TEST" in html_report(modes.workbench, outcome.run_id).decode()
    honest = modes.run("backtest", {**small, "backtest": {"predictions_run": trained.run_id}})
    assert "NO TEST" not in honest.summary
    assert read_tear_sheet(modes.workbench, honest.run_id).no_test == ""
    compared = compare_runs(modes.workbench, [honest.run_id, outcome.run_id])
    assert compared.no_test == (outcome.run_id,)
    assert comparison_verdict(compared)[0].endswith(f"these very bars: {outcome.run_id[:8]}.")
    assert compared.no_test_in_words in compared.as_text()


def test_a_run_that_is_older_than_what_is_kept_of_its_model_is_no_test_all_the_same(modes, small, pretrained):
    kept = pretrained.folder / "artifacts" / "learned_elsewhere.json"
    content = kept.read_bytes()
    kept.unlink()
    try:
        outcome = modes.run("backtest", {**small, "backtest": {"predictions_run": pretrained.run_id}})
    finally:
        kept.write_bytes(content)
    assert outcome.status == "completed", outcome.error
    said = " ".join(outcome.summary.split())
    assert "This backtest is NO TEST: the model learned elsewhere, from bars that its file does not name" in said
    assert read_tear_sheet(modes.workbench, outcome.run_id).no_test.startswith("These figures are NO TEST")


def test_a_models_file_says_until_when_its_pretrained_model_had_learned(modes, pretrained):
    card = json.loads((pretrained.folder / "artifacts" / "model" / "model.json").read_text())
    assert card["learned"]["elsewhere"] == "known"
    assert card["learned"]["until"] == "2008-12-31T00:00:00+00:00"
    assert "| Before it came here | bars until 2008-12-31, as its file says |" in (
        (pretrained.folder / "artifacts" / "model_card.md").read_text()
    )
