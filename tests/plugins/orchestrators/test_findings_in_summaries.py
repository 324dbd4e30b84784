"""What looks odd in the prices stands in every summary, not in the log alone."""

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def odd_prices(tmp_path):
    """A CSV of two tickers, one with an unadjusted split, a hole and closes that stand still."""
    days = pd.bdate_range("2015-01-01", periods=640)
    generator, nights = np.random.default_rng(4), np.random.default_rng(5)
    parts = []
    for ticker in ("AAA", "BBB"):
        close = 100.0 * np.exp(np.cumsum(generator.normal(0.0, 0.01, len(days))))
        opens = np.r_[100.0, close[:-1]] * np.exp(nights.normal(0.0, 0.002, len(days)))
        prices = {"open": opens, "close": close}
        frame = pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "ticker": ticker, **prices})
        parts.append(frame.assign(high=frame[["open", "close"]].max(axis=1), low=frame[["open", "close"]].min(axis=1)))
    columns = ["open", "high", "low", "close"]
    parts[0].loc[300:, columns] /= 2.0
    parts[0].loc[400:410, columns] = 50.0
    odd = pd.concat([parts[0].drop(index=range(500, 540)), parts[1]]).assign(volume=1e5)
    path = tmp_path / "odd.csv"
    odd.to_csv(path, index=False)
    return {"data_source_type": "files", "data_source_params": {"path": str(path), "no_corporate_actions": True}}


@pytest.mark.parametrize("mode", ["train", "backtest"])
def test_a_split_a_hole_and_standing_closes_are_in_the_summary(modes, small, odd_prices, mode):
    rule = {"strategy": {"strategy_type": "constant_leverage"}, "broker": {"broker_params": {"base_rate_annual": 0.02}}}
    outcome = modes.run(mode, {**small, **rule, "data": odd_prices})
    assert outcome.status == "completed", outcome.error
    findings = json.loads((outcome.folder / "artifacts" / "data.json").read_text())["findings"]
    assert len(findings) == 3
    said = " ".join(outcome.summary.split())
    for finding in findings:
        assert f"Finding {finding}" in said
    for named in (
        "40 bars are missing",
        "not adjusted for, the first of AAA at 2016-02-25",
        "stands still for 11 bars",
    ):
        assert named in said
    if mode == "backtest":
        assert "said to be adjusted for splits and dividends" in said


def test_findings_of_the_benchmark_are_told_as_its_own(modes, small, odd_prices):
    rule = {"strategy": {"strategy_type": "constant_leverage"}, "broker": {"broker_params": {"base_rate_annual": 0.02}}}
    data = {**odd_prices, "tickers": ["BBB"], "end_date": "2016-12-01"}
    outcome = modes.run("backtest", {**small, **rule, "data": data, "backtest": {"benchmark": "AAA"}})
    assert outcome.status == "completed", outcome.error
    assert "Finding Benchmark: 1 bars open as if after a split" in " ".join(outcome.summary.split())


def test_opens_that_copy_a_close_are_told_to_who_trades_them(modes, small, odd_prices):
    path = odd_prices["data_source_params"]["path"]
    bars = pd.read_csv(path)
    is_copied = bars["ticker"] == "BBB"
    bars.loc[is_copied, "open"] = bars.loc[is_copied, "close"].shift().fillna(100.0)
    bars["high"], bars["low"] = bars[["open", "close"]].max(axis=1), bars[["open", "close"]].min(axis=1)
    bars.to_csv(path, index=False)
    rule = {"strategy": {"strategy_type": "constant_leverage"}, "broker": {"broker_params": {"base_rate_annual": 0.02}}}
    outcome = modes.run("backtest", {**small, **rule, "data": {**odd_prices, "tickers": ["BBB"]}})
    assert outcome.status == "completed", outcome.error
    said = " ".join(outcome.summary.split())
    assert "Finding The open of BBB is the close before on 639 of 639 bars that moved from 2015-01-01" in said
    assert "an order at the open is filled at a price of the day before." in said


def a_bar_in_pence(bars):
    bars.loc[100, ["open", "high", "low", "close"]] *= 100.0


def a_contradicting_adjusted_close(bars):
    bars["adjusted_close"] = bars["close"] * np.where(bars.index < 120, 0.5, 1.0)


def days_to_come(bars):
    bars["date"] = pd.bdate_range("2190-01-01", periods=len(bars)).strftime("%Y-%m-%d")


def bars_of_one_price(bars):
    for column in ("open", "high", "low"):
        bars[column] = bars["close"]


@pytest.mark.parametrize(
    ("broken", "finding"),
    [
        (a_bar_in_pence, "1 bar holds a price far from both closes beside it: AAA at 2015-05-21 shows "),
        (a_contradicting_adjusted_close, "Prices are said to be adjusted for splits and dividends, and adjusted_close"),
        (days_to_come, "260 bars lie after the present moment ("),
        (
            bars_of_one_price,
            "The open of AAA is the bar's own close, as are high and low, on 259 of 259 bars that moved",
        ),
    ],
)
def test_broken_prices_are_told_in_log_and_summary_of_a_backtest(modes, small, odd_prices, broken, finding):
    path = odd_prices["data_source_params"]["path"]
    bars = pd.read_csv(path).query("ticker == 'AAA'").head(260).reset_index(drop=True)
    broken(bars)
    bars.to_csv(path, index=False)
    rule = {"strategy": {"strategy_type": "constant_leverage"}, "broker": {"broker_params": {"base_rate_annual": 0.02}}}
    data = {**odd_prices, "data_source_params": {"path": path, "price_adjustment": "total_return"}}
    outcome = modes.run("backtest", {**small, **rule, "data": data})
    assert outcome.status == "completed", outcome.error
    (told,) = json.loads((outcome.folder / "artifacts" / "data.json").read_text())["findings"]
    assert told.startswith(finding)
    assert f"Finding {told}" in " ".join(outcome.summary.split())
    assert finding in (outcome.folder / "events.jsonl").read_text()


def test_what_its_source_knows_of_a_ticker_is_told_to_who_trades_it(modes, small):
    config = {**small, "strategy": {"strategy_type": "constant_leverage"}}
    of_index = {**small["data"], "tickers": ["SP500"]}
    said = " ".join(modes.run("backtest", {**config, "data": of_index}).summary.split())
    assert "Finding SP500 is a price index: nobody can buy one, and its dividends are not in its prices." in said
    assert "Finding SP500's opens often repeat the close before" in said
    assert "Survivorship" not in said
    said = " ".join(modes.run("backtest", {**config, "backtest": {"benchmark": "SP500"}}).summary.split())
    assert "Finding" not in said
    assert "Survivorship" in said
