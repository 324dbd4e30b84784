"""Which rows a prediction may read."""

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.torch_training.histories import histories_of, usual_longest_gap_us

DAY = 24 * 3600 * 1_000_000
WEEK = 7 * DAY


def frame(*rows):
    index = pd.MultiIndex.from_tuples(
        [(pd.Timestamp(day, tz="UTC"), ticker) for day, ticker in rows], names=["timestamp", "ticker"]
    )
    return pd.DataFrame({"value": np.arange(len(rows), dtype=float)}, index=index)


def read(rows, sequence_bars=3, longest_gap_us=WEEK, stretch=None):
    """Return, for each row, the values that its history holds, in order."""
    found = histories_of(rows, sequence_bars, longest_gap_us, stretch)
    values = rows["value"].to_numpy()[found.order]
    return [values[a : b + 1].astype(int).tolist() for a, b in zip(found.first, found.last, strict=True)]


def test_a_history_is_the_last_rows_of_the_ticker_and_shorter_at_its_beginning():
    rows = frame(
        *[(day, ticker) for day in ("2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09") for ticker in "AB"]
    )
    assert read(rows) == [[0], [1], [0, 2], [1, 3], [0, 2, 4], [1, 3, 5], [2, 4, 6], [3, 5, 7]]


def test_a_history_crosses_a_weekend_and_a_missing_day_but_no_hole():
    rows = frame(
        ("2020-01-02", "A"), ("2020-01-03", "A"), ("2020-01-07", "A"), ("2020-03-02", "A"), ("2020-03-03", "A")
    )
    assert read(rows) == [[0], [0, 1], [0, 1, 2], [3], [3, 4]]


def test_the_longest_gap_itself_is_no_hole():
    rows = frame(("2001-09-10", "A"), ("2001-09-17", "A"))
    assert read(rows) == [[0], [0, 1]]
    assert read(rows, longest_gap_us=WEEK - 1) == [[0], [1]]


def test_a_history_begins_anew_in_another_stretch_however_near_it_is():
    rows = frame(*[(f"2020-01-0{day}", ticker) for day in (6, 7, 8, 9) for ticker in "AB"])
    parted = pd.Series([0, 0, 0, 0, 1, 1, 1, 1], index=rows.index)
    assert read(rows, stretch=parted) == [[0], [1], [0, 2], [1, 3], [4], [5], [4, 6], [5, 7]]
    backwards = rows.iloc[::-1]
    assert read(backwards, stretch=parted.iloc[::-1])[::-1] == read(rows, stretch=parted)


def test_the_usual_gap_is_that_within_stretches():
    rows = frame(("2019-01-01", "A"), ("2019-02-01", "A"), ("2019-08-01", "A"), ("2019-09-01", "A"))
    assert usual_longest_gap_us(rows, pd.Series([0, 1, 2, 2], index=rows.index)) == 5 * 31 * DAY
    assert usual_longest_gap_us(rows, pd.Series([0, 1, 2, 3], index=rows.index)) == WEEK


def test_rows_in_any_order_have_the_same_histories():
    rows = frame(("2020-01-08", "A"), ("2020-01-07", "B"), ("2020-01-06", "A"), ("2020-01-07", "A"))
    assert read(rows) == [[2, 3, 0], [1], [2], [2, 3]]


def test_a_bar_that_appears_again_begins_a_history():
    rows = frame(("2020-01-06", "A"), ("2020-01-07", "A"), ("2020-01-07", "A"), ("2020-01-08", "A"))
    assert read(rows) == [[0], [0, 1], [2], [2, 3]]


def test_no_rows_have_no_histories():
    assert read(frame(("2020-01-06", "A")).iloc[:0]) == []


def test_the_usual_gap_is_a_week_for_days_and_five_bars_for_longer_ones():
    days = frame(*[(day, "A") for day in pd.bdate_range("2020-01-01", periods=9)])
    months = frame(*[(f"2020-{month:02d}-01", "A") for month in range(1, 10)])
    assert usual_longest_gap_us(days) == WEEK
    assert usual_longest_gap_us(months) == 5 * 31 * DAY
    assert usual_longest_gap_us(days.iloc[:1]) == WEEK


def test_rows_without_tickers_are_refused():
    with pytest.raises(DataError, match=r"the rows need the index \(timestamp, ticker\)"):
        histories_of(pd.DataFrame({"value": [1.0]}), 3, WEEK)


@pytest.mark.parametrize("moment", ["03/02/2020", "x", 1577923200])
def test_texts_and_numbers_are_not_taken_for_times(moment):
    index = pd.MultiIndex.from_tuples([(moment, "A")], names=["timestamp", "ticker"])
    with pytest.raises(DataError, match=r"timestamps are of the type \w+, and must be times"):
        histories_of(pd.DataFrame({"value": [1.0]}, index=index), 3, WEEK)


def test_no_rows_of_no_known_type_have_none_either():
    index = pd.MultiIndex.from_arrays([[], []], names=["timestamp", "ticker"])
    assert len(histories_of(pd.DataFrame({"value": []}, index=index), 3, WEEK).order) == 0
