from __future__ import annotations

from typing import ClassVar

import numpy as np
from qlop.testing import FeatureStepContractSuite

from plugins.feature_steps.drawdown import Drawdown


class TestDrawdown(FeatureStepContractSuite):
    plugin_class = Drawdown
    params: ClassVar = {"windows_bars": [60], "measures": ["drawdown", "distance_from_high", "max_drawdown"]}


def columns_of(panel, **params):
    return Drawdown("dd", Drawdown.Params(**params)).transform(panel)


def test_drawdown_is_from_the_highest_close_and_distance_from_the_highest_high(one_ticker):
    panel = one_ticker([100.0, 120.0, 90.0, 108.0], high=[110.0, 125.0, 121.0, 109.0])
    columns = columns_of(panel, windows_bars=(3,))
    np.testing.assert_allclose(columns["dd_3"], [np.nan, np.nan, -0.25, -0.1])
    np.testing.assert_allclose(columns["dd_distance_from_high_3"], [np.nan, np.nan, 90 / 125 - 1, 108 / 125 - 1])


def test_an_old_high_leaves_the_window(one_ticker):
    columns = columns_of(one_ticker([200.0, 100.0, 90.0, 95.0]), windows_bars=(2,), measures=("drawdown",))
    np.testing.assert_allclose(columns["dd_2"], [np.nan, -0.5, -0.1, 0.0])


def test_max_drawdown_is_the_deepest_of_the_window(one_ticker):
    columns = columns_of(one_ticker([100.0, 80.0, 88.0, 88.0, 88.0]), windows_bars=(2,), measures=("max_drawdown",))
    np.testing.assert_allclose(columns["dd_max_2"], [np.nan, np.nan, -0.2, 0.0, 0.0])
