"""What the rows of a prediction lack is told: values, history, the tickers that they were compared with."""

import numpy as np
import pandas as pd

from core.services.bundle_rows import AskedRows
from core.services.lacking_rows import lacking_rows

LEARNED = {"tickers": ["A", "B"]}


def prices(values, *, tickers=("A", "B"), lookback=0, comparing=()):
    """Return rows made of prices, one bar of each ticker after the other."""
    bars = pd.date_range("2020-01-01", periods=len(values) // len(tickers), tz="UTC")
    index = pd.MultiIndex.from_product([bars, list(tickers)], names=["timestamp", "ticker"])
    features = pd.DataFrame(values, index=index, columns=["mom_5", "vol"], dtype=float)
    return AskedRows("prices", features, index.to_frame(index=False), lookback, comparing)


def test_whole_rows_lack_nothing():
    assert lacking_rows(prices([[1, 2]] * 4), LEARNED) == ()


def test_rows_without_any_value_are_counted_apart_from_those_that_lack_some():
    (said,) = lacking_rows(prices([[np.nan, np.nan], [np.nan, 2], [1, 2], [1, 2]]), LEARNED)
    assert said == (
        "Features have no value in 2 of 4 rows, and in 1 none has one: such an answer knows nothing of its row. They "
        "are 2 of the 2: mom_5, vol."
    )


def test_a_table_of_features_is_told_of_its_empty_cells_and_of_no_history():
    table = prices([[1, np.nan], [1, 2]], lookback=5)
    (said,) = lacking_rows(AskedRows("features", table.features, table.beside), LEARNED)
    assert said == "Features have no value in 1 of 2 rows. They are 1 of the 2: vol."


def test_rows_with_less_history_than_the_features_look_back_are_told_what_it_takes():
    (said,) = lacking_rows(prices([[1, 2]] * 8, lookback=3), LEARNED)
    assert said.startswith(
        "The features look back 3 bars of the ticker's own, and 6 of 8 rows have fewer before them in the file; the "
        "longest history of a ticker has 4 bars. Give 4 bars of each ticker or more"
    )


def test_comparing_steps_are_told_of_other_tickers_than_those_of_the_training():
    (said,) = lacking_rows(prices([[1, 2]] * 2, tickers=("A", "C"), comparing=("rank",)), LEARNED)
    assert said.startswith(
        "'rank' compares the tickers of a bar with each other, and the file lacks B and has C besides"
    )
    assert lacking_rows(prices([[1, 2]] * 2, comparing=("rank",)), LEARNED) == ()
    assert lacking_rows(prices([[1, 2]] * 2, tickers=("A", "C")), LEARNED) == ()
