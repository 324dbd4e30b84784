from __future__ import annotations

import numpy as np
from qlop.testing import FeatureStepContractSuite

from plugins.feature_steps.rsi import Rsi


class TestRsi(FeatureStepContractSuite):
    plugin_class = Rsi


def rsi_of(panel, window_bars):
    return Rsi("rsi", Rsi.Params(window_bars=window_bars)).transform(panel)["rsi"].to_numpy()


def test_rsi_by_hand(one_ticker):
    # Changes +1, -0.5, +1.5. First averages: 0.5 up, 0.25 down. Then 0.5 + (1.5 - 0.5) / 2 and 0.25 - 0.25 / 2.
    found = rsi_of(one_ticker([10.0, 11.0, 10.5, 12.0]), 2)
    np.testing.assert_allclose(found, [np.nan, np.nan, 100 * 0.5 / 0.75, 100 * 1.0 / 1.125])


def test_rsi_equals_the_worked_example_of_stockcharts(one_ticker):
    # ChartSchool, "Relative Strength Index", its spreadsheet of 14-day RSI.
    closes = [44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931]
    closes += [46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122]
    published = [70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93]
    np.testing.assert_allclose(rsi_of(one_ticker(closes), 14)[14:], published, atol=0.006)


def test_only_gains_give_100_only_losses_0_and_no_move_50(one_ticker):
    assert rsi_of(one_ticker([1.0, 2.0, 3.0, 4.0]), 2)[-1] == 100.0
    assert rsi_of(one_ticker([4.0, 3.0, 2.0, 1.0]), 2)[-1] == 0.0
    assert rsi_of(one_ticker([3.0, 3.0, 3.0, 3.0]), 2)[-1] == 50.0
