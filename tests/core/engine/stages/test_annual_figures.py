"""Annual figures and Sharpe ratios of whole runs, by the bars and the rates of their data."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import qlop
from pydantic import ValidationError

MONTHS = pd.date_range("2000-01-31", periods=156, freq="ME")


def prices(dates, close, **columns):
    return pd.DataFrame(
        {"date": dates, "open": close, "high": close, "low": close, "close": close, "volume": 1.0, **columns}
    )


def growing(n, total):
    """A path that grows to `total` times its beginning, with a swing of a tenth around."""
    return 100.0 * total ** (np.arange(n) / (n - 1)) * (1.0 + 0.05 * np.sin(np.pi * np.arange(n) / (n - 1) * 4))


def bought_and_held(tmp_path, table, data=(), source=(), broker=(), backtest=(), strategy=()):
    """Run constant_leverage on a table, without costs; return metrics and summary."""
    table.to_csv(tmp_path / "A.csv", index=False)
    outcome = qlop.run(
        {
            "mode": "backtest",
            "data": {
                "data_source_type": "files",
                "data_source_params": {"path": str(tmp_path / "A.csv"), **dict(source)},
                "adjustment": "total_return",
                **dict(data),
            },
            "strategy": {"strategy_type": "constant_leverage", "strategy_params": dict(strategy)},
            "broker": {"broker_params": {"fee_bps": 0.0, **dict(broker)}},
            "execution": {"fill": "same_close"},
            "backtest": dict(backtest),
        },
        home=tmp_path / "home",
    )
    text = Path(outcome.artifacts["summary.txt"]).read_text(encoding="utf-8")
    return outcome.metrics, re.sub(r"\s+", " ", text)


PLAIN = {"price_adjustment": "total_return"}
NO_RATE = {"base_rate_annual": 0.0}


def test_156_monthly_bars_are_13_years(tmp_path):
    table = prices(MONTHS, growing(156, 3.94244))
    metrics, summary = bought_and_held(tmp_path, table, {"interval": "1mo"}, PLAIN, NO_RATE)
    assert metrics["final_equity"] == pytest.approx(394_244.0)
    assert metrics["cagr"] == pytest.approx(3.94244 ** (1 / 13) - 1)
    assert "13.0 years can show little" in summary


def test_volatility_and_comparisons_are_those_of_months(tmp_path):
    close = growing(156, 3.94244)
    baseline = {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 0.0}}
    metrics, summary = bought_and_held(
        tmp_path, prices(MONTHS, close), {"interval": "1mo"}, PLAIN, NO_RATE, {"baselines": {"cash": baseline}}
    )
    returns = np.concatenate(([0.0], np.diff(close) / close[:-1]))
    assert metrics["volatility_annual"] == pytest.approx(returns.std(ddof=1) * math.sqrt(12))
    assert metrics["sharpe"] == pytest.approx(returns.mean() / returns.std(ddof=1) * math.sqrt(12))
    # Cash has a Sharpe ratio of 0: the difference is the strategy's own.
    assert f"Beside cash: the Sharpe ratio of constant_leverage is {metrics['sharpe']:.2f} above" in summary


def test_hourly_bars_are_counted_by_the_session(tmp_path):
    days = pd.bdate_range("2024-01-02", periods=40)
    hours = pd.DatetimeIndex([day + pd.Timedelta(hours=14 + n) for day in days for n in range(7)], tz="UTC")
    close = growing(280, 1.1)
    metrics, _ = bought_and_held(tmp_path, prices(hours, close), {"interval": "1h"}, PLAIN, NO_RATE)
    assert metrics["cagr"] == pytest.approx(1.1 ** (252 / 40) - 1)


def test_the_config_may_state_the_bars_of_a_year(tmp_path):
    table = prices(pd.date_range("2020-01-01", periods=365), growing(365, 1.2))
    metrics, _ = bought_and_held(tmp_path, table, {}, PLAIN, NO_RATE, {"periods_per_year": 365})
    assert metrics["cagr"] == pytest.approx(0.2)


@pytest.mark.parametrize("stated", [0, -12, 1_000_001])
def test_bars_of_a_year_that_cannot_be_are_refused(stated):
    with pytest.raises(ValidationError, match="periods_per_year"):
        qlop.RunConfig.model_validate({"backtest": {"periods_per_year": stated}})


def test_a_rate_per_bar_is_taken_off_as_it_is(tmp_path):
    close = growing(156, 3.0)
    rate = np.where(np.arange(156) % 2 == 0, 0.004, 0.001)
    metrics, summary = bought_and_held(
        tmp_path,
        prices(MONTHS, close, risk_free_rate_annual=rate),
        {"interval": "1mo"},
        PLAIN,
        {"accrual": "per_bar", "debit_spread_annual": 0.0},
    )
    over = np.concatenate(([0.0], np.diff(close) / close[:-1] - rate[:-1]))
    assert metrics["sharpe"] == pytest.approx(over.mean() / over.std(ddof=1) * math.sqrt(12))
    assert "Sharpe ratios are over the risk-free rate." in summary


def test_an_annual_rate_is_taken_off_by_the_brokers_basis(tmp_path):
    close = growing(156, 3.0)
    table = prices(MONTHS, close, risk_free_rate_annual=0.04)
    metrics, _ = bought_and_held(tmp_path, table, {"interval": "1mo"}, PLAIN, {"basis": 365.0})
    rate = 0.04 * np.diff(MONTHS.to_numpy()).astype("timedelta64[D]").astype(float) / 365.0
    over = np.concatenate(([0.0], np.diff(close) / close[:-1] - rate))
    assert metrics["sharpe"] == pytest.approx(over.mean() / over.std(ddof=1) * math.sqrt(12))


def test_returns_over_cash_have_nothing_taken_off(tmp_path):
    returns = np.where(np.arange(156) % 3 == 0, -0.01, 0.02)
    table = pd.DataFrame({"date": MONTHS, "returns": returns, "risk_free_rate_annual": 0.05})
    source = {"returns_only": True, "unfunded": True}
    metrics, summary = bought_and_held(tmp_path, table, {"interval": "1mo"}, source)
    earned = np.concatenate(([0.0], returns[1:]))
    assert metrics["sharpe"] == pytest.approx(earned.mean() / earned.std(ddof=1) * math.sqrt(12))
    assert "returns are over cash already" in summary
    assert "nothing is borrowed" in summary
