from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from qlop import DataError
from qlop.testing import StrategyContractSuite

from plugins.strategies.leverage_opportunity import LeverageOpportunity


class TestLeverageOpportunity(StrategyContractSuite):
    plugin_class = LeverageOpportunity


def signals_of(panel, predictions, **params):
    return LeverageOpportunity("sized", LeverageOpportunity.Params(**params)).generate_signals(panel, predictions)


def test_the_growth_optimal_size_by_hand(panel_of, predict):
    # f* = .6 / .5 - .4 / 1 = .8, half of it .4
    panel = panel_of(AAA=[1])
    predictions = predict(panel, payoff_probability=[0.6], payoff_gain=1.0, payoff_loss=0.5)
    assert signals_of(panel, predictions, min_exposure=0.0).tolist() == pytest.approx([0.4])
    assert signals_of(panel, predictions, min_exposure=0.0, kelly_fraction=1.0).tolist() == pytest.approx([0.8])


@given(st.floats(0.05, 0.95), st.floats(0.1, 0.9), st.floats(0.1, 0.9))
@settings(deadline=None, max_examples=25)
def test_the_size_maximises_expected_log_growth(probability, gain, loss):
    optimal = LeverageOpportunity._optimal(*(np.array([[value]]) for value in (probability, gain, loss)))[0, 0]

    def growth(size):
        return probability * np.log1p(size * gain) + (1 - probability) * np.log1p(-size * loss)

    assert growth(optimal) >= max(growth(optimal - 1e-3), growth(optimal + 1e-3)) - 1e-12


def test_no_opportunity_is_the_unlevered_position_by_default(panel_of, predict):
    panel = panel_of(AAA=[1, 1, 1])
    predictions = predict(panel, payoff_probability=[0.1, 0.9, 0.5], payoff_gain=0.07, payoff_loss=0.06)
    assert signals_of(panel, predictions).tolist() == [1.0, 2.0, 1.0]


def test_pooled_tickers_at_two_are_an_account_at_two(panel_of, predict):
    panel = panel_of(AAA=[1, 1], BBB=[1, 1], CCC=[1, 1], DDD=[1, 1])
    predictions = predict(panel, payoff_probability=[0.95] * 8, payoff_gain=0.07, payoff_loss=0.06)
    found = signals_of(panel, predictions)
    assert found.tolist() == [0.5] * 8
    assert signals_of(panel, predictions, max_gross=1.5).groupby("timestamp").sum().tolist() == [1.5, 1.5]


def test_small_moves_are_left_alone(panel_of, predict):
    panel = panel_of(AAA=[1, 1, 1])
    probability = np.array([0.5, 0.52, 0.6])
    predictions = predict(panel, payoff_probability=probability, payoff_gain=1.0, payoff_loss=1.0)
    sizes = 2 * probability - 1
    found = signals_of(panel, predictions, min_exposure=0.0, kelly_fraction=1.0, min_change=0.1)
    np.testing.assert_allclose(found, [sizes[0], sizes[0], sizes[2]], atol=1e-12)


@pytest.mark.parametrize(("rule", "last"), [("hold", 2.0), ("minimum", 0.5)])
def test_bars_without_a_prediction(panel_of, predict, rule, last):
    panel = panel_of(AAA=[1, 1, 1])
    predictions = predict(panel, payoff_probability=[np.nan, 0.95, np.nan], payoff_gain=0.07, payoff_loss=0.06)
    found = signals_of(panel, predictions, min_exposure=0.5, without_prediction=rule)
    np.testing.assert_array_equal(found, [np.nan, 2.0, last])


def test_folds_that_could_not_say_the_payoff_decide_nothing(panel_of, predict):
    panel = panel_of(AAA=[1, 1, 1])
    predictions = predict(
        panel, payoff_probability=[0.9, 0.9, 0.9], payoff_gain=[np.nan, 0.07, 0.07], payoff_loss=[0.06, 0.06, 0.0]
    )
    np.testing.assert_array_equal(signals_of(panel, predictions), [np.nan, 2.0, 2.0])


def test_a_short_is_sized_alike(panel_of, predict):
    panel = panel_of(AAA=[1, 1])
    predictions = predict(panel, payoff_probability=[0.9, 0.2], payoff_gain=0.07, payoff_loss=0.06)
    assert signals_of(panel, predictions, side="short", min_exposure=0.0).tolist() == [-2.0, 0.0]


def test_predictions_without_a_payoff_are_refused_helpfully(panel_of, predict):
    panel = panel_of(AAA=[1])
    with pytest.raises(DataError, match=r"payoff_probability, payoff_gain, payoff_loss is missing.*labeler that gives"):
        signals_of(panel, predict(panel, probability_1=[0.9]))


def test_bounds_out_of_order_are_refused():
    with pytest.raises(ValidationError, match=r"min_exposure 3.0 is above max_exposure 2.0"):
        LeverageOpportunity.Params(min_exposure=3.0)
