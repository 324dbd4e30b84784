"""A table of features says whose and when its rows are exactly, where the model reads earlier rows."""

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.table_file import read_table_file
from core.engine.table_times import TimeReading
from core.services.bundle_feature_table import features_of_table

GOOD = "Date,Symbol,x\n2020-01-02,A,1\n2020-01-03,A,\n2020-01-02,B,3\n"


def read(tmp_path, text, **times):
    (tmp_path / "f.csv").write_text(text)
    return features_of_table(read_table_file(tmp_path / "f.csv"), ["x"], TimeReading(daily=True, **times))


def test_times_and_tickers_become_the_index(tmp_path):
    found = read(tmp_path, GOOD)
    assert list(found.index.names) == ["timestamp", "ticker"]
    assert found.index[1] == (pd.Timestamp("2020-01-03", tz="UTC"), "A")
    np.testing.assert_array_equal(found["x"], [1.0, np.nan, 3.0])


def test_other_ways_of_writing_times_are_said(tmp_path):
    found = read(tmp_path, "time,ticker,x\n03/02/2020,A,1\n", timestamp_format="%d/%m/%Y")
    assert found.index[0][0] == pd.Timestamp("2020-02-03", tz="UTC")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("date,ticker,x\n03/02/2020,A,1\n", "f.csv, line 2, column 'date': '03/02/2020' is no ISO date"),
        ("date,ticker,x\n2020-01-02,A,1\nx,A,1\n", "f.csv, line 3, column 'date': 'x' is no ISO date"),
        ("date,ticker,x\n1577923200,A,1\n", "f.csv, line 2, column 'date': '1577923200' is no ISO date"),
        ("date,ticker,x\n2020-01-02,,1\n", "f.csv, line 2, column 'ticker': the cell is empty"),
        ("date,ticker,x\n2020-01-02,A\u202e,1\n", "column 'ticker': ticker 'A\\\\u202e' holds an invisible"),
        (
            "date,ticker,x\n2020-01-02,A,1\n2020-01-02,B,1\n2020-01-02,A,2\n",
            "f.csv, line 4: A at 2020-01-02 00:00 appears twice, first in .*f.csv, line 2. Keep one",
        ),
        ("x\n1\n", "needs one column timestamp .or date. and one column ticker .* is timestamp: there is none"),
        ("date,x\n2020-01-02,1\n", "no single one is ticker: its other columns are date"),
        ("date,time,ticker,x\n2020-01-02,3,A,1\n", "timestamp: both 'date' and 'time' may be it"),
    ],
)
def test_what_is_not_clear_is_refused_by_line_and_column(tmp_path, text, reason):
    with pytest.raises(DataError, match=reason):
        read(tmp_path, text)


def test_a_number_in_a_parquet_file_is_no_time_until_it_is_said_which(tmp_path):
    frame = pd.DataFrame({"timestamp": [1577923200], "ticker": ["A"], "x": [1.0]})
    frame.to_parquet(tmp_path / "f.parquet")
    table = read_table_file(tmp_path / "f.parquet")
    with pytest.raises(DataError, match="column 'timestamp': 1577923200 is a number; set the parameter timestamp_form"):
        features_of_table(table, ["x"], TimeReading(daily=True))
    found = features_of_table(table, ["x"], TimeReading(daily=True, timestamp_format="epoch_s"))
    assert found.index[0][0] == pd.Timestamp("2020-01-02", tz="UTC")


def test_a_model_that_predicts_rows_by_themselves_needs_neither(tmp_path):
    (tmp_path / "f.csv").write_text("date,x\nwhenever,1\nwhenever,2\n")
    found = features_of_table(read_table_file(tmp_path / "f.csv"), ["x"], None)
    assert found["x"].tolist() == [1.0, 2.0]
