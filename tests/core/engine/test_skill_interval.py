"""How sure it is that predictions beat a forecast without features: bounds that few or idle predictions do not leave."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from core.engine.prediction_scores import score_predictions
from core.engine.skill_interval import skill_interval

N_BARS = 640


def rows_of(probability, target, fold=0, n_tickers=1):
    """Predictions of two classes, and a base rate of one half beside."""
    index = pd.MultiIndex.from_product(
        [pd.date_range("2020-01-01", periods=len(target) // n_tickers, tz="UTC"), [f"T{n}" for n in range(n_tickers)]],
        names=["timestamp", "ticker"],
    )
    probability = np.broadcast_to(probability, len(target)).astype(float)
    said = {"prediction": (probability >= 0.5).astype(float), "probability_0": 1.0 - probability}
    frame = pd.DataFrame({**said, "probability_1": probability, "fold": fold, "target": target}, index=index)
    reference = pd.DataFrame({"probability_0": 0.5, "probability_1": 0.5}, index=index)
    return frame, reference


def coins(seed=0, n=N_BARS):
    return (np.random.default_rng(seed).random(n) < 0.5).astype(float)


def bounds(frame, reference, task="classification", effective_labels=float(N_BARS)):
    found = skill_interval(frame, reference, task, effective_labels=effective_labels)
    return found["skill_low"], found["skill_high"]


def test_the_interval_is_students_over_stretches_of_bars_about_the_skill():
    target = coins()
    frame, reference = rows_of(0.5 + 0.1 * (2.0 * target - 1.0) + 0.1 * np.sin(np.arange(N_BARS)), target)
    low, high = bounds(frame, reference)
    gain = 0.25 - (frame["probability_1"] - frame["target"]).to_numpy() ** 2
    by_stretch = gain.reshape(16, -1).mean(axis=1) / 0.25
    expected = ttest_1samp(by_stretch, 0.0).confidence_interval(0.95)
    assert (low, high) == pytest.approx((expected.low, expected.high), rel=1e-12)
    skill = score_predictions(frame, reference, "classification")["brier_skill"]
    assert (low + high) / 2 == pytest.approx(skill, rel=1e-12)


def test_what_predicts_is_beyond_chance_and_what_is_noise_is_not():
    target = coins()
    noise = np.random.default_rng(1).normal(0.0, 0.02, N_BARS)
    assert bounds(*rows_of(0.5 + 0.1 * (2.0 * target - 1.0) + noise, target))[0] > 0.0
    low, high = bounds(*rows_of(0.5 + noise, target))
    assert low < 0.0 < high
    assert bounds(*rows_of(0.5 - 0.1 * (2.0 * target - 1.0) + noise, target))[1] < 0.0


def test_folds_that_are_all_silent_have_no_skill_however_well_their_constants_fit():
    target = np.ones(N_BARS)
    assert bounds(*rows_of(0.9, target, np.arange(N_BARS) // 320)) == (0.0, 0.0)
    assert bounds(*rows_of(np.where(np.arange(N_BARS) < 320, 0.9, 0.8), target, np.arange(N_BARS) // 320)) == (0.0, 0.0)


def test_a_silent_fold_gives_the_others_no_skill():
    fold = np.arange(N_BARS) // 320
    target = np.where(fold == 0, 1.0, coins())
    noise = np.random.default_rng(1).normal(0.0, 0.05, N_BARS)
    frame, reference = rows_of(np.where(fold == 0, 0.95, 0.5 + noise), target, fold)
    assert score_predictions(frame, reference, "classification")["brier_skill"] > 0.3
    low, high = bounds(frame, reference)
    assert low < 0.0 < high


def test_folds_of_one_row_are_not_called_silent():
    target = coins()
    frame, reference = rows_of(0.5 + 0.1 * (2.0 * target - 1.0), target, np.arange(N_BARS))
    assert bounds(frame, reference)[0] > 0.0


def test_labels_that_overlap_are_fewer_stretches():
    target = coins()
    frame, reference = rows_of(0.5 + 0.1 * (2.0 * target - 1.0) + 0.1 * np.sin(np.arange(N_BARS)), target)
    gain = 0.25 - (frame["probability_1"] - frame["target"]).to_numpy() ** 2
    expected = ttest_1samp(gain.reshape(5, -1).mean(axis=1) / 0.25, 0.0).confidence_interval(0.95)
    found = bounds(frame, reference, effective_labels=10.9)
    assert found == pytest.approx((expected.low, expected.high), rel=1e-12)
    assert bounds(frame, reference, effective_labels=7.9) == (None, None)


def test_tickers_that_say_the_same_do_not_make_it_surer():
    target = coins()
    probability = 0.5 + 0.1 * (2.0 * target - 1.0) + 0.1 * np.sin(np.arange(N_BARS))
    alone = bounds(*rows_of(probability, target))
    assert bounds(*rows_of(np.repeat(probability, 3), np.repeat(target, 3), n_tickers=3)) == pytest.approx(alone)


def test_a_regression_is_held_against_the_mean():
    target = np.random.default_rng(0).normal(size=N_BARS)
    frame, reference = rows_of(0.5, target)
    reference = reference.assign(prediction=0.0)
    # Half of every error is gone, in quiet stretches and in wild ones: three quarters of the squares, for sure.
    assert bounds(frame.assign(prediction=0.5 * target), reference, "regression") == pytest.approx((0.75, 0.75))
    assert bounds(frame.assign(prediction=0.01), reference, "regression") == (0.0, 0.0)


def test_rows_without_an_outcome_or_a_prediction_do_not_count():
    target = coins()
    frame, reference = rows_of(0.5 + 0.1 * (2.0 * target - 1.0) + 0.1 * np.sin(np.arange(N_BARS)), target)
    spoiled = frame.copy()
    spoiled.iloc[0, frame.columns.get_loc("target")] = np.nan
    spoiled.iloc[1, :3] = np.nan
    assert bounds(spoiled, reference) == bounds(frame.iloc[2:], reference.iloc[2:])
    assert bounds(frame.assign(target=np.nan), reference, effective_labels=0.0) == (None, None)


def test_the_chance_of_calling_another_constant_skill_is_small_even_for_overlapping_labels():
    horizon, n_draws, found = 20, 30, []
    for seed in range(n_draws):
        steps = np.random.default_rng(seed).normal(size=400 + horizon - 1)
        target = (np.convolve(steps, np.ones(horizon), "valid") > 0.0).astype(float)
        # It fits as well as the base rate, by expectation; one row differs, so that the fold is no silent one.
        frame, reference = rows_of(np.where(np.arange(400) == 0, 0.5201, 0.52), target)
        other = reference.assign(probability_0=0.52, probability_1=0.48)
        found.append(bounds(frame, other, effective_labels=20.0)[0] > 0.0)
    # 2.5 % is meant, and 3.2 % is what 1,500 draws give; two standard errors of these draws are on top.
    assert np.mean(found) <= 0.032 + 2.0 * np.sqrt(0.032 * 0.968 / n_draws)
