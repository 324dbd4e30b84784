"""A backtest ends where the predictions do, and says what of the prices nobody predicted."""

import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.predicted_span import predicted_span, unpredicted_findings

BARS = pd.date_range("2020-01-01", periods=10, tz="UTC", unit="us")


def rows(bars, tickers):
    index = pd.MultiIndex.from_product([bars, tickers], names=["timestamp", "ticker"])
    return pd.DataFrame({"prediction": 1.0}, index=index)


def findings(panel, predictions):
    return list(unpredicted_findings(panel, predictions, predicted_span(panel, predictions)))


def test_prices_end_with_the_bar_after_the_last_prediction():
    panel, predictions = rows(BARS, ["A", "B"]), rows(BARS[2:5], ["A", "B"])
    span = predicted_span(panel, predictions)
    assert (span.first, span.last, span.n_bars_after) == (BARS[2], BARS[5], 4)
    assert list(span.cut(panel).index.unique(level="timestamp")) == list(BARS[2:6])
    assert findings(panel, predictions) == [
        (
            "The predictions end at 2020-01-05: the backtest ends with the bar after it, 2020-01-06, and 4 later bars of "
            "the prices are left out."
        )
    ]


@pytest.mark.parametrize("end", [9, 10])
def test_nothing_is_left_out_where_the_prices_end_with_the_predictions_or_a_bar_later(end):
    panel, predictions = rows(BARS, ["A", "B"]), rows(BARS[2:end], ["A", "B"])
    assert predicted_span(panel, predictions).last == BARS[-1]
    assert findings(panel, predictions) == []


def test_without_predictions_all_bars_are_traded():
    span = predicted_span(rows(BARS, ["A"]), None)
    assert (span.first, span.last, span.n_bars_after) == (BARS[0], BARS[-1], 0)


def test_tickers_without_any_prediction_are_counted_and_named():
    panel, predictions = rows(BARS, ["A", "B", "C"]), rows(BARS, ["B"])
    (said,) = findings(panel, predictions)
    assert said.startswith("2 of 3 tickers have no prediction: A, C. ")
    assert "their share of the account stays idle" in said


def test_of_many_tickers_without_a_prediction_the_first_are_named_and_the_rest_counted():
    names = [f"T{number:02d}" for number in range(12)]
    (said,) = findings(rows(BARS, names), rows(BARS, names[:1]))
    assert "11 of 12 tickers have no prediction: T01, T02, T03, T04, T05, T06, T07, T08 and 3 more." in said


def test_a_ticker_whose_predictions_end_before_those_of_others_is_told_of():
    panel = rows(BARS, ["A", "B"])
    predictions = pd.concat([rows(BARS, ["A"]), rows(BARS[:3], ["B"])]).sort_index()
    (said,) = findings(panel, predictions)
    assert said.startswith("7 of 20 bars of the predicted tickers have no prediction")


def test_predictions_outside_of_the_prices_are_refused():
    later = BARS + pd.Timedelta(days=20)
    with pytest.raises(DataError, match="The predictions begin at 2020-01-21, outside the prices"):
        predicted_span(rows(BARS, ["A"]), rows(later, ["A"]))
