from __future__ import annotations

import numpy as np
import pytest
from qlop.testing import StrategyContractSuite, make_panel

from plugins.strategies.volatility_managed import VolatilityManaged


class TestVolatilityManaged(StrategyContractSuite):
    plugin_class = VolatilityManaged


def signals_of(panel, **params):
    return VolatilityManaged("managed", VolatilityManaged.Params(**params)).generate_signals(panel, None)


def test_the_target_over_the_latest_variance_by_hand(panel_of):
    # returns .1, -.1, .1: variance of two is .02; c = .04 / 4 = .01, so w = .5
    panel = panel_of(AAA=[100, 110, 99, 108.9])
    found = signals_of(
        panel, window_bars=2, scale="target_vol", target_volatility_annual=0.2, periods_per_year=4, min_change=0.0
    )
    np.testing.assert_allclose(found, [np.nan, np.nan, 0.5, 0.5])


def test_the_first_weight_is_known_at_the_close_that_completes_the_window():
    found = signals_of(make_panel(60, 1, seed=2), window_bars=21, scale="target_vol")
    assert found.isna().sum() == 21
    assert found.iloc[21:].notna().all()


def test_weights_are_capped_and_flat_prices_get_the_cap(panel_of):
    panel = panel_of(AAA=[100.0] * 6)
    found = signals_of(panel, window_bars=2, scale="target_vol", max_exposure=1.5)
    np.testing.assert_array_equal(found.iloc[2:], 1.5)


def uncapped(panel, scale):
    return signals_of(panel, window_bars=21, scale=scale, max_exposure=100.0, min_change=0.0)


def test_the_full_samples_scale_gives_managed_returns_the_unmanaged_volatility():
    panel = make_panel(800, 1, seed=3)
    weights = uncapped(panel, "full_sample").to_numpy()
    returns = panel["close"].pct_change().to_numpy()
    managed = weights[21:-1] * returns[22:]
    assert managed.std(ddof=1) == pytest.approx(returns[22:].std(ddof=1))


def test_the_expanding_scale_knows_the_past_only_and_ends_as_the_full_samples():
    panel = make_panel(300, 2, seed=4)
    expanding, full = uncapped(panel, "expanding"), uncapped(panel, "full_sample")
    np.testing.assert_allclose(expanding.iloc[-2:], full.iloc[-2:])
    part = panel[panel.index.get_level_values("timestamp") < panel.index.unique("timestamp")[200]]
    np.testing.assert_array_equal(uncapped(part, "expanding"), expanding.loc[part.index])
    assert not np.allclose(uncapped(part, "full_sample").dropna(), full.loc[part.index].dropna())


def test_only_the_full_samples_scale_declares_that_it_looks_ahead():
    scales = ("target_vol", "expanding", "full_sample")
    declared = [VolatilityManaged("m", VolatilityManaged.Params(scale=scale)).looks_ahead for scale in scales]
    assert declared == [False, False, True]


def test_small_moves_are_left_alone():
    panel = make_panel(400, 1, seed=5)
    moves = signals_of(panel, min_change=0.25).dropna().diff().abs()
    assert moves[moves > 0].min() > 0.25
    assert (moves == 0).any()
