"""Reliability tables beside scikit-learn's."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from core.engine.tear_sheet.reliability import reliability


def test_bins_are_those_of_scikit_learn():
    random = np.random.default_rng(7)
    probability = random.uniform(0.05, 0.95, 1000)
    happened = (random.uniform(size=1000) < probability).astype(float)
    observed, predicted = calibration_curve(happened, probability, n_bins=10, strategy="quantile")
    table = reliability(probability, happened)
    assert table["probability"].to_numpy() == pytest.approx(predicted)
    assert table["observed"].to_numpy() == pytest.approx(observed)
    assert table["n_rows"].sum() == 1000


def test_equal_probabilities_stand_in_one_bin_and_missing_rows_are_left_out():
    table = reliability(np.array([0.5, 0.5, 0.5, np.nan, 0.5]), np.array([1.0, 0.0, 1.0, 1.0, np.nan]))
    assert list(table["n_rows"]) == [3]
    assert table["observed"].iloc[0] == pytest.approx(2 / 3)
    assert table["standard_error"].iloc[0] == pytest.approx(np.sqrt(2 / 3 * 1 / 3 / 3))


def test_no_rows_make_no_bins():
    assert reliability(np.array([np.nan]), np.array([1.0])).empty
