"""The evidence that a run keeps, beside the functions that it comes from."""

import json
from math import sqrt

import numpy as np
import pytest

from core.engine.evidence import compare_strategies, deflated_sharpe_ratio, sharpe_sample
from core.engine.evidence_record import evidence_record

RETURNS = np.random.default_rng(8).normal(0.001, 0.01, 500)


def record_of(returns, **trials):
    other = np.random.default_rng(9).normal(0.0, 0.01, len(returns))
    compared = {"twin": compare_strategies(returns, other, seed=1, n_resamples=200)}
    sample = sharpe_sample(returns)
    return evidence_record(
        sample, compared, periods_per_year=252.0, n_bars=len(returns), is_over_risk_free=True, **trials
    )


def test_the_interval_is_1_96_standard_errors_of_the_annual_ratio():
    sharpe = record_of(RETURNS)["sharpe"]
    sample = sharpe_sample(RETURNS)
    assert sharpe["annual"] == pytest.approx(sample.sharpe * sqrt(252.0))
    assert sharpe["low"] == pytest.approx((sample.sharpe - 1.959964 * sample.standard_error) * sqrt(252.0), abs=1e-6)
    assert sharpe["high"] - sharpe["annual"] == pytest.approx(sharpe["annual"] - sharpe["low"])


def test_more_trials_lower_the_deflated_ratio_and_are_counted():
    one, many = record_of(RETURNS)["sharpe"], record_of(RETURNS, n_trials=50, sharpe_variance=1e-3)["sharpe"]
    assert (one["n_trials"], many["n_trials"]) == (1, 50)
    assert many["deflated_probability"] < one["deflated_probability"]
    expected = deflated_sharpe_ratio(sharpe_sample(RETURNS), n_trials=50, sharpe_variance=1e-3)
    assert many["deflated_probability"] == expected


def test_the_record_is_json_and_names_what_it_was_compared_with():
    kept = json.loads(json.dumps(record_of(RETURNS), allow_nan=False))
    assert [each["name"] for each in kept["comparisons"]] == ["twin"]
    assert kept["comparisons"][0]["verdict"] in {"better", "worse", "no evidence"}


def test_returns_that_do_not_vary_have_no_sharpe_ratio():
    assert record_of(np.zeros(50))["sharpe"] is None
