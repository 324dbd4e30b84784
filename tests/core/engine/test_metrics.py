from __future__ import annotations

import math
from dataclasses import replace

import empyrical
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import ConfigError, DataError
from core.engine.metric_options import MetricOptions, metric_options, risk_free_per_bar
from core.engine.metrics import compute_metrics, curve_returns

STANDARD = MetricOptions(initial_equity=100.0)


def curve(values, start="2020-01-01", **columns):
    timestamps = pd.date_range(start, periods=len(values), tz="UTC").as_unit("us")
    return pd.DataFrame({"timestamp": timestamps, "equity": np.asarray(values, dtype=float), **columns})


def figures(values, options=STANDARD):
    return compute_metrics(curve(values), None, None, None, options=options)


def random_curve(seed=5, n=600):
    return 100.0 * np.cumprod(1.0 + np.random.default_rng(seed).normal(0.0004, 0.012, n))


def test_a_tiny_curve_by_hand():
    found = figures([110.0, 99.0, 108.9])
    # returns .1, -.1, .1: mean 1/30, deviations 1/15, -2/15, 1/15
    assert found["total_return"] == pytest.approx(0.089)
    assert found["cagr"] == pytest.approx(1.089 ** (252 / 3) - 1)
    deviation = math.sqrt((2 * (1 / 15) ** 2 + (2 / 15) ** 2) / 2)
    assert found["volatility_annual"] == pytest.approx(deviation * math.sqrt(252))
    assert found["sharpe"] == pytest.approx((1 / 30) / deviation * math.sqrt(252))
    assert found["sortino"] == pytest.approx((1 / 30) * 252 / (math.sqrt(0.01 / 3) * math.sqrt(252)))
    assert found["max_drawdown"] == pytest.approx(-0.1)
    assert found["calmar"] == pytest.approx(found["cagr"] / 0.1)
    variance = 2 / 225
    assert found["skewness"] == pytest.approx(((2 * (1 / 15) ** 3 - (2 / 15) ** 3) / 3) / variance**1.5)
    assert found["kurtosis"] == pytest.approx(((2 * (1 / 15) ** 4 + (2 / 15) ** 4) / 3) / variance**2)
    assert (found["initial_equity"], found["final_equity"], found["n_bars"]) == (100.0, 108.9, 3.0)


def test_the_initial_equity_is_a_point_of_the_curve():
    found = figures([90.0, 95.0])
    assert found["total_return"] == pytest.approx(-0.05)
    assert found["max_drawdown"] == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([101, 102, 103], 0),
        ([90, 80, 100], 2),
        ([101, 99, 100, 98, 101.5, 100, 102], 3),
        ([101, 99, 98], 2),
        ([100, 100], 0),
    ],
)
def test_the_longest_drawdown_counts_bars_below_the_last_peak(values, bars):
    assert figures(values)["max_drawdown_duration_bars"] == bars


def test_standard_figures_are_empyricals():
    values = random_curve()
    found = figures(values)
    returns = np.diff(values, prepend=100.0) / np.concatenate(([100.0], values[:-1]))
    assert found["total_return"] == pytest.approx(empyrical.cum_returns_final(returns))
    assert found["cagr"] == pytest.approx(empyrical.cagr(returns))
    assert found["volatility_annual"] == pytest.approx(empyrical.annual_volatility(returns))
    assert found["sharpe"] == pytest.approx(empyrical.sharpe_ratio(returns))
    assert found["sortino"] == pytest.approx(empyrical.sortino_ratio(returns))
    assert found["calmar"] == pytest.approx(empyrical.calmar_ratio(returns))
    assert found["max_drawdown"] == pytest.approx(empyrical.max_drawdown(returns))
    assert found["tail_ratio"] == pytest.approx(empyrical.tail_ratio(returns))
    assert found["value_at_risk_5pct"] == pytest.approx(empyrical.value_at_risk(returns))
    assert found["expected_shortfall_5pct"] == pytest.approx(empyrical.conditional_value_at_risk(returns))


def test_moments_are_scipys():
    from scipy import stats

    values = random_curve()
    returns = curve_returns(curve(values), 100.0).to_numpy()
    found = figures(values)
    assert found["skewness"] == pytest.approx(stats.skew(returns))
    assert found["kurtosis"] == pytest.approx(stats.kurtosis(returns, fisher=False))


def test_the_empyrical_set_is_the_standard_one():
    values = random_curve()
    assert figures(values, metric_options("empyrical", initial_equity=100.0)) == figures(values)


def test_the_vectorbt_set_counts_365_bars_a_year_and_no_drawdown_from_the_start():
    # vectorbt/returns/nb.py: drawdown_1d_nb is over cumulative returns without the initial point; year_freq is 365 days.
    values = np.array([90.0, 95.0, 93.0, 97.0])
    found = figures(values, metric_options("vectorbt", initial_equity=100.0))
    returns = np.array([-0.1, 95 / 90 - 1, 93 / 95 - 1, 97 / 93 - 1])
    assert found["max_drawdown"] == pytest.approx(93 / 95 - 1)
    assert found["sharpe"] == pytest.approx(returns.mean() / returns.std(ddof=1) * math.sqrt(365))
    assert found["cagr"] == pytest.approx(0.97 ** (365 / 4) - 1)


def test_another_ddof_changes_the_divisor():
    values = random_curve(n=50)
    returns = curve_returns(curve(values), 100.0).to_numpy()
    found = figures(values, replace(STANDARD, ddof=0))
    assert found["volatility_annual"] == pytest.approx(returns.std(ddof=0) * math.sqrt(252))
    assert found["sharpe"] == pytest.approx(returns.mean() / returns.std(ddof=0) * math.sqrt(252))


