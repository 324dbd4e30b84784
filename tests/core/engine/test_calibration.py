"""Calibrators agree with scikit-learn, never decrease, and survive JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

from core.base.errors import DataError, TrainingError
from core.engine.calibration import Calibrator


def rows(n_rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    scores = random.uniform(0.02, 0.98, n_rows)
    return scores, random.random(n_rows) < 0.2 + 0.5 * scores, random.uniform(0.1, 1.0, n_rows)


@pytest.mark.parametrize("n_rows", [30, 400, 5_000])
def test_platt_equals_scikit_learn_with_weights(n_rows: int) -> None:
    scores, yes, weights = rows(n_rows)
    ours = Calibrator.fit(scores, yes, method="platt", weights=weights)
    peer = _SigmoidCalibration().fit(logit(scores), yes.astype(int), sample_weight=weights)
    # scikit-learn stops at a looser gradient than ours, hence 1e-5.
    assert ours.apply(scores) == pytest.approx(peer.predict(logit(scores)), rel=1e-5)


def test_platt_is_at_the_minimum_of_the_smoothed_cross_entropy() -> None:
    scores, yes, weights = rows(200)
    fitted = Calibrator.fit(scores, yes, method="platt", weights=weights)
    ups, downs = weights[yes].sum(), weights[~yes].sum()
    target = np.where(yes, (ups + 1) / (ups + 2), 1 / (downs + 2))
    residual = weights * (expit(fitted.slope * logit(scores) + fitted.intercept) - target) / weights.sum()
    assert abs(residual.sum()) < 1e-9
    assert abs((residual * logit(scores)).sum()) < 1e-8


def test_platt_on_separable_rows_stays_off_zero_and_one() -> None:
    scores = np.r_[np.full(10, 0.2), np.full(10, 0.8)]
    fitted = Calibrator.fit(scores, scores > 0.5, method="platt")
    # Platt's targets for 10 and 10 rows: 11/12 and 1/12.
    assert fitted.apply([0.2, 0.8]) == pytest.approx([1 / 12, 11 / 12], rel=1e-6)


def test_scores_that_did_not_win_are_answered_with_the_base_rate() -> None:
    scores = np.linspace(0.1, 0.9, 50)
    fitted = Calibrator.fit(scores, scores < 0.4, method="platt")
    assert fitted.slope == 0.0
    assert fitted.is_constant
    assert np.ptp(fitted.apply(scores)) == 0.0
    count = int((scores < 0.4).sum())
    smoothed = (count * (count + 1) / (count + 2) + (50 - count) / (52 - count)) / 50
    assert fitted.apply([0.5])[0] == pytest.approx(smoothed, rel=1e-12)


def test_constant_scores_give_the_base_rate() -> None:
    fitted = Calibrator.fit(np.full(40, 0.3), np.arange(40) < 10, method="platt")
    assert fitted.slope == 0.0
    assert 0.24 < fitted.apply([0.3])[0] < 0.28


def test_scores_of_any_scale_are_mapped_without_log_odds() -> None:
    values, yes, _ = rows(500)
    small = Calibrator.fit(values * 1e-4 - 5e-5, yes, method="platt", scale="value")
    peer = _SigmoidCalibration().fit(values, yes.astype(int))
    assert small.apply(values * 1e-4 - 5e-5) == pytest.approx(peer.predict(values), rel=1e-4)


def test_isotonic_equals_scikit_learn_inside_its_bounds() -> None:
    scores, yes, weights = rows(3_000)
    ours = Calibrator.fit(scores.round(3), yes, method="isotonic", weights=weights)
    peer = IsotonicRegression(out_of_bounds="clip").fit(scores.round(3), yes, sample_weight=weights)
    grid = np.linspace(0.0, 1.0, 2_001)
    bound = 1 / (weights.sum() + 2)
    assert ours.apply(grid) == pytest.approx(peer.predict(grid).clip(bound, 1 - bound), abs=1e-12)


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_a_map_is_constant_where_higher_scores_did_not_win_and_only_there(method: str) -> None:
    scores = np.linspace(0.1, 0.9, 50)
    assert Calibrator.fit(scores, scores < 0.4, method=method).is_constant
    assert not Calibrator.fit(scores, scores > 0.4, method=method).is_constant
    assert not Calibrator().is_constant


def test_isotonic_never_says_never() -> None:
    scores = np.r_[np.full(30, 0.2), np.full(30, 0.8)]
    fitted = Calibrator.fit(scores, scores > 0.5, method="isotonic")
    assert fitted.apply([0.0, 1.0]).tolist() == [1 / 62, 61 / 62]


def test_auto_is_isotonic_from_a_thousand_effective_rows() -> None:
    scores, yes, _ = rows(2_000)
    assert Calibrator.fit(scores, yes, effective_rows=999.9).kind == "platt"
    assert Calibrator.fit(scores, yes, effective_rows=1_000.0).kind == "isotonic"
    assert Calibrator.fit(scores, yes, weights=np.full(2_000, 0.4)).kind == "platt"


def test_scores_of_zero_and_one_and_missing_scores_are_taken() -> None:
    scores, yes, _ = rows(100)
    scores[:2] = [0.0, 1.0]
    for method in ("platt", "isotonic"):
        answer = Calibrator.fit(scores, yes, method=method).apply([0.0, np.nan, 1.0])
        assert np.isfinite(answer[[0, 2]]).all()
        assert np.isnan(answer[1])


@settings(max_examples=40, deadline=None)
@given(
    n_rows=st.integers(4, 200),
    seed=st.integers(0, 2**20),
    method=st.sampled_from(["platt", "isotonic"]),
    digits=st.integers(1, 8),
)
def test_a_higher_score_never_gets_a_lower_probability_and_json_keeps_every_bit(
    n_rows: int, seed: int, method: str, digits: int
) -> None:
    random = np.random.default_rng(seed)
    scores = random.random(n_rows).round(digits)
    yes = random.random(n_rows) < 0.5
    yes[:2] = [True, False]
    fitted = Calibrator.fit(scores, yes, method=method, weights=random.uniform(0.05, 1, n_rows))
    grid = np.linspace(0, 1, 501)
    probabilities = fitted.apply(grid)
    assert (np.diff(probabilities) >= 0).all()
    assert ((probabilities > 0) & (probabilities < 1)).all()
    assert Calibrator.from_json(json.loads(json.dumps(fitted.to_json()))) == fitted


def test_rows_that_cannot_calibrate_are_refused() -> None:
    with pytest.raises(TrainingError, match="all 5 rows of the block are True"):
        Calibrator.fit(np.linspace(0, 1, 5), np.ones(5, dtype=bool))
    with pytest.raises(TrainingError, match="1 scores that are not finite"):
        Calibrator.fit([0.1, np.nan], [True, False])


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "pickle"},
        {"slope": -1.0},
        {"slope": "1"},
        {"intercept": float("nan")},
        {"scores": [0.1]},
        {"kind": "isotonic", "scores": [0.2, 0.1], "probabilities": [0.1, 0.2]},
        {"kind": "isotonic"},
        {"extra": 1},
    ],
)
def test_json_that_is_not_a_calibrator_is_refused(change: dict) -> None:
    with pytest.raises(DataError, match="calibrator"):
        Calibrator.from_json({**Calibrator().to_json(), **change})
