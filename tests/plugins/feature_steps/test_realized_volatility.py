from __future__ import annotations

from math import log, sqrt
from statistics import pstdev, stdev
from typing import ClassVar

import numpy as np
import pytest
from qlop.testing import FeatureStepContractSuite

from plugins.feature_steps.realized_volatility import RealizedVolatility

CLOSES = [100.0, 103.0, 101.0, 104.0]
LOG_RETURNS = [log(103 / 100), log(101 / 103), log(104 / 101)]


class TestRealizedVolatility(FeatureStepContractSuite):
    plugin_class = RealizedVolatility


class TestRealizedVolatilityGarmanKlass(FeatureStepContractSuite):
    plugin_class = RealizedVolatility
    params: ClassVar = {"estimator": "garman_klass"}


class TestRealizedVolatilityParkinson(FeatureStepContractSuite):
    plugin_class = RealizedVolatility
    params: ClassVar = {"estimator": "parkinson"}


def last(panel, **params):
    step = RealizedVolatility("vol", RealizedVolatility.Params(**params))
    return step.transform(panel)["vol_3"].iloc[-1]


@pytest.mark.parametrize(("ddof", "deviation"), [(1, stdev), (0, pstdev)])
def test_close_volatility_is_the_deviation_of_log_returns_annualised(ddof, deviation, one_ticker):
    found = last(one_ticker(CLOSES), windows_bars=(3,), ddof=ddof)
    assert found == pytest.approx(deviation(LOG_RETURNS) * sqrt(252))


def test_periods_per_year_annualise(one_ticker):
    assert last(one_ticker(CLOSES), windows_bars=(3,), periods_per_year=1.0) == pytest.approx(stdev(LOG_RETURNS))


def test_parkinson_by_hand(one_ticker):
    panel = one_ticker([100.0] * 3, high=[102.0, 104.0, 101.0], low=[99.0, 100.0, 98.0])
    squares = [log(102 / 99) ** 2, log(104 / 100) ** 2, log(101 / 98) ** 2]
    expected = sqrt(252 * sum(squares) / 3 / (4 * log(2)))
    assert last(panel, windows_bars=(3,), estimator="parkinson") == pytest.approx(expected)


def test_garman_klass_by_hand(one_ticker):
    panel = one_ticker(
        [101.0, 100.0, 99.0], open=[100.0, 103.0, 98.5], high=[102.0, 104.0, 101.0], low=[99.0, 100.0, 98.0]
    )
    bars = [(100, 102, 99, 101), (103, 104, 100, 100), (98.5, 101, 98, 99)]
    variances = [0.5 * log(h / lo) ** 2 - (2 * log(2) - 1) * log(c / o) ** 2 for o, h, lo, c in bars]
    expected = sqrt(252 * sum(variances) / 3)
    assert last(panel, windows_bars=(3,), estimator="garman_klass") == pytest.approx(expected)


@pytest.mark.parametrize("estimator", ["parkinson", "garman_klass"])
def test_range_estimators_find_the_volatility_of_a_random_walk(estimator, one_ticker):
    # 2,000 steps in each of 400 bars, drawn with 20 % a year; the discrete path hides a little of each range.
    rng = np.random.default_rng(11)
    steps = rng.normal(0.0, 0.2 / sqrt(252 * 2000), (400, 2000))
    paths = np.exp(np.cumsum(steps.ravel())).reshape(400, 2000) * 100.0
    opens = np.concatenate(([100.0], paths[:-1, -1]))
    panel = one_ticker(
        paths[:, -1],
        open=opens,
        high=np.maximum(paths.max(axis=1), opens),
        low=np.minimum(paths.min(axis=1), opens),
    )
    step = RealizedVolatility("vol", RealizedVolatility.Params(windows_bars=(400,), estimator=estimator))
    assert step.transform(panel)["vol_400"].iloc[-1] == pytest.approx(0.2, rel=0.05)


def test_bars_without_any_range_have_no_volatility(one_ticker):
    panel = one_ticker([100.0] * 5)
    for estimator in ("close", "parkinson", "garman_klass"):
        assert last(panel, windows_bars=(3,), estimator=estimator) == 0.0
