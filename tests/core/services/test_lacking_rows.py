"""What the rows of a prediction lack is told: values, history, the tickers that they were compared with."""

import numpy as np
import pandas as pd

from core.contracts.model import HistoryReading
from core.services.bundle_rows import AskedRows
from core.services.lacking_rows import lacking_rows
from core.testing.example_model import LeastSquares

LEARNED = {"tickers": ["A", "B"]}
ROW_BY_ROW = LeastSquares("least_squares", LeastSquares.Params())


class Reading(LeastSquares):
    """A model that reads the last three rows of a ticker, and begins anew after two days without one."""

    capabilities = frozenset({"earlier_rows", "missing_values"})

    def history_reading(self):
        return HistoryReading(3, 2 * 24 * 3600 * 1_000_000)


READING = Reading("reading", Reading.Params())


def prices(values, *, tickers=("A", "B"), lookback=0, comparing=()):
    """Return rows made of prices, one bar of each ticker after the other."""
    bars = pd.date_range("2020-01-01", periods=len(values) // len(tickers), tz="UTC")
    index = pd.MultiIndex.from_product([bars, list(tickers)], names=["timestamp", "ticker"])
    features = pd.DataFrame(values, index=index, columns=["mom_5", "vol"], dtype=float)
    return AskedRows("prices", features, index.to_frame(index=False), lookback, comparing)


def test_whole_rows_lack_nothing():
    assert lacking_rows(prices([[1, 2]] * 4), LEARNED, ROW_BY_ROW) == ()


def test_rows_without_any_value_are_counted_apart_from_those_that_lack_some():
    (said,) = lacking_rows(prices([[np.nan, np.nan], [np.nan, 2], [1, 2], [1, 2]]), LEARNED, ROW_BY_ROW)
    assert said == (
        "Features have no value in 2 of 4 rows, and in 1 none has one: such an answer knows nothing of its row. They "
        "are 2 of the 2: mom_5, vol."
    )


def test_a_table_of_features_is_told_of_its_empty_cells_and_of_no_history():
    table = prices([[1, np.nan], [1, 2]], lookback=5)
    (said,) = lacking_rows(AskedRows("features", table.features, table.beside), LEARNED, ROW_BY_ROW)
    assert said == "Features have no value in 1 of 2 rows. They are 1 of the 2: vol."


def test_rows_with_less_history_than_the_features_look_back_are_told_what_it_takes():
    (said,) = lacking_rows(prices([[1, 2]] * 8, lookback=3), LEARNED, ROW_BY_ROW)
    assert said.startswith(
        "The features look back 3 bars of the ticker's own, and 6 of 8 rows have fewer before them in the file; the "
        "longest history of a ticker has 4 bars. Give 4 bars of each ticker or more"
    )


def test_histories_that_are_shorter_than_the_model_reads_are_told_by_ticker():
    """Of four bars of two tickers the first two are short, whatever the order of the rows."""
    whole = prices([[1, 2]] * 8)
    shuffled = whole.features.sample(frac=1.0, random_state=3)
    for features in (whole.features, shuffled):
        (said,) = lacking_rows(AskedRows("features", features, whole.beside), LEARNED, READING)
        assert said == (
            "The model reads the last 3 rows of a ticker, and 4 of 8 rows have fewer: a history begins with a ticker's "
            "first row. They are predicted from what there is; give 2 rows of a ticker before those that you ask about."
        )


def test_holes_after_which_histories_begin_anew_are_counted():
    rows = prices([[1, 2]] * 40)
    days = rows.features.index.get_level_values("timestamp").day
    holed = AskedRows("features", rows.features[(days < 8) | (days > 9)], rows.beside)
    (said,) = lacking_rows(holed, LEARNED, READING)
    assert "8 of 36 rows have fewer" in said
    assert "begins with a ticker's first row, and anew after 2 holes of more than 2 days. They" in said


def test_rows_that_a_model_passes_over_for_a_missing_value_are_no_part_of_a_history():
    class Complete(Reading):
        capabilities = frozenset({"earlier_rows"})

    values = np.ones((8, 2))
    values[2:4, 0] = np.nan
    said = lacking_rows(prices(values), LEARNED, Complete("reading", Complete.Params()))
    assert "4 of 6 rows have fewer" in said[1]


def test_comparing_steps_are_told_of_other_tickers_than_those_of_the_training():
    (said,) = lacking_rows(prices([[1, 2]] * 2, tickers=("A", "C"), comparing=("rank",)), LEARNED, ROW_BY_ROW)
    assert said.startswith(
        "'rank' compares the tickers of a bar with each other, and the file lacks B and has C besides"
    )
    assert lacking_rows(prices([[1, 2]] * 2, comparing=("rank",)), LEARNED, ROW_BY_ROW) == ()
    assert lacking_rows(prices([[1, 2]] * 2, tickers=("A", "C")), LEARNED, ROW_BY_ROW) == ()
