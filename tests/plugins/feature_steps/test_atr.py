from __future__ import annotations

import numpy as np
from qlop.testing import FeatureStepContractSuite

from plugins.feature_steps.atr import Atr


class TestAtr(FeatureStepContractSuite):
    plugin_class = Atr


def test_atr_by_hand_with_gaps_up_and_down(one_ticker):
    # True ranges: a gap up, 13 - 10 = 3; a gap down, 12 - 8 = 4; an inside bar, 9 - 7 = 2.
    panel = one_ticker([10.0, 12.0, 8.5, 8.0], high=[11.0, 13.0, 9.0, 9.0], low=[9.0, 11.5, 8.0, 7.0])
    found = Atr("atr", Atr.Params(window_bars=2, normalised=False)).transform(panel)["atr"]
    np.testing.assert_allclose(found, [np.nan, np.nan, 3.5, 3.5 + (2.0 - 3.5) / 2])


def test_normalised_atr_is_a_fraction_of_the_close(one_ticker):
    panel = one_ticker([10.0, 12.0, 8.5], high=[11.0, 13.0, 9.0], low=[9.0, 11.5, 8.0])
    found = Atr("atr", Atr.Params(window_bars=2)).transform(panel)["atr"]
    np.testing.assert_allclose(found, [np.nan, np.nan, 3.5 / 8.5])
