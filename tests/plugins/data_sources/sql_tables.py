"""Tables of prices in SQLite, and what is asked of them by the source `sql`."""

import sqlite3

import pytest
import qlop

from plugins.data_sources.sql import Sql

DAYS = [f"2004-03-{day:02d}" for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12)]
COLUMNS = "date, symbol, open, high, low, close, volume"


def make_table(path, *, kind="TEXT", day=lambda text: text, price=float, extra=()):
    """A SQLite file with ten days of two tickers, newest first."""
    with sqlite3.connect(path) as connection:
        connection.execute(
            f"CREATE TABLE prices (date {kind}, symbol TEXT, open REAL, high REAL, low REAL, close, volume INTEGER)"
        )
        rows = [
            (day(text), ticker, 10.0, 20.0, 5.0, price(11 + n), 100 + n)
            for n, text in enumerate(DAYS)
            for ticker in ("IBM", "AAPL")
        ]
        connection.executemany("INSERT INTO prices VALUES (?,?,?,?,?,?,?)", [*reversed(rows), *extra])
    connection.close()
    return path


def source(path=None, **params):
    where = {} if path is None else {"sqlite_file": str(path)}
    asked = {} if "query" in params else {"table": "prices"}
    return Sql("sql", Sql.Params.model_validate({**where, **asked, **params}))


def load(path, tickers=None, start=None, end=None, interval="1d", **params):
    return source(path, **params).load_data(tickers, start, end, interval)


def refusal(path, tickers=None, start=None, end=None, interval="1d", **params):
    with pytest.raises(qlop.DataError) as caught:
        load(path, tickers, start, end, interval, **params)
    return str(caught.value)
