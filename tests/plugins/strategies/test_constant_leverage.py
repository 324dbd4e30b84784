from __future__ import annotations

import numpy as np
from qlop.testing import StrategyContractSuite

from plugins.strategies.constant_leverage import ConstantLeverage


class TestConstantLeverage(StrategyContractSuite):
    plugin_class = ConstantLeverage
    params = {"leverage": 2.0}


def test_tickers_share_the_leverage(panel_of):
    panel = panel_of(AAA=[1, 2, 3], BBB=[np.nan, 1, 1])
    signals = ConstantLeverage("always_2x", ConstantLeverage.Params(leverage=2.0)).generate_signals(panel, None)
    assert signals.tolist() == [2.0, 1.0, 1.0, 1.0, 1.0]


def test_a_negative_leverage_is_short(panel_of):
    panel = panel_of(AAA=[1, 2])
    signals = ConstantLeverage("short", ConstantLeverage.Params(leverage=-1.0)).generate_signals(panel, None)
    assert signals.tolist() == [-1.0, -1.0]
