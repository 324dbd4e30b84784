"""A slow database's bars are kept: what is asked for again, after what, and what the cache holds."""

import sqlite3
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
import qlop
from pydantic import ValidationError
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine, make_url

from core.contracts.data_access import NoAccess
from core.store.bar_cache import BarCache
from plugins.data_sources.sql import Sql

FIRST = date(2004, 1, 1)
LAST = FIRST + timedelta(days=59)
TICKERS = ("AAPL", "IBM", "MSFT")
COLUMNS = "date, symbol, open, high, low, close, volume"
PASSWORD = "pa55 w@rd/"


class Cached(NoAccess):
    """A run's access, as far as the cache goes."""

    def __init__(self, folder: Path) -> None:
        self._cache = BarCache(folder, limit_bytes=2**30)
        self.told: list[tuple[str, int, int]] = []

    def read_bars(self, key):
        return self._cache.read(key)

    def keep_bars(self, key, frame):
        self._cache.keep(key, frame)

    def progress(self, ticker, done, total):
        self.told.append((ticker, done, total))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path, monkeypatch):
    """A table of three tickers in each database, and the parameters that lead to it."""
    if request.param == "sqlite":
        engine, where = create_engine(f"sqlite:///{tmp_path / 'p.db'}"), {"sqlite_file": str(tmp_path / "p.db")}
    else:
        url = request.getfixturevalue("postgres_url")
        engine, where = create_engine(url.replace("postgresql://", "postgresql+psycopg://")), {"url": "env:PRICES_URL"}
        monkeypatch.setenv("PRICES_URL", url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS kept_prices"))
        connection.execute(
            text(
                "CREATE TABLE kept_prices (date date, symbol varchar(9), open float, high float, low float, close float,"
                " volume float)"
            )
        )
    add(engine, FIRST, LAST)
    yield engine, {**where, "table": "kept_prices", "cached": True}
    engine.dispose()


def add(engine, first, last):
    """Add bars from the first day to the last."""
    rows = [
        {"day": first + timedelta(days=n), "symbol": ticker, "price": 10.0 + (first + timedelta(days=n)).day}
        for n in range((last - first).days + 1)
        for ticker in TICKERS
    ]
    insert = "INSERT INTO kept_prices VALUES (:day, :symbol, :price, :price, :price, :price, 100)"
    with engine.begin() as connection:
        connection.execute(
            text(insert), rows if engine.name != "sqlite" else [{**r, "day": str(r["day"])} for r in rows]
        )


def change(engine, statement):
    with engine.begin() as connection:
        connection.execute(text(statement))


def load(folder, params, tickers=None, start=FIRST, end=None, access=None):
    source = Sql("sql", Sql.Params.model_validate(params))
    source.access = access or Cached(folder / "cache")
    return source.load_data(tickers, start, end, "1d")


@pytest.fixture
def rows_read():
    """How many rows of bars came from the database, question by question."""
    seen = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if "volume" in statement:
            seen.append(parameters)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def test_the_bars_are_those_of_a_read_without_a_cache(database, tmp_path):
    _, params = database
    plain = load(tmp_path, {**params, "cached": False})
    for _ in range(2):
        pd.testing.assert_frame_equal(load(tmp_path, params), plain, check_exact=True)
    assert plain.attrs == load(tmp_path, params).attrs


def test_what_is_kept_is_not_asked_for(database, tmp_path, rows_read):
    _, params = database
    load(tmp_path, params, TICKERS, end=LAST)
    assert len(rows_read) == 1
    load(tmp_path, params, TICKERS, end=LAST)
    load(tmp_path, params, ("IBM",), FIRST + timedelta(days=5), LAST - timedelta(days=5))
    assert len(rows_read) == 1


def test_new_days_of_all_tickers_are_one_question_from_the_overlap_on(database, tmp_path, rows_read):
    engine, params = database
    load(tmp_path, params, end=LAST)
    add(engine, LAST + timedelta(days=1), LAST + timedelta(days=9))
    panel = load(tmp_path, params, end=LAST + timedelta(days=9))
    assert len(panel) == 3 * 69
    assert len(rows_read) == 2
    # SQLite's texts are bounded by their year, dates by the day before the overlap of five bars.
    bound = "2004-" if engine.name == "sqlite" else repr(LAST - timedelta(days=5))
    assert bound in str(rows_read[1])


def test_a_rewritten_history_is_read_anew(database, tmp_path):
    engine, params = database
    load(tmp_path, params, end=LAST)
    change(
        engine, "UPDATE kept_prices SET open = open/2, high = high/2, low = low/2, close = close/2 WHERE symbol = 'IBM'"
    )
    add(engine, LAST + timedelta(days=1), LAST + timedelta(days=1))
    panel = load(tmp_path, params, end=LAST + timedelta(days=1))
    pd.testing.assert_frame_equal(panel, load(tmp_path, {**params, "cached": False}), check_exact=True)


def test_a_correction_far_back_is_seen_by_refresh_alone(database, tmp_path):
    engine, params = database
    load(tmp_path, params, end=LAST)
    change(engine, f"UPDATE kept_prices SET volume = 7 WHERE symbol = 'IBM' AND date = '{FIRST}'")
    assert 7.0 not in set(load(tmp_path, params, end=LAST)["volume"])
    assert 7.0 in set(load(tmp_path, {**params, "refresh": True}, end=LAST)["volume"])
    assert 7.0 in set(load(tmp_path, params, end=LAST)["volume"])


def test_an_interrupted_download_goes_on_where_it_stopped(database, tmp_path, rows_read):
    class Interrupted(Cached):
        def progress(self, ticker, done, total):
            if done == 3:
                raise qlop.RunCancelled("the run was asked to stop")

    _, params = database
    params = {**params, "tickers_at_once": 1}
    with pytest.raises(qlop.RunCancelled):
        load(tmp_path, params, TICKERS, end=LAST, access=Interrupted(tmp_path / "cache"))
    assert len(rows_read) == 3
    change(database[0], "DELETE FROM kept_prices WHERE symbol <> 'MSFT'")
    assert sorted(load(tmp_path, params, TICKERS, end=LAST).index.unique("ticker")) == list(TICKERS)
    assert len(rows_read) == 3


def test_a_database_that_fails_midway_is_asked_for_the_rest(database, tmp_path, rows_read):
    engine, params = database
    params = {**params, "tickers_at_once": 1}
    change(engine, f"UPDATE kept_prices SET close = NULL WHERE symbol = 'MSFT' AND date = '{FIRST}'")
    with pytest.raises(qlop.DataError, match=r"column 'close', ticker MSFT, time 2004-01-01.*: the cell is NULL"):
        load(tmp_path, params, TICKERS, end=LAST)
    change(engine, f"UPDATE kept_prices SET close = open WHERE symbol = 'MSFT' AND date = '{FIRST}'")
    rows_read.clear()
    assert len(load(tmp_path, params, TICKERS, end=LAST)) == 180
    assert len(rows_read) == 1
    assert "MSFT" in str(rows_read[0])


def test_a_bar_that_is_refused_is_not_kept(database, tmp_path):
    engine, params = database
    change(engine, f"UPDATE kept_prices SET high = low - 1 WHERE symbol = 'IBM' AND date = '{FIRST}'")
    with pytest.raises(qlop.DataError, match=r"row \d+ of the answer: high of IBM at 2004-01-01 .* below its low"):
        load(tmp_path, params, end=LAST)
    change(engine, f"UPDATE kept_prices SET high = low WHERE symbol = 'IBM' AND date = '{FIRST}'")
    assert len(load(tmp_path, params, end=LAST)) == 180


def test_each_ticker_is_told_once(database, tmp_path):
    access = Cached(tmp_path / "cache")
    load(tmp_path, database[1], access=access)
    assert access.told == [("AAPL", 1, 3), ("IBM", 2, 3), ("MSFT", 3, 3)]


def test_a_ticker_that_is_not_there_is_answered_as_without_a_cache(database, tmp_path):
    with pytest.raises(qlop.DataError, match=r"no row is of ticker 'IBN' .* Did you mean IBM\? All: AAPL, IBM, MSFT"):
        load(tmp_path, database[1], ("AAPL", "IBN"))


def test_a_query_is_kept_too(database, tmp_path, rows_read):
    _, params = database
    where = {name: value for name, value in params.items() if name != "table"}
    asked = {**where, "query": f"SELECT {COLUMNS} FROM kept_prices WHERE date >= :start AND symbol IN :tickers"}
    for _ in range(2):
        assert len(load(tmp_path, asked, ("IBM", "MSFT"), end=LAST)) == 120
    assert len(rows_read) == 1
    with pytest.raises(qlop.DataError, match=r"Name them under data\.tickers"):
        load(tmp_path, asked)


def gain_events(engine, dividend):
    """Give the table columns of events, which it had not."""
    change(engine, "ALTER TABLE kept_prices ADD COLUMN dividend float")
    change(engine, "ALTER TABLE kept_prices ADD COLUMN split float")
    change(engine, f"UPDATE kept_prices SET dividend = {dividend} WHERE symbol <> 'MSFT'")


@pytest.mark.parametrize("asked", [TICKERS, ("IBM",)])
def test_events_of_a_table_that_had_none_are_not_left_out(database, tmp_path, asked):
    engine, params = database
    load(tmp_path, params, ("AAPL", "IBM"), end=LAST)
    gain_events(engine, 0.25)
    panel = load(tmp_path, params, asked, end=LAST)
    assert panel.xs("IBM", level="ticker")["dividend"].tolist() == [0.25] * 60
    pd.testing.assert_frame_equal(panel, load(tmp_path, {**params, "cached": False}, asked, end=LAST), check_exact=True)


def test_what_is_kept_of_a_query_is_read_anew_once_its_columns_are_others(database, tmp_path, rows_read):
    engine, params = database
    where = {name: value for name, value in params.items() if name != "table"}
    asked = {**where, "query": "SELECT *, 1 AS volumes FROM kept_prices WHERE date >= :start AND symbol IN :tickers"}
    load(tmp_path, asked, ("AAPL", "IBM"), end=LAST)
    gain_events(engine, 0.25)
    for _ in range(2):
        panel = load(tmp_path, asked, TICKERS, end=LAST)
        assert panel.groupby("ticker")["dividend"].sum().tolist() == [15.0, 15.0, 0.0]
    assert len(rows_read) == 3


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({"query": "SELECT 1 WHERE day >= :start"}, "query must name :tickers"),
        ({"query": "SELECT 1 WHERE code IN :tickers AND day::start"}, "query must name :start"),
        ({"table": "t", "cached": False, "refresh": True}, "refresh is for cached"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(params, part):
    with pytest.raises(ValidationError, match=part):
        Sql.Params.model_validate({"sqlite_file": "p.db", "cached": True, **params})


def test_two_tables_and_two_users_share_nothing_that_is_kept(tmp_path):
    for name, price in (("one", 1.0), ("two", 2.0)):
        with sqlite3.connect(tmp_path / "p.db") as connection:
            connection.execute(f"CREATE TABLE {name} (date TEXT, symbol TEXT, open, high, low, close, volume)")
            connection.execute(f"INSERT INTO {name} VALUES ('2004-01-05', 'IBM', ?, ?, ?, ?, 1)", (price,) * 4)
        connection.close()
    for name, price in (("one", 1.0), ("two", 2.0), ("one", 1.0)):
        params = {"sqlite_file": str(tmp_path / "p.db"), "table": name, "cached": True}
        assert load(tmp_path, params, end=LAST)["close"].tolist() == [price]


def of_price(url, price, **options):
    """Fill a schema or a database with one bar of a price."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), **options)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS placed"))
        connection.execute(text(f"CREATE TABLE placed AS SELECT date '2004-01-05' AS date, 'IBM' AS symbol, {PRICES}"))
        connection.execute(text(f"UPDATE placed SET open={price}, high={price}, low={price}, close={price}"))
    engine.dispose()


@pytest.fixture
def two_databases(postgres_url):
    """URLs of two databases of one server, with one table that holds another price in each."""
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    names = ("placed_live", "placed_test")
    with engine.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
            connection.execute(text(f"CREATE DATABASE {name}"))
    for name, price in zip(names, (100.0, 7.0), strict=True):
        of_price(f"{postgres_url.rsplit('/', 1)[0]}/{name}", price)
    yield names
    with engine.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE {name}"))
    engine.dispose()


@pytest.mark.parametrize("way", ["option of the URL", "environment", "service file"])
def test_databases_that_libpq_tells_apart_share_nothing_that_is_kept(
    postgres_url, two_databases, tmp_path, monkeypatch, way
):
    address = make_url(postgres_url)
    monkeypatch.setenv("PGPASSWORD", str(address.password or ""))
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    reached = {"host": address.host, "port": address.port, "user": address.username}
    (tmp_path / "services").write_text(
        "\n".join(
            f"[{name}]\n" + "\n".join(f"{key}={value}" for key, value in {**reached, "dbname": name}.items())
            for name in two_databases
        )
    )
    options = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in reached.items())
    url = {"option of the URL": f"postgresql://?{options}&dbname=", "environment": f"postgresql://?{options}"}
    found = []
    for name in (*two_databases, *two_databases):
        monkeypatch.setenv("PGDATABASE" if way == "environment" else "PGAPPNAME", name)
        monkeypatch.setenv("PGSERVICE" if way == "service file" else "PGAPPNAME", name)
        said = url.get(way, "postgresql://")
        monkeypatch.setenv("PRICES_URL", f"{said}{name}" if said.endswith("=") else said)
        panel = load(tmp_path, {"url": "env:PRICES_URL", "table": "placed", "cached": True}, ("IBM",), end=LAST)
        found += panel["close"].tolist()
    assert found == [100.0, 7.0, 100.0, 7.0]


def test_schemas_that_the_environment_chooses_share_nothing_that_is_kept(postgres_url, tmp_path, monkeypatch):
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    monkeypatch.setenv("PRICES_URL", postgres_url)
    found = []
    for schema, price in (("placed_one", 1.5), ("placed_two", 2.5)):
        change(engine, f"CREATE SCHEMA IF NOT EXISTS {schema}")
        of_price(postgres_url, price, connect_args={"options": f"-c search_path={schema}"})
        monkeypatch.setenv("PGOPTIONS", f"-c search_path={schema}")
        panel = load(tmp_path, {"url": "env:PRICES_URL", "table": "placed", "cached": True}, ("IBM",), end=LAST)
        found += panel["close"].tolist()
    engine.dispose()
    assert found == [1.5, 2.5]


def test_neither_password_nor_user_is_in_the_cache(postgres_url, tmp_path, monkeypatch):
    scheme, rest = postgres_url.split("://")
    engine = create_engine(f"{scheme}+psycopg://{rest}")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS secret_prices"))
        connection.execute(text("DROP ROLE IF EXISTS very_odd_user"))
        connection.execute(text(f"CREATE ROLE very_odd_user LOGIN SUPERUSER PASSWORD '{PASSWORD}'"))
        connection.execute(
            text(f"CREATE TABLE secret_prices AS SELECT date '2004-01-05' AS date, 'IBM' AS symbol, {PRICES}")
        )
    engine.dispose()
    at = rest.rsplit("@", 1)[1]
    monkeypatch.setenv("PRICES_URL", f"{scheme}://very_odd_user:{quote(PASSWORD, safe='')}@{at}")
    load(tmp_path, {"url": "env:PRICES_URL", "table": "secret_prices", "cached": True}, end=LAST)
    kept = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert len(kept) == 2
    for secret in (PASSWORD, quote(PASSWORD, safe=""), "very_odd_user"):
        assert not any(secret.encode() in content for content in kept)


PRICES = ", ".join(f"1.0::float8 AS {name}" for name in ("open", "high", "low", "close", "volume"))
