"""Drawdown: the fall from the highest point so far."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engine.drawdown import drawdown_curve
from core.engine.metric_options import MetricOptions
from core.engine.metrics import compute_metrics


def test_the_initial_equity_is_a_peak_to_fall_from():
    np.testing.assert_allclose(drawdown_curve(np.array([90.0, 120.0, 60.0]), 100.0), [-0.1, 0.0, -0.5])


def test_a_missing_bar_is_missing_alone():
    curve = drawdown_curve(np.array([110.0, np.nan, 55.0]), 100.0)
    np.testing.assert_array_equal(np.isnan(curve), [False, True, False])
    assert curve[2] == -0.5


def test_a_debt_is_a_fall_by_more_than_everything():
    assert drawdown_curve(np.array([-10.0]), 100.0)[0] == -1.1


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(1.0, 1e6), min_size=2, max_size=40))
def test_its_least_value_is_the_metric_of_the_same_name(values):
    timestamps = pd.date_range("2020-01-01", periods=len(values), tz="UTC", unit="us")
    equity = pd.DataFrame({"timestamp": timestamps, "equity": values})
    metrics = compute_metrics(equity, None, None, None, options=MetricOptions(initial_equity=500.0))
    np.testing.assert_allclose(drawdown_curve(np.array(values), 500.0).min(), metrics["max_drawdown"], atol=1e-12)
