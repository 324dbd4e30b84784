from __future__ import annotations

import math

import numpy as np
import pytest

from core.base.errors import DataError
from core.engine.evidence import (
    SharpeSample,
    compare_strategies,
    deflated_sharpe_ratio,
    detectable_sharpe_annual,
    expected_maximum_sharpe,
    probabilistic_sharpe_ratio,
    sharpe_sample,
)

# Bailey and Lopez de Prado (2014), The Deflated Sharpe Ratio, numerical example: an annual Sharpe ratio of 2.5 over 1,250
# daily returns (250 a year), skewness -3, kurtosis 10, 100 trials whose annual Sharpe ratios have a variance of 1/2.
PAPER = SharpeSample(sharpe=2.5 / math.sqrt(250), n_bars=1250, skewness=-3.0, kurtosis=10.0)


def test_the_papers_expected_maximum():
    assert expected_maximum_sharpe(0.5 / 250, 100) == pytest.approx(0.1132, abs=5e-5)


def test_the_papers_deflated_sharpe_ratio():
    assert deflated_sharpe_ratio(PAPER, n_trials=100, sharpe_variance=0.5 / 250) == pytest.approx(0.9004, abs=5e-5)


def test_the_papers_other_case_of_88_trials_and_normal_returns():
    normal = SharpeSample(sharpe=2.5 / math.sqrt(250), n_bars=1250, skewness=0.0, kurtosis=3.0)
    assert deflated_sharpe_ratio(normal, n_trials=88, sharpe_variance=0.5 / 250) == pytest.approx(0.9505, abs=2e-4)


def test_one_trial_deflates_nothing():
    assert expected_maximum_sharpe(0.5, 1) == 0.0
    assert deflated_sharpe_ratio(PAPER) == probabilistic_sharpe_ratio(PAPER)


def test_the_probabilistic_sharpe_ratio_by_hand():
    sample = SharpeSample(sharpe=0.1, n_bars=101, skewness=0.0, kurtosis=3.0)
    z = 0.1 * 10.0 / math.sqrt(1.0 + 0.5 * 0.01)
    assert probabilistic_sharpe_ratio(sample) == pytest.approx(0.5 * math.erfc(-z / math.sqrt(2)))
    assert probabilistic_sharpe_ratio(sample, 0.1) == pytest.approx(0.5)


def test_a_sample_by_hand():
    sample = sharpe_sample(np.array([0.1, -0.1, 0.1, 0.1]))
    # mean .05, deviations .05 -.15 .05 .05: variance .0075, third moment -.00075, fourth .00013125
    assert sample == SharpeSample(
        pytest.approx(0.05 / math.sqrt(0.01)),
        4,
        pytest.approx(-0.00075 / 0.0075**1.5),
        pytest.approx(0.00013125 / 0.0075**2),
    )


@pytest.mark.parametrize("returns", [[], [0.1], [0.1, 0.1, 0.1]])
def test_returns_without_variance_have_no_sharpe_ratio(returns):
    assert sharpe_sample(np.array(returns)) is None


def test_thirteen_years_detect_a_sharpe_ratio_of_about_seven_tenths():
    assert detectable_sharpe_annual(13.0) == pytest.approx((1.644854 + 0.841621) / math.sqrt(13), abs=1e-5)
    assert detectable_sharpe_annual(13.0) == pytest.approx(0.69, abs=0.005)


def test_no_trials_are_refused():
    with pytest.raises(DataError, match="at least one trial"):
        expected_maximum_sharpe(0.1, 0)


def test_a_single_bar_is_refused():
    with pytest.raises(DataError, match="at least 2"):
        probabilistic_sharpe_ratio(SharpeSample(0.1, 1, 0.0, 3.0))


def market(n=1500):
    return np.random.default_rng(8).normal(0.0004, 0.01, n)


def test_noise_beside_the_market_is_no_evidence():
    baseline = market()
    found = compare_strategies(
        baseline + np.random.default_rng(9).normal(0, 0.004, 1500), baseline, seed=1, n_resamples=400
    )
    assert found.verdict == "no evidence"
    assert found.sharpe_low < 0.0 < found.sharpe_high


def test_a_steady_advantage_is_found_and_a_steady_cost_too():
    baseline = market()
    noise = np.random.default_rng(9).normal(0, 0.001, 1500)
    assert compare_strategies(baseline + 0.001 + noise, baseline, seed=1, n_resamples=400).verdict == "better"
    assert compare_strategies(baseline - 0.001 + noise, baseline, seed=1, n_resamples=400).verdict == "worse"


def test_leverage_alone_changes_no_sharpe_ratio():
    baseline = market()
    found = compare_strategies(2.0 * baseline, baseline, seed=1, n_resamples=400)
    assert found.sharpe_difference_annual == pytest.approx(0.0, abs=1e-12)
    assert found.verdict == "no evidence"
    assert found.return_difference_annual == pytest.approx(baseline.mean() * 252)


def test_the_interval_is_as_wide_as_the_normal_approximation_for_independent_returns():
    # Two independent strategies: variance of the difference of their Sharpe ratios is about 2 / T a bar.
    one, other = np.random.default_rng(10).normal(0, 0.01, (2, 2000))
    found = compare_strategies(one, other, seed=3, n_resamples=1500)
    expected = 2 * 1.96 * math.sqrt(2 / 2000) * math.sqrt(252)
    assert found.sharpe_high - found.sharpe_low == pytest.approx(expected, rel=0.12)


def test_dependence_in_time_widens_the_interval():
    innovations = np.random.default_rng(11).normal(0, 0.01, 2000)
    persistent = np.zeros(2000)
    for t in range(1, 2000):
        persistent[t] = 0.8 * persistent[t - 1] + innovations[t]
    flat = np.zeros(2000)
    wide = compare_strategies(persistent, flat, seed=3, n_resamples=400, mean_block_bars=50)
    narrow = compare_strategies(persistent, flat, seed=3, n_resamples=400, mean_block_bars=1)
    assert wide.return_high - wide.return_low > 2 * (narrow.return_high - narrow.return_low)


def test_the_same_seed_gives_the_same_interval():
    baseline = market(200)
    other = np.roll(baseline, 1)
    assert compare_strategies(other, baseline, seed=4, n_resamples=50) == compare_strategies(
        other, baseline, seed=4, n_resamples=50
    )
    assert compare_strategies(other, baseline, seed=4, n_resamples=50) != compare_strategies(
        other, baseline, seed=5, n_resamples=50
    )


@pytest.mark.parametrize(("first", "second"), [(np.zeros(40), np.zeros(41)), (np.zeros(10), np.zeros(10))])
def test_returns_of_other_or_too_few_bars_are_refused(first, second):
    with pytest.raises(DataError, match="same bars"):
        compare_strategies(first, second, seed=1, n_resamples=400)


def test_missing_returns_are_refused():
    with pytest.raises(DataError, match="finite"):
        compare_strategies(np.full(40, np.nan), np.zeros(40), seed=1, n_resamples=400)
