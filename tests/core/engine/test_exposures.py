from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.engine.exposures import changed_beyond, hysteresis, rows_to_panel, share_account
from core.engine.panel import panel_arrays

NAN = np.nan


def panel_of(present):
    """A panel of closes 1.0 with a bar where `present` (n_bars by n_assets) is 1."""
    timestamps = pd.bdate_range("2024-01-01", periods=len(present), tz="UTC").as_unit("us")
    tickers = [f"T{number}" for number in range(len(present[0]))]
    index = pd.MultiIndex.from_product([timestamps, tickers], names=["timestamp", "ticker"])
    panel = pd.DataFrame(1.0, index=index, columns=["open", "high", "low", "close", "volume"])
    return panel[np.array(present, dtype=bool).ravel()]


def column(values):
    return np.array(values, dtype=float)[:, None]


def test_an_exposure_is_kept_until_it_moves_by_more_than_the_band():
    kept = changed_beyond(column([NAN, 1.0, 1.125, 1.25, NAN, 1.0, 1.5]), 0.125)
    np.testing.assert_array_equal(kept[:, 0], [NAN, 1.0, 1.0, 1.25, 1.25, 1.0, 1.5])


def test_without_a_band_every_move_counts():
    np.testing.assert_array_equal(changed_beyond(column([1.0, 1.0, 1.01]), 0.0), column([1.0, 1.0, 1.01]))


def test_hysteresis_holds_between_its_thresholds():
    states = hysteresis(column([NAN, 0.5, 0.6, 0.5, NAN, 0.4, 0.5]), enter=0.6, leave=0.45)
    np.testing.assert_array_equal(states[:, 0], [NAN, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0])


def shares(present, alone, max_gross=None):
    panel = panel_of(present)
    result = share_account(panel_arrays(panel), panel.index, np.array(alone, dtype=float), max_gross=max_gross)
    assert result.name == "exposure"
    assert result.index.equals(panel.index)
    return result.unstack("ticker").to_numpy()


def test_the_account_is_split_over_the_tickers_that_trade():
    split = shares([[1, 0], [1, 0], [1, 1]], np.full((3, 2), 2.0))
    np.testing.assert_allclose(split, [[2.0, NAN], [2.0, NAN], [1.0, 1.0]])


def test_a_halt_moves_no_other_ticker_and_an_absence_beyond_the_limit_does():
    present = [[1, 1]] + [[1, 0]] * 62
    split = shares(present, np.full((63, 2), 1.0))
    np.testing.assert_allclose(split[:, 0], [0.5] * 61 + [1.0, 1.0])


def test_gross_exposure_is_capped_for_all_tickers_alike():
    split = shares([[1, 1], [1, 1]], [[3.0, -1.0], [1.0, 1.0]], max_gross=1.5)
    np.testing.assert_allclose(split, [[1.125, -0.375], [0.5, 0.5]])


def test_the_cap_counts_what_other_tickers_still_hold():
    split = shares([[1, 1], [1, 0], [1, 1]], [[2.0, 2.0], [2.0, NAN], [2.0, NAN]], max_gross=1.0)
    np.testing.assert_allclose(split, [[0.5, 0.5], [0.5, NAN], [0.5, NAN]])


def test_rows_go_to_their_bars():
    panel = panel_of([[1, 0], [1, 1]])
    wide = rows_to_panel(panel_arrays(panel), panel.index, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(wide, [[1.0, NAN], [2.0, 3.0]])


@pytest.mark.parametrize("max_gross", [None, 1.0])
def test_undecided_exposures_stay_undecided(max_gross):
    split = shares([[1, 1], [1, 1]], [[NAN, 1.0], [NAN, NAN]], max_gross=max_gross)
    np.testing.assert_allclose(split, [[NAN, 0.5], [NAN, NAN]])
