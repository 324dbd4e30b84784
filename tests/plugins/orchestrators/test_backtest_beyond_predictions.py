"""A backtest over more prices than were predicted ends with the predictions, and names what nobody predicted."""

import pandas as pd


def curve_of(outcome):
    return pd.read_parquet(outcome.folder / "artifacts" / "equity.parquet")["timestamp"]


def test_it_ends_a_bar_after_the_last_prediction_for_the_baselines_too(modes, trained, small):
    small["data"]["end_date"] = "2009-06-30"
    rival = {"rival": {"strategy_type": "constant_leverage"}}
    outcome = modes.run("backtest", {**small, "backtest": {"predictions_run": trained.run_id, "baselines": rival}})
    assert outcome.status == "completed", outcome.error
    assert curve_of(outcome).iloc[-1] == pd.Timestamp("2009-01-02", tz="UTC")
    baselines = pd.read_parquet(outcome.folder / "artifacts" / "baselines.parquet")
    assert baselines["timestamp"].max() == pd.Timestamp("2009-01-02", tz="UTC")
    said = "The predictions end at 2008-12-31: the backtest ends with the bar after it, 2009-01-02, and 123 later bars"
    assert said in " ".join(outcome.summary.split())
    assert any(said in warning for warning in modes.warnings())


def test_tickers_that_nobody_predicted_are_named_in_log_and_summary(modes, trained, small):
    small["data"]["tickers"] = ["AAPL", "IBM", "MSFT"]
    outcome = modes.run("backtest", {**small, "backtest": {"predictions_run": trained.run_id}})
    said = "1 of 3 tickers has no prediction: MSFT."
    assert said in " ".join(outcome.summary.split())
    assert any(said in warning for warning in modes.warnings())
