"""Histograms: every bar is in one bin, and zero is an edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as some_arrays

from core.engine.tear_sheet.return_distribution import return_distribution

RETURNS = some_arrays.arrays(
    np.float64, some.integers(1, 200), elements=some.floats(-1.0, 3.0).map(lambda x: round(x, 6))
)


@given(RETURNS)
def test_every_bar_is_counted_once_in_no_more_than_122_bins(returns):
    table = return_distribution(returns)
    assert table["n_bars"].sum() == len(returns)
    assert table["share"].sum() == pytest.approx(1.0)
    assert len(table) <= 122
    assert table["low"].to_numpy()[1:] == pytest.approx(table["high"].to_numpy()[:-1])


def test_losses_and_gains_share_no_bin():
    returns = np.random.default_rng(3).normal(0.0, 0.01, 500)
    table = return_distribution(returns)
    assert table.loc[table["high"] <= 1e-12, "n_bars"].sum() == (returns < 0.0).sum()


def test_the_width_is_that_of_freedman_and_diaconis():
    returns = np.random.default_rng(4).normal(0.0, 0.01, 1000)
    table = return_distribution(returns)
    expected = np.diff(np.histogram_bin_edges(returns, "fd"))[0]
    assert (table["high"] - table["low"]).iloc[0] == pytest.approx(expected, rel=0.05)


def test_no_returns_make_no_bins_and_equal_ones_a_single_bin():
    assert return_distribution(np.zeros(0)).empty
    assert list(return_distribution(np.full(7, 0.01))["n_bars"]) == [7]
