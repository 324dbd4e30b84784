"""Prices from SQLite: what is asked of it, and what is refused."""

import sqlite3
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError
from qlop.testing import DataSourceContractSuite

from core.contracts.data_access import NoAccess
from plugins.data_sources.sql import Sql
from tests.plugins.data_sources.sql_tables import COLUMNS, DAYS, load, make_table, refusal, source


class TestSql(DataSourceContractSuite):
    plugin_class = Sql

    def params_in(self, folder: Path):
        path = folder / "prices.db"
        return {"sqlite_file": str(path if path.exists() else make_table(path)), "table": "prices", "batch_rows": 3}


def test_rows_in_any_order_become_a_panel(tmp_path):
    panel = load(make_table(tmp_path / "p.db"))
    assert len(panel) == 20
    assert panel.xs("IBM", level="ticker")["close"].tolist() == [float(11 + n) for n in range(10)]
    assert panel.xs("AAPL", level="ticker")["volume"].tolist() == [float(100 + n) for n in range(10)]
    assert panel.attrs == {"adjustment": "raw"}


def test_a_batch_of_any_size_gives_the_same(tmp_path):
    path = make_table(tmp_path / "p.db")
    pd.testing.assert_frame_equal(load(path, batch_rows=1), load(path), check_exact=True)


@pytest.mark.parametrize("asked", [{}, {"query": f"SELECT {COLUMNS} FROM prices"}])
def test_rows_come_in_batches_of_the_size_that_is_said(tmp_path, asked):
    class Told(NoAccess):
        def __init__(self):
            self.messages = []

        def log(self, message, *, level="info"):
            self.messages.append(message.split(" of ")[0])

    reading = source(make_table(tmp_path / "p.db"), batch_rows=8, **asked)
    reading.access = Told()
    reading.load_data(None, None, None, "1d")
    assert reading.access.messages == ["8 rows", "16 rows", "20 rows"]


def test_tickers_and_dates_are_bound_and_never_written_into_the_statement(tmp_path, statements):
    load(make_table(tmp_path / "p.db"), ["IBM"], date(2004, 3, 3), date(2004, 3, 5))
    statement, parameters = statements[-1]
    assert statement.split("WHERE")[1].count("?") == 3
    assert parameters == ("2004-", "2005-", "IBM")


def test_a_ticker_that_looks_like_a_statement_is_a_value(tmp_path):
    evil = "x'; DROP TABLE prices; --"
    path = make_table(tmp_path / "p.db", extra=[("2004-03-01", evil, 10.0, 20.0, 5.0, 11.0, 1)])
    assert load(path, [evil]).index.get_level_values("ticker").tolist() == [evil]
    assert len(load(path)) == 21


def test_names_that_need_quotes_are_quoted(tmp_path):
    with sqlite3.connect(tmp_path / "p.db") as connection:
        connection.execute(
            'CREATE TABLE "my ""prices; drop" ("select" TEXT, open REAL, high REAL, low REAL, "a b" REAL)'
        )
        connection.execute('INSERT INTO "my ""prices; drop" VALUES (\'2004-03-01\', 1, 1, 1, 1)')
    connection.close()
    columns = {"timestamp": "select", "close": "a b", "volume": ""}
    panel = load(tmp_path / "p.db", table='my "prices; drop', columns=columns, ticker="X")
    assert panel["close"].tolist() == [1.0]
    assert panel["volume"].tolist() == [0.0]


@pytest.mark.parametrize(
    ("kind", "day", "timestamp_format"),
    [
        ("TEXT", lambda text: text, None),
        ("DATE", lambda text: text, None),
        ("NUMERIC", lambda text: f"{text} 00:00:00", None),
        ("TEXT", lambda text: text.replace("-", ""), None),
        ("DATE", lambda text: text.replace("-", ""), "%Y%m%d"),
        ("INTEGER", lambda text: int(datetime.fromisoformat(f"{text}T00:00Z").timestamp()), "epoch_s"),
        ("REAL", lambda text: datetime.fromisoformat(f"{text}T00:00Z").timestamp() * 1000, "epoch_ms"),
        ("TEXT", lambda text: "{2}.{1}.{0}".format(*text.split("-")), "%d.%m.%Y"),
    ],
)
def test_dates_are_cut_however_they_are_written(tmp_path, kind, day, timestamp_format):
    path = make_table(tmp_path / "p.db", kind=kind, day=day)
    panel = load(path, None, date(2004, 3, 3), date(2004, 3, 5), timestamp_format=timestamp_format)
    assert [str(day.date()) for day in panel.index.unique("timestamp")] == DAYS[2:5]


