"""What is told of rows that a model has learned from, or of tickers that it has not."""

from dataclasses import replace

import pandas as pd

from core.engine.learned_span import LearnedSpan
from core.services.known_rows import known_rows

LEARNED = LearnedSpan(pd.Timestamp("2020-01-02", tz="UTC"), pd.Timestamp("2020-01-03", tz="UTC"), 9)


def bars(*tickers):
    days = pd.date_range("2020-01-01", "2020-01-05", tz="UTC")
    return pd.MultiIndex.from_product([days, tickers], names=["timestamp", "ticker"])


def test_bars_of_its_own_tickers_from_the_first_it_learned_from_to_the_last_are_known():
    assert known_rows(bars("A"), LEARNED, {"tickers": ["A", "B"]}) == (
        "2 rows until 2020-01-03 are of bars that the model learned from; how well it predicts these says nothing.",
    )


def test_rows_of_other_tickers_are_not_called_known():
    said = known_rows(bars("X", "Y"), LEARNED, {"tickers": ["A"]})
    assert said[0] == "The model did not learn from X, Y; it learned from A."
    assert said[1].startswith("4 rows of tickers that it did not learn from lie in the time until 2020-01-03")
    assert len(said) == 2


def test_of_a_mixture_each_part_is_counted():
    said = known_rows(bars("A", "X"), LEARNED, {"tickers": ["A"]})
    assert said[1].startswith("2 rows of its own tickers until 2020-01-03 are of bars that the model learned from")
    assert said[2].startswith("2 rows of tickers that it did not learn from")


def test_without_known_tickers_or_a_known_span_nothing_is_made_up():
    assert known_rows(bars("A"), None, {}) == ()
    assert known_rows(bars("X"), None, {"tickers": ["A"]}) == ("The model did not learn from X; it learned from A.",)
    assert len(known_rows(bars("X"), LEARNED, {})) == 1


def test_rows_of_any_ticker_may_be_known_to_a_model_that_learned_elsewhere_too():
    known = replace(LEARNED, elsewhere="known")
    (said,) = known_rows(bars("X", "Y"), known, {"tickers": ["A"]})
    assert said == (
        "6 rows until 2020-01-03 are of bars that the model may have learned from, here or before it came here, "
        "whatever the ticker; how well it predicts these says nothing."
    )
    assert known_rows(bars("A")[3:], known, {"tickers": ["A"]}) == ()


def test_where_nobody_knows_what_a_model_learned_elsewhere_every_row_may_be_known():
    (said,) = known_rows(bars("A")[3:], replace(LEARNED, elsewhere="unknown"), {"tickers": ["A"]})
    assert said.startswith("Which bars the model learned from before it came into its training is not known")


def test_many_names_are_cut():
    said = known_rows(bars(*(f"T{n:02}" for n in range(20))), None, {"tickers": ["A"]})
    assert said == (
        "The model did not learn from T00, T01, T02, T03, T04, T05, T06, T07 and 12 more; it learned from A.",
    )
