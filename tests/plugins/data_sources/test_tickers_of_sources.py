"""Tickers as sources of one's own hold them: which are refused, how messages show them, and what is said of white space."""

import sqlite3

import pandas as pd
import pytest
import qlop

from core.contracts.data_access import NoAccess
from plugins.data_sources.files import Files
from plugins.data_sources.parquet_lake import ParquetLake
from plugins.data_sources.sql import Sql

SOURCES = ("csv", "parquet", "lake", "sql")
LONG = "A" * 10_000


class Told(NoAccess):
    def __init__(self):
        self.logged = []
        self.progressed = []

    def log(self, message, *, level="info"):
        self.logged.append(message)

    def progress(self, ticker, done, total):
        self.progressed.append(ticker)


def source_of(kind, folder, *tickers, close="1.0"):
    """A source of one bar of each ticker."""
    rows = pd.DataFrame({"date": "2004-03-01", "ticker": tickers, "open": 1.0, "high": 1.0, "low": 1.0, "close": close})
    rows["volume"] = 1.0
    path = folder / {"csv": "bars.csv", "sql": "bars.db"}.get(kind, "bars.parquet")
    if kind == "csv":
        rows.to_csv(path, index=False)
    elif kind == "sql":
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE bars (date, ticker, open, high, low, close, volume)")
            rows["close"] = [float(text) if text == "1.0" else text for text in rows["close"]]
            connection.executemany("INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?, ?)", rows.itertuples(index=False))
        connection.close()
    else:
        rows.to_parquet(path, index=False)
    if kind == "sql":
        made = Sql("sql", Sql.Params(sqlite_file=str(path), table="bars"))
    else:
        made = {"lake": ParquetLake}.get(kind, Files)
        made = made(kind, made.Params(path=str(path)))
    made.access = Told()
    return made


def refusal(source, tickers=None):
    with pytest.raises(qlop.DataError) as caught:
        source.load_data(tickers, None, None, "1d")
    return str(caught.value)


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize(
    ("ticker", "fault"),
    [
        (LONG, "has 10,000 characters; at most 64"),
        ("A\u202eB", "an invisible character, U+202E"),
        ("A\x07B", "a control character"),
    ],
)
def test_what_cannot_name_an_instrument_is_refused_in_a_line_and_drawn_nowhere(tmp_path, kind, ticker, fault):
    source = source_of(kind, tmp_path, "IBM", ticker)
    message = refusal(source)
    assert fault in message
    assert len(message) < 500
    assert message.isprintable()
    assert all(len(told) <= 64 and told.isprintable() for told in source.access.progressed)


@pytest.mark.parametrize("kind", SOURCES)
def test_other_faults_of_a_row_with_a_long_ticker_are_told_in_a_line(tmp_path, kind):
    message = refusal(source_of(kind, tmp_path, LONG, close="x" * 10_000))
    assert "column 'close', ticker 'AAAA" in message
    assert len(message) < 700


@pytest.mark.parametrize("kind", SOURCES)
def test_a_ticker_that_is_not_there_is_answered_with_names_of_a_line(tmp_path, kind):
    message = refusal(source_of(kind, tmp_path, "IBM", LONG), ["IBN"])
    assert "no row is of ticker 'IBN'" in message
    assert "Did you mean IBM? All: " in message
    assert len(message) < 500


@pytest.mark.parametrize("kind", SOURCES)
def test_white_space_that_is_taken_off_a_ticker_is_said(tmp_path, kind):
    source = source_of(kind, tmp_path, "AB ", "\tCD", "EF")
    assert source.load_data(None, None, None, "1d").index.unique("ticker").tolist() == ["AB", "CD", "EF"]
    (said,) = [message for message in source.access.logged if "white space" in message]
    assert said.endswith(r"white space was taken off around the ticker '\tCD' and of 1 more.")


@pytest.mark.parametrize("kind", SOURCES)
def test_nothing_is_said_of_white_space_where_there_is_none_or_of_tickers_that_are_not_asked_for(tmp_path, kind):
    source = source_of(kind, tmp_path, "AB ", "EF")
    source.load_data(["EF"], None, None, "1d")
    assert not any("white space" in message for message in source.access.logged)


@pytest.mark.parametrize("kind", ["lake", "sql"])
def test_a_ticker_that_is_held_with_white_space_is_shown_as_it_is_held(tmp_path, kind):
    message = refusal(source_of(kind, tmp_path, "AB ", "EF"), ["AB"])
    assert "'AB '" in message


@pytest.mark.parametrize("kind", ["lake", "sql"])
def test_rows_of_a_wanted_ticker_with_white_space_are_not_left_out_in_silence(tmp_path, kind):
    source = source_of(kind, tmp_path, "AB", "AB ", "EF")
    assert "ticker 'AB' is held as 'AB ' too, with white space" in refusal(source, ["AB"])
    assert source.load_data(["EF"], None, None, "1d").index.unique("ticker").tolist() == ["EF"]
