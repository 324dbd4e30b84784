from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError
from qlop.testing import FeatureStepContractSuite

from plugins.feature_steps.momentum import Momentum


class TestMomentum(FeatureStepContractSuite):
    plugin_class = Momentum
    params: ClassVar = {"horizons_bars": [5, 20], "skip_bars": 1}


def test_momentum_is_the_return_over_the_horizon(one_ticker):
    step = Momentum("mom", Momentum.Params(horizons_bars=(1, 2)))
    columns = step.transform(one_ticker([100.0, 110.0, 99.0]))
    np.testing.assert_allclose(columns["mom_1"], [np.nan, 0.1, -0.1])
    np.testing.assert_allclose(columns["mom_2"], [np.nan, np.nan, -0.01])


def test_skipped_bars_are_left_out_at_the_end_only(one_ticker):
    step = Momentum("mom", Momentum.Params(horizons_bars=(3,), skip_bars=1))
    columns = step.transform(one_ticker([100.0, 110.0, 120.0, 500.0, 132.0]))
    np.testing.assert_allclose(columns["mom_3"], [np.nan, np.nan, np.nan, 0.2, 500.0 / 110.0 - 1.0])


def test_a_skip_as_long_as_a_horizon_is_refused():
    with pytest.raises(ValidationError, match="skip_bars 5 must be less than every horizon"):
        Momentum.Params(horizons_bars=(5, 20), skip_bars=5)


def test_a_horizon_named_twice_is_refused():
    with pytest.raises(ValidationError, match="names a horizon twice"):
        Momentum.Params(horizons_bars=(5, 5))