@pytest.mark.parametrize(("year_count", "days"), [("act_365", 365.0), ("act_365_25", 365.25)])
def test_cagr_by_calendar_days(year_count, days):
    equity = pd.DataFrame(
        {
            "timestamp": pd.DatetimeIndex(["2020-01-01", "2020-06-01", "2022-01-01"], tz="UTC"),
            "equity": [100, 90, 121.0],
        }
    )
    found = compute_metrics(equity, None, None, None, options=replace(STANDARD, year_count=year_count))
    assert found["cagr"] == pytest.approx(1.21 ** (days / 731) - 1)


def test_sharpe_and_sortino_are_over_the_risk_free_series():
    values = random_curve(n=30)
    timestamps = curve(values)["timestamp"]
    rate = pd.Series(0.0001, index=pd.DatetimeIndex(timestamps))
    returns = curve_returns(curve(values), 100.0).to_numpy()
    found = figures(values, replace(STANDARD, risk_free=rate))
    assert found["sharpe"] == pytest.approx(empyrical.sharpe_ratio(returns, 0.0001))
    assert found["sortino"] == pytest.approx(empyrical.sortino_ratio(returns, 0.0001))
    assert found["volatility_annual"] == pytest.approx(empyrical.annual_volatility(returns))


def test_a_risk_free_series_that_lacks_a_bar_is_refused():
    rate = pd.Series(0.0, index=pd.DatetimeIndex(curve([1, 2])["timestamp"]))
    with pytest.raises(DataError, match=r"no return at 2020-01-03.*1 of 3 bars"):
        figures([101, 102, 103], replace(STANDARD, risk_free=rate))


def test_cash_without_risk_earns_three_days_over_a_weekend():
    index = pd.DatetimeIndex(["2024-01-04", "2024-01-05", "2024-01-08"], tz="UTC")
    earned = risk_free_per_bar(pd.Series([0.036, 0.072, 0.09], index=index))
    np.testing.assert_allclose(earned, [0.0, 0.036 / 360, 0.072 * 3 / 360])


def test_the_risk_free_return_follows_the_financings_conventions():
    index = pd.DatetimeIndex(["2024-01-04", "2024-01-05", "2024-01-08"], tz="UTC")
    rate = pd.Series([0.036, 0.072, 0.09], index=index)
    np.testing.assert_allclose(risk_free_per_bar(rate, basis=365.0), [0.0, 0.036 / 365, 0.072 * 3 / 365])
    compounded = risk_free_per_bar(rate, accrual="compound")
    np.testing.assert_allclose(compounded, [0.0, 1.036 ** (1 / 360) - 1, 1.072 ** (3 / 360) - 1])


def test_a_rate_per_bar_is_the_bars_return_already():
    index = pd.DatetimeIndex(["2024-01-31", "2024-02-29", "2024-03-31"], tz="UTC")
    earned = risk_free_per_bar(pd.Series([0.004, 0.005, 0.006], index=index), accrual="per_bar")
    np.testing.assert_allclose(earned, [0.0, 0.004, 0.005])


def test_monthly_bars_have_twelve_to_the_year():
    found = figures(np.linspace(100.0, 394.244, 157)[1:], replace(STANDARD, periods_per_year=12.0))
    assert found["cagr"] == pytest.approx(3.94244 ** (1 / 13) - 1)
    assert found["cagr"] == pytest.approx(0.1113, abs=1e-4)


def test_a_missing_risk_free_rate_is_refused():
    index = pd.DatetimeIndex(["2024-01-04", "2024-01-05"], tz="UTC")
    with pytest.raises(DataError, match="risk-free rate of 2024-01-05"):
        risk_free_per_bar(pd.Series([0.03, np.nan], index=index))


def test_a_missing_equity_is_an_error_and_not_a_bar():
    with pytest.raises(DataError, match=r"equity of 2020-01-02.*is nan"):
        figures([100.0, np.nan, 101.0])


def test_a_curve_without_bars_is_refused():
    with pytest.raises(DataError, match="no bars"):
        figures([])


def test_undefined_figures_are_none():
    found = figures([100.0, 100.0, 100.0])
    for name in ("sharpe", "sortino", "calmar", "skewness", "kurtosis", "tail_ratio"):
        assert found[name] is None, name
    assert (found["total_return"], found["volatility_annual"], found["max_drawdown"]) == (0.0, 0.0, 0.0)
    assert figures([101.0])["volatility_annual"] is None


def test_a_ruined_curve_ends_at_its_ruin():
    found = figures([110.0, -11.0, -11.0, -11.0])
    assert found["is_ruined"] == 1.0
    assert found["total_return"] == pytest.approx(-1.11)
    assert found["cagr"] == -1.0
    assert found["max_drawdown"] == pytest.approx(-1.1)
    assert found["value_at_risk_5pct"] == pytest.approx(np.percentile([0.1, -1.1], 5))
    np.testing.assert_allclose(curve_returns(curve([110.0, -11.0, -11.0]), 100.0), [0.1, -1.1])


@given(st.lists(st.just(0.0) | st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6), min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_figures_are_numbers_or_none_whatever_the_curve(values):
    for name, value in figures(values).items():
        assert value is None or (isinstance(value, float) and math.isfinite(value)), name


@pytest.mark.parametrize("option", [{"initial_equity": 0.0}, {"periods_per_year": math.inf}, {"ddof": -1}])
def test_options_that_no_curve_fits_are_refused(option):
    with pytest.raises(ConfigError, match=next(iter(option))):
        MetricOptions(**{"initial_equity": 1.0, **option})


def test_an_unknown_metric_set_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError, match="standard, empyrical, vectorbt"):
        metric_options("bloomberg", initial_equity=1.0)
