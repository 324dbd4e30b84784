"""Rolling figures beside empyrical's of the same windows."""

import empyrical
import numpy as np
import pandas as pd
import pytest

from core.engine.tear_sheet.rolling_risk import rolling_risk

DAYS = pd.bdate_range("2020-01-01", periods=60, tz="UTC")
RETURNS = pd.Series(np.random.default_rng(2).normal(0.001, 0.01, 60), index=DAYS)
RISK_FREE = pd.Series(np.linspace(0.0, 2e-4, 60), index=DAYS)


@pytest.mark.parametrize("bar", [19, 33, 59])
def test_each_window_has_the_figures_that_empyrical_gives_it_alone(bar):
    found = rolling_risk(RETURNS, window_bars=20, periods_per_year=252.0, risk_free=RISK_FREE)
    window, free = RETURNS.iloc[bar - 19 : bar + 1], RISK_FREE.iloc[bar - 19 : bar + 1]
    assert found["volatility"].iloc[bar] == pytest.approx(empyrical.annual_volatility(window))
    assert found["sharpe"].iloc[bar] == pytest.approx(empyrical.sharpe_ratio(window, free))


def test_nothing_is_told_before_the_first_whole_window():
    found = rolling_risk(RETURNS, window_bars=20, periods_per_year=252.0)
    assert found[["volatility", "sharpe"]].iloc[:19].isna().all(axis=None)
    assert found[["volatility", "sharpe"]].iloc[19:].notna().all(axis=None)


def test_returns_that_are_all_equal_have_no_sharpe_ratio():
    found = rolling_risk(RETURNS * 0.0, window_bars=20, periods_per_year=252.0)
    assert found["sharpe"].isna().all()
    assert found["volatility"].iloc[-1] == 0.0


def test_later_returns_do_not_change_earlier_windows():
    whole = rolling_risk(RETURNS, window_bars=20, periods_per_year=252.0)
    part = rolling_risk(RETURNS.iloc[:40], window_bars=20, periods_per_year=252.0)
    pd.testing.assert_frame_equal(whole.iloc[:40], part)
