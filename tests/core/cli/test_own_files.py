"""A person's own files, from the config to the books."""

import numpy as np
import pandas as pd

RUN = """
mode: backtest
data: {data_source_type: files, data_source_params: %s, adjustment: %s}
strategy: {strategy_type: %s, strategy_params: %s}
broker: {broker_params: {base_rate_annual: 0.05, fee_bps: 0.0, margin: {initial_long: 0.4}}}
execution: {rebalance: every_bar}
"""


def config(qlop, source, adjustment, strategy, strategy_params="{}"):
    path = qlop.folder / "own.yaml"
    path.write_text(RUN % (source, adjustment, strategy, strategy_params), encoding="utf-8")
    return path


def test_excess_returns_at_2x_pay_no_interest(qlop):
    dates = pd.bdate_range("2020-01-01", periods=260)
    pd.DataFrame({"date": dates, "return": np.zeros(260)}).to_csv(qlop.folder / "factor.csv", index=False)
    source = "{path: factor.csv, returns_only: true, unfunded: true, columns: {timestamp: date, returns: return}}"
    path = config(qlop, source, "total_return", "constant_leverage", "{leverage: 2.0}")
    metrics = qlop.json("backtest", "-c", path)["metrics"]
    assert metrics["cost_debit_interest"] == 0.0
    assert metrics["final_equity"] == 100_000.0


def test_a_split_in_raw_prices_is_no_crash_to_a_strategy(qlop):
    """The same exposures from raw prices, which fall to a half, and from split-adjusted ones."""
    exposures = {}
    for adjustment in ("raw", "splits"):
        outcome = qlop.json(
            "backtest", "-c", qlop.config, "--set", "strategy.strategy_type=volatility_managed",
            "--set", f"data.adjustment={adjustment}", "--set", "data.tickers=[AAPL]", "--set", "backtest.benchmark=null",
            "--set", "data.start_date=2000-03-01", "--set", "data.end_date=2001-12-31",
        )  # fmt: skip
        exposures[adjustment] = pd.read_parquet(outcome["artifacts"]["exposures"])["exposure"]
    pd.testing.assert_series_equal(exposures["raw"], exposures["splits"], rtol=1e-9)
