"""A ticker that cannot be sold keeps counting: gaps, late starts and ends lever nobody up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FinancingTerms
from core.engine.backtest import run_backtest
from core.engine.exposures import share_account
from core.engine.panel import panel_arrays

N_BARS = 150


def panel_of(present):
    """Closes that wander by about 1 % a bar, with a bar where `present` (n_bars by n_assets) is true."""
    n_bars, n_assets = present.shape
    moves = np.random.default_rng(3).normal(0.0, 0.01, present.shape)
    close = 100.0 * np.exp(np.cumsum(moves, axis=0))
    timestamps = pd.bdate_range("2020-01-06", periods=n_bars, tz="UTC").as_unit("us")
    tickers = [f"T{number}" for number in range(n_assets)]
    index = pd.MultiIndex.from_product([timestamps, tickers], names=["timestamp", "ticker"])
    panel = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close.ravel()), index=index)
    return panel.assign(volume=1e6)[present.ravel()]


def exposures_of(present, leverage=1.0, **options):
    panel = panel_of(present)
    arrays = panel_arrays(panel)
    return panel, share_account(arrays, panel.index, np.full(arrays.shape, leverage), **options)


def leverage_of(present, leverage=1.0):
    """The account's leverage at each close, shares brought back to their targets on every bar."""
    panel, exposures = exposures_of(present, leverage)
    terms = BrokerTerms(FinancingTerms(np.zeros(panel.index.unique("timestamp").size)))
    execution = ExecutionConfig(rebalance="every_bar", close_at_end="off")
    return run_backtest(panel, exposures, terms, execution).equity["leverage"].to_numpy()


def present_but(n_assets, **absent):
    present = np.ones((N_BARS, n_assets), dtype=bool)
    for ticker, (begin, end) in absent.items():
        present[begin:end, int(ticker[1:])] = False
    return present


# 30 bars of moves of 1 % take a third of the account by some 5 % of it; a share dealt twice would be 17 % or more.
SCENARIOS = {
    "gap": present_but(3, T2=(40, 70)),
    "two gaps that overlap": present_but(3, T1=(40, 70), T2=(50, 80)),
    "late start": present_but(3, T2=(0, 60)),
    "late start inside another's gap": present_but(3, T1=(40, 70), T2=(0, 55)),
    "ended": present_but(3, T2=(60, N_BARS)),
    "ended while another gaps": present_but(4, T2=(60, N_BARS), T3=(40, 75)),
}


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("leverage", [1.0, 1.5])
def test_leverage_stays_at_the_target_but_for_the_drift_of_what_cannot_be_traded(name, leverage):
    assert leverage_of(SCENARIOS[name], leverage).max() < 1.08 * leverage


def test_a_gap_levers_at_no_bar_and_the_target_returns_after_it():
    leverage = leverage_of(SCENARIOS["gap"])
    assert leverage[40:70].min() > 0.9
    np.testing.assert_allclose(leverage[72:], 1.0, atol=0.03)


def test_an_order_that_a_gap_left_unfilled_is_reckoned_with_from_the_next_bar_on():
    # T2 starts at bar 50, so T1 is to go from 1/2 to 1/3, but has no bar to be sold on.
    leverage = leverage_of(present_but(3, T1=(51, 80), T2=(0, 50)))
    assert leverage[52:80].max() < 1.08


def test_a_halt_of_another_ticker_moves_no_target_by_a_single_bit():
    _, exposures = exposures_of(present_but(3, T2=(40, 70)))
    held = exposures.unstack("ticker")
    assert held["T0"].nunique() == 1
    assert held["T1"].nunique() == 1


def test_the_others_get_the_share_of_a_ticker_that_stays_away_for_longer_than_the_limit():
    _, exposures = exposures_of(present_but(2, T1=(10, N_BARS)), stale_limit_bars=20)
    alone = exposures.unstack("ticker")["T0"].to_numpy()
    np.testing.assert_array_equal(alone[:30], 0.5)
    np.testing.assert_array_equal(alone[30:], 1.0)


def test_a_ticker_that_starts_inside_a_gap_gets_only_what_the_gap_has_left():
    _, exposures = exposures_of(present_but(3, T1=(40, 70), T2=(0, 55)))
    held = exposures.unstack("ticker").to_numpy()
    np.testing.assert_array_equal(held[54], [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(held[55], [0.25, np.nan, 0.25])
    np.testing.assert_allclose(held[70], 1.0 / 3.0)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.booleans(), min_size=4, max_size=4).filter(any), min_size=1, max_size=40),
    st.integers(0, 10),
)
def test_shares_never_add_up_to_more_than_the_account_and_ignore_the_future(rows, limit):
    present = np.array(rows)
    _, exposures = exposures_of(present, stale_limit_bars=limit)
    wide = exposures.unstack("ticker")
    assert (wide.ffill(limit=limit) if limit else wide).sum(axis=1).max() <= 1.0 + 1e-9
    cut = (len(rows) + 1) // 2
    _, early = exposures_of(present[:cut], stale_limit_bars=limit)
    pd.testing.assert_series_equal(early, exposures.reindex(early.index), check_exact=True)
