from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from qlop.testing import StrategyContractSuite

from plugins.strategies.threshold import Threshold


class TestThreshold(StrategyContractSuite):
    plugin_class = Threshold
    params = {"enter_long": 0.6, "exit_long": 0.5, "enter_short": 0.3, "exit_short": 0.4}


def signals_of(panel, predictions, **params):
    return Threshold("threshold", Threshold.Params(**params)).generate_signals(panel, predictions)


def test_it_enters_stays_and_leaves(panel_of, predict):
    panel = panel_of(AAA=[1] * 6)
    predictions = predict(panel, probability_1=[np.nan, 0.5, 0.6, 0.55, 0.44, 0.55])
    found = signals_of(panel, predictions, enter_long=0.6, exit_long=0.45, long_exposure=2.0, flat_exposure=0.5)
    np.testing.assert_array_equal(found, [np.nan, 0.5, 2.0, 2.0, 0.5, 0.5])


def test_it_goes_short_where_asked(panel_of, predict):
    panel = panel_of(AAA=[1] * 5)
    predictions = predict(panel, prediction=[0.0, -1.0, -0.4, 0.1, 1.0])
    found = signals_of(
        panel, predictions, column="prediction", enter_long=0.5, enter_short=-0.5, exit_short=0.0, short_exposure=-0.7
    )
    np.testing.assert_array_equal(found, [0.0, -0.7, -0.7, 0.0, 1.0])


def test_bars_without_a_prediction_change_nothing(panel_of, predict):
    panel = panel_of(AAA=[1] * 3, BBB=[1] * 3)
    predictions = predict(panel, probability_1=[0.9, 0.1, np.nan, 0.9, np.nan, 0.1])
    found = signals_of(panel, predictions)
    np.testing.assert_array_equal(found, [0.5, 0.0, 0.5, 0.5, 0.5, 0.0])


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"enter_long": 0.5, "exit_long": 0.6}, "exit_long 0.6 must not be above enter_long 0.5"),
        ({"exit_short": 0.2}, "exit_short is given without enter_short"),
        ({"enter_short": 0.3, "exit_short": 0.2}, "exit_short 0.2 must not be below enter_short 0.3"),
        ({"enter_short": 0.55}, "overlap"),
    ],
)
def test_thresholds_out_of_order_are_refused(params, complaint):
    with pytest.raises(ValidationError, match=complaint):
        Threshold.Params(**params)
