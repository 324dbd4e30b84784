from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.engine.rolling import FORGOTTEN_WEIGHT, bars_ago, exponential_average, recursion_memory_bars, rolling_std


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)[:, None]


def test_bars_ago_looks_up_the_column():
    np.testing.assert_array_equal(bars_ago(column(1, 2, 3), 2), column(np.nan, np.nan, 1))
    np.testing.assert_array_equal(bars_ago(column(1, 2, 3), 0), column(1, 2, 3))
    assert np.isnan(bars_ago(column(1, 2, 3), 9)).all()


def test_an_exponential_average_begins_with_a_mean_and_goes_on_by_its_weight():
    found = exponential_average(column(2, 4, 8, 0), seed_bars=2, weight=0.25)
    np.testing.assert_allclose(found, column(np.nan, 3, 3 + 5 / 4, 4.25 - 4.25 / 4))


def test_after_its_seed_it_is_the_recursion_that_pandas_has():
    values = np.random.default_rng(0).normal(size=50)
    seeded = np.concatenate(([values[:5].mean()], values[5:]))
    expected = pd.Series(seeded).ewm(alpha=0.2, adjust=False).mean()
    np.testing.assert_allclose(exponential_average(values[:, None], seed_bars=5, weight=0.2)[4:, 0], expected)


def test_a_missing_value_ends_the_recursion_and_it_begins_anew():
    found = exponential_average(column(np.nan, 1, 3, np.nan, 5, 7, 9), seed_bars=2, weight=0.5)
    np.testing.assert_allclose(found, column(np.nan, np.nan, 2, np.nan, np.nan, 6, 7.5))


@pytest.mark.parametrize("weight", [1 / 14, 2 / 27, 0.5])
def test_the_memory_is_the_fewest_bars_after_which_the_weight_is_forgotten(weight):
    bars = recursion_memory_bars(weight)
    assert (1 - weight) ** bars < FORGOTTEN_WEIGHT <= (1 - weight) ** (bars - 1)


def test_a_recursion_that_forgets_at_once_has_no_memory():
    assert recursion_memory_bars(1.0) == 0


def test_a_window_with_a_missing_value_has_no_deviation():
    found = rolling_std(column(1, 2, np.nan, 4, 6, 8), 2)
    np.testing.assert_allclose(found, column(np.nan, 0.5**0.5, np.nan, np.nan, 2**0.5, 2**0.5))