def make_untyped(path, *rows):
    """A SQLite file whose cells are of the kinds that they come in: rows of a time and a ticker."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE prices (date, symbol, open, high, low, close, volume)")
        connection.executemany("INSERT INTO prices VALUES (?, ?, 10, 12, 9, 11, 100)", rows)
    connection.close()
    return path


@pytest.mark.parametrize("whole_numbers_first", [True, False])
def test_a_ticker_that_is_a_text_in_some_rows_and_a_number_in_others_comes_whole(tmp_path, whole_numbers_first):
    kinds = (600519, "600519") if whole_numbers_first else ("600519", 600519)
    rows = [(day, kinds[n >= 5]) for n, day in enumerate(DAYS)]
    path = make_untyped(tmp_path / "p.db", *rows, (DAYS[0], "IBM"))
    assert len(load(path, ["600519"])) == 10
    assert len(load(path, ["600519"], date(2004, 3, 1), date(2004, 3, 31))) == 10
    assert len(load(path, ["IBM"])) == 1


@pytest.mark.parametrize("texts_first", [True, False])
def test_times_of_two_kinds_are_refused_with_dates_as_without(tmp_path, texts_first):
    rows = [(day if (n < 5) == texts_first else int(day.replace("-", "")), "AAA") for n, day in enumerate(DAYS)]
    path = make_untyped(tmp_path / "p.db", *rows, (DAYS[0], "IBM"))
    for dates in ((None, None), (date(2004, 1, 1), date(2004, 12, 31))):
        assert "a column must hold one form" in refusal(path, ["AAA"], *dates)
        assert "a column must hold one form" in refusal(path, None, *dates)
        assert len(load(path, ["IBM"], *dates)) == 1


def test_bytes_among_texts_are_refused_with_bounds_as_without(tmp_path):
    path = make_untyped(tmp_path / "p.db", (DAYS[0], "AAA"), (DAYS[1].encode(), "AAA"))
    for dates in ((None, None), (date(2004, 1, 1), date(2004, 12, 31))):
        assert "column 'date'" in refusal(path, ["AAA"], *dates)
    (tmp_path / "p.db").unlink()
    path = make_untyped(tmp_path / "p.db", (DAYS[0], "AAA"), (DAYS[1], b"AAA"))
    assert "column 'symbol'" in refusal(path, ["AAA"])


@pytest.mark.parametrize("form", ["AAA ", "AAA\t", "AAA  ", " AAA", "\n AAA"])
@pytest.mark.parametrize("n_more", [0, 300])
def test_a_ticker_that_some_rows_hold_with_white_space_is_refused_by_name(tmp_path, form, n_more):
    rows = [(day, form if n >= 5 else "AAA") for n, day in enumerate(DAYS)]
    path = make_untyped(tmp_path / "p.db", *rows, *((DAYS[0], f"T{n}") for n in range(n_more)), (DAYS[0], "AAA.B"))
    more = [f"T{n}" for n in range(n_more)]
    assert f"table 'prices' of {path}: ticker 'AAA' is held as {form!r} too" in refusal(path, ["AAA", *more])
    assert f"is held as {form!r}" in refusal(path, ["AAA"], date(2004, 3, 1), date(2004, 3, 31))
    assert len(load(path, ["AAA.B", *more])) == 1 + n_more
    assert len(load(path)) == 11 + n_more


def test_a_query_gets_the_parameters_that_it_names(tmp_path, statements):
    query = f"SELECT {COLUMNS} FROM prices WHERE date >= :start AND date <= :end AND symbol IN :tickers"
    panel = load(make_table(tmp_path / "p.db"), ["IBM"], date(2004, 3, 3), date(2004, 3, 5), query=query)
    assert panel["close"].tolist() == [13.0, 14.0, 15.0]
    assert statements[-1][1] == ("2004-03-03", "2004-03-05", "IBM")


def test_a_query_without_parameters_is_cut_here(tmp_path):
    query = f"SELECT {COLUMNS} FROM prices"
    panel = load(make_table(tmp_path / "p.db"), ["IBM"], date(2004, 3, 3), date(2004, 3, 5), query=query)
    assert panel["close"].tolist() == [13.0, 14.0, 15.0]


@pytest.mark.parametrize(
    ("query", "part"),
    [
        (
            "SELECT * FROM prices WHERE close > :least",
            "names the parameter :least; it may name :start, :end and :tickers",
        ),
        ("SELECT * FROM prices WHERE date > :start", "names :start, and data.start_date is not set"),
        ("SELECT close, close FROM prices", "column 'close' appears twice"),
        ("SELECT * FROM price", "no such table: price"),
        ("WITH one AS (SELECT 1) DELETE FROM prices", "must only read; nothing was changed"),
        ("SELECT 1; DELETE FROM prices", "one statement at a time"),
        ("SELECT 1", "no column is timestamp or open or high or low or close or volume"),
    ],
)
def test_a_query_that_cannot_serve_is_refused(tmp_path, query, part):
    path = make_table(tmp_path / "p.db")
    before = path.read_bytes()
    assert part in refusal(path, query=query)
    assert path.read_bytes() == before


def test_a_query_that_never_ends_is_stopped(tmp_path):
    query = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
    message = refusal(make_table(tmp_path / "p.db"), query=query, timeout_s=0.1)
    assert "longer than data_source_params.timeout_s, 0.1 s" in message


def test_a_file_that_another_program_holds_is_told(tmp_path):
    path = make_table(tmp_path / "p.db")
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "Another program held it" in refusal(path, timeout_s=0.1)
    other.close()


def test_a_table_column_or_ticker_that_is_not_there_is_answered_with_the_nearest(tmp_path):
    path = make_table(tmp_path / "p.db")
    assert "no table and no view 'price', which data_source_params.table names. Did you mean prices?" in refusal(
        path, table="price"
    )
    assert "there is no column 'Schluss', which data_source_params.columns.close names" in refusal(
        path, columns={"close": "Schluss"}
    )
    message = refusal(path, ["IBM", "APPL"])
    assert "no row is of ticker 'APPL'" in message
    assert "Did you mean AAPL? All: AAPL, IBM. Its times go from 2004-03-01 to 2004-03-12." in message
    assert "any ticker from 2010-01-01 to the last bar. Its times go from 2004-03-01" in refusal(
        path, None, date(2010, 1, 1)
    )


def test_files_that_are_no_database_are_refused(tmp_path):
    assert "There is no SQLite file" in refusal(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "text.db").write_text("date,open\n" * 100)
    assert "file is not a database" in refusal(tmp_path / "text.db")


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("'12.5'", "column 'close', ticker IBM, time 2004-03-01: '12.5' is a text; it must hold a number"),
        ("NULL", "column 'close', ticker IBM, time 2004-03-01: the cell is NULL; it must hold a number"),
        ("9e999", "column 'close', ticker IBM, time 2004-03-01: inf is not finite"),
        ("x'31'", "column 'close', ticker IBM, time 2004-03-01: \"b'1'\" is of the type bytes"),
        ("9007199254740993", "9007199254740993 has more digits than float64 holds"),
    ],
)
def test_a_number_that_is_none_is_named_with_row_column_ticker_and_time(tmp_path, cell, part):
    query = "SELECT '2004-02-27' AS date, 'IBM' AS symbol, 1 AS open, 1 AS high, 1 AS low, 1 AS close, 1 AS volume"
    query += f" UNION ALL SELECT '2004-03-01', 'IBM', 1, 1, 1, {cell}, 1"
    message = refusal(make_table(tmp_path / "p.db"), query=query)
    assert "the query of" in message
    assert "row 2 of the answer" in message
    assert part in message


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ((None, "IBM", 10.0, 20.0, 5.0, 11.0, 1), "column 'date', ticker IBM, time None: the cell is NULL"),
        (("2004-03-15", None, 10.0, 20.0, 5.0, 11.0, 1), "column 'symbol': the cell is NULL; it must hold a ticker"),
        (("2004-03-15", " ", 10.0, 20.0, 5.0, 11.0, 1), "column 'symbol': the text is empty"),
        (("soon", "IBM", 10.0, 20.0, 5.0, 11.0, 1), "column 'date', ticker IBM, time soon: 'soon' is no ISO date"),
        ((20040315, "IBM", 10.0, 20.0, 5.0, 11.0, 1), "20040315 is a whole number and the rows before hold a text"),
        (("2004-03-12", "IBM", 10.0, 20.0, 5.0, 11.0, 1), "IBM at 2004-03-12 appears twice, first in"),
        (("2004-03-15", "IBM", 10.0, 2.0, 5.0, 5.0, 1), "high of IBM at 2004-03-15 is 2.0, below its low 5.0"),
    ],
)
def test_a_row_that_breaks_the_panel_is_named(tmp_path, row, part):
    # A column without a type keeps each cell as it was given.
    path = make_table(tmp_path / "p.db", kind="", extra=[row])
    message = refusal(path)
    assert "row 21 of the answer" in message
    assert part in message


def test_events_rates_and_the_word_on_adjustment_are_as_in_files(tmp_path):
    query = f"SELECT {COLUMNS}, NULL AS dividends, 0 AS splits, 4.5 AS tbill FROM prices WHERE symbol = 'IBM'"
    params = {"columns": {"risk_free_rate_annual": "tbill"}, "rate_in_percent": True, "price_adjustment": "splits"}
    panel = load(make_table(tmp_path / "p.db"), query=query, **params)
    assert set(panel["dividend"]) == {0.0}
    assert set(panel["split"]) == {1.0}
    assert set(panel["risk_free_rate_annual"]) == {0.045}
    assert panel.attrs == {"adjustment": "splits"}
    known = load(tmp_path / "p.db", no_corporate_actions=True)
    assert set(known["dividend"]) == {0.0}
    assert set(known["split"]) == {1.0}


def test_intraday_times_without_a_zone_need_one(tmp_path):
    path = make_table(tmp_path / "p.db", day=lambda text: f"2004-03-01 {10 + DAYS.index(text)}:30")
    panel = load(path, interval="1h", timezone="America/New_York")
    assert str(panel.index[0][0]) == "2004-03-01 15:30:00+00:00"
    assert "bears no time zone; set the parameter timezone" in refusal(path, interval="1h")


def test_rows_without_tickers_need_one(tmp_path):
    path = make_table(tmp_path / "p.db")
    query = f"SELECT {COLUMNS} FROM prices WHERE symbol = 'IBM'"
    without = {"ticker": ""}
    assert "no column is ticker" in refusal(path, query=query, columns=without)
    assert "the column 'symbol' names tickers" in refusal(path, query=query, ticker="BIG")
    assert load(path, query=query, columns=without, ticker="BIG").index.unique("ticker").tolist() == ["BIG"]


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({"table": "t"}, "give one of url and sqlite_file"),
        ({"table": "t", "url": "env:A", "sqlite_file": "p.db"}, "give one of url and sqlite_file"),
        ({"sqlite_file": "p.db"}, "give one of table and query"),
        ({"sqlite_file": "p.db", "table": "t", "query": "SELECT 1"}, "give one of table and query"),
        ({"sqlite_file": "p.db", "query": "SELECT 1", "schema_name": "s"}, "schema_name is for table"),
        ({"sqlite_file": "p.db", "table": "t", "timezone": "America/NewYork"}, "did you mean America/New_York"),
        ({"sqlite_file": "p.db", "table": "t", "columns": {"opening": "o"}}, "opening"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(params, part):
    with pytest.raises(ValidationError) as caught:
        Sql.Params.model_validate(params)
    assert part in str(caught.value)


def test_every_parameter_is_documented():
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    section = page.split("## `sql`")[1].split("\n## ")[0]
    assert [name for name in Sql.Params.model_fields if name not in section] == []


def test_a_url_may_lead_to_sqlite_too(tmp_path, monkeypatch):
    monkeypatch.setenv("PRICES_URL", f"sqlite:///{make_table(tmp_path / 'a b?c.db')}".replace("?", "%3F"))
    assert len(load(tmp_path / "a b?c.db")) == 20


def test_a_ticker_of_the_parameters_that_is_not_the_one_asked_for_is_told(tmp_path):
    query = f"CREATE VIEW big AS SELECT {COLUMNS} FROM prices WHERE symbol = 'IBM'"
    with sqlite3.connect(make_table(tmp_path / "p.db")) as connection:
        connection.execute(query)
    connection.close()
    message = refusal(tmp_path / "p.db", ["IBM"], table="big", columns={"ticker": ""}, ticker="BIG")
    assert "no row is of ticker 'IBM'" in message
    assert "All: BIG." in message
