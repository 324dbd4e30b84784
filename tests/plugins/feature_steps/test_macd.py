from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from qlop.testing import FeatureStepContractSuite

from plugins.feature_steps.macd import Macd

CLOSES = [10.0, 11.0, 13.0, 12.0, 14.0]


class TestMacd(FeatureStepContractSuite):
    plugin_class = Macd


def test_macd_by_hand(one_ticker):
    # EMA(1) is the close. EMA(3), weight 1/2: mean 34/3, then 35/3 and 77/6. Line: 5/3, 1/3, 7/6.
    # Signal of span 2, weight 2/3, begun with the mean of the first two: 1, then 1 + (7/6 - 1) 2/3 = 10/9.
    params = Macd.Params(fast_bars=1, slow_bars=3, signal_bars=2, normalised=False)
    columns = Macd("macd", params).transform(one_ticker(CLOSES))
    np.testing.assert_allclose(columns["macd_line"], [np.nan, np.nan, 5 / 3, 1 / 3, 7 / 6])
    np.testing.assert_allclose(columns["macd_signal"], [np.nan, np.nan, np.nan, 1.0, 10 / 9])
    np.testing.assert_allclose(columns["macd_histogram"], [np.nan, np.nan, np.nan, -2 / 3, 7 / 6 - 10 / 9])


def test_normalised_lines_are_fractions_of_the_close(one_ticker):
    panel = one_ticker(CLOSES)
    spans = {"fast_bars": 1, "slow_bars": 3, "signal_bars": 2, "outputs": ("line",)}
    plain = Macd("macd", Macd.Params(**spans, normalised=False)).transform(panel)
    normalised = Macd("macd", Macd.Params(**spans)).transform(panel)
    np.testing.assert_allclose(normalised["macd_line"], plain["macd_line"] / CLOSES)


def test_a_fast_average_that_is_not_faster_is_refused():
    with pytest.raises(ValidationError, match="fast_bars 26 must be less than slow_bars 26"):
        Macd.Params(fast_bars=26)
