from __future__ import annotations

from math import log
from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError
from qlop.testing import FeatureStepContractSuite

from plugins.feature_steps.returns import Returns


class TestReturns(FeatureStepContractSuite):
    plugin_class = Returns
    params: ClassVar = {"horizons_bars": [1, 5], "lags_bars": [0, 2]}


def test_simple_and_log_returns_by_hand(one_ticker):
    panel = one_ticker([100.0, 125.0, 100.0])
    simple = Returns("ret", Returns.Params(horizons_bars=(1,))).transform(panel)
    logged = Returns("ret", Returns.Params(horizons_bars=(1,), kind="log")).transform(panel)
    np.testing.assert_allclose(simple["ret_1"], [np.nan, 0.25, -0.2])
    np.testing.assert_allclose(logged["ret_1"], [np.nan, log(1.25), -log(1.25)])


def test_a_lag_moves_both_ends_of_the_return(one_ticker):
    step = Returns("ret", Returns.Params(horizons_bars=(1,), lags_bars=(0, 2)))
    columns = step.transform(one_ticker([100.0, 125.0, 100.0, 200.0]))
    assert list(columns) == ["ret_1", "ret_1_lag_2"]
    np.testing.assert_allclose(columns["ret_1_lag_2"], [np.nan, np.nan, np.nan, 0.25])


def test_a_lag_named_twice_is_refused():
    with pytest.raises(ValidationError, match="names a number twice"):
        Returns.Params(lags_bars=(1, 1))
