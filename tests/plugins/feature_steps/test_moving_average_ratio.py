from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError
from qlop.testing import FeatureStepContractSuite

from plugins.feature_steps.moving_average_ratio import MovingAverageRatio


class TestMovingAverageRatio(FeatureStepContractSuite):
    plugin_class = MovingAverageRatio


class TestMovingAverageRatioExponential(FeatureStepContractSuite):
    plugin_class = MovingAverageRatio
    params: ClassVar = {"pairs_bars": [[1, 20]], "average": "exponential"}


def test_simple_averages_by_hand(one_ticker):
    step = MovingAverageRatio("ma", MovingAverageRatio.Params(pairs_bars=((1, 3), (2, 4))))
    columns = step.transform(one_ticker([10.0, 20.0, 30.0, 40.0]))
    np.testing.assert_allclose(columns["ma_1_3"], [np.nan, np.nan, 0.5, 40 / 30 - 1])
    np.testing.assert_allclose(columns["ma_2_4"], [np.nan, np.nan, np.nan, 35 / 25 - 1])


def test_exponential_averages_by_hand(one_ticker):
    # EMA(3) begins at 20, then 20 + (40 - 20) / 2 = 30.
    step = MovingAverageRatio("ma", MovingAverageRatio.Params(pairs_bars=((1, 3),), average="exponential"))
    columns = step.transform(one_ticker([10.0, 20.0, 30.0, 40.0]))
    np.testing.assert_allclose(columns["ma_1_3"], [np.nan, np.nan, 0.5, 40 / 30 - 1])


def test_a_pair_the_wrong_way_round_is_refused():
    with pytest.raises(ValidationError, match="fast window 50 must be less than the slow window 10"):
        MovingAverageRatio.Params(pairs_bars=((50, 10),))
