from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from qlop.testing import StrategyContractSuite

from plugins.strategies.moving_average_cross import MovingAverageCross


class TestMovingAverageCross(StrategyContractSuite):
    plugin_class = MovingAverageCross
    params = {"fast_bars": 5, "slow_bars": 20, "short_exposure": -0.5}


def signals_of(panel, **params):
    return MovingAverageCross("cross", MovingAverageCross.Params(**params)).generate_signals(panel, None)


def test_it_is_long_above_short_below_and_out_on_the_cross(panel_of):
    # fast (1 bar) against slow (3 bars): 3 > 2, 3 > 8/3, 3 = 3, 1 < 7/3
    panel = panel_of(AAA=[1, 2, 3, 3, 3, 1])
    found = signals_of(panel, fast_bars=1, slow_bars=3, long_exposure=1.5, short_exposure=-0.5)
    np.testing.assert_array_equal(found, [np.nan, np.nan, 1.5, 1.5, 0.0, -0.5])


def test_averages_are_over_a_tickers_own_bars(panel_of):
    panel = panel_of(AAA=[1, 2, np.nan, 3, np.nan, 1], BBB=[1, 1, 1, 1, 1, 1])
    found = signals_of(panel, fast_bars=1, slow_bars=3).xs("AAA", level="ticker")
    np.testing.assert_array_equal(found, [np.nan, np.nan, 0.5, 0.0])


def test_a_fast_average_that_is_not_faster_is_refused():
    with pytest.raises(ValidationError, match="fast_bars 20 must be less than slow_bars 20"):
        MovingAverageCross.Params(fast_bars=20, slow_bars=20)
