"""The mode backtest: its contract, and whose predictions it trades."""

import pytest
from qlop.testing import OrchestratorContractSuite

from core.base.errors import ConfigError
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
