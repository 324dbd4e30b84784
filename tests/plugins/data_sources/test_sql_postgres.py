"""Prices from a real PostgreSQL: what is asked of it, what is refused, and which secrets are never told."""

import traceback
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
import qlop
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine

from tests.plugins.data_sources.sql_tables import DAYS, load, refusal


@pytest.fixture
def postgres(postgres_url, monkeypatch):
    """A database with prices in every form that PostgreSQL knows; its URL lies in an environment variable."""
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text('DROP SCHEMA IF EXISTS "Market Data" CASCADE'))
        connection.execute(text('CREATE SCHEMA "Market Data"'))
        connection.execute(
            text(
                'CREATE TABLE "Market Data"."Prices" ("Date" date, at timestamptz, code char(6), id integer,'
                " open numeric(20, 10), high numeric, low real, close double precision, volume bigint)"
            )
        )
        insert = text(
            'INSERT INTO "Market Data"."Prices" VALUES (:day, :at, :code, :id, 10.1234567891, 20, 5, 11.5, 9007199254740992)'
        )
        for number, day in enumerate(reversed(DAYS)):
            for code, key in (("IBM", 12490), ("AAPL", 14593)):
                at = datetime.fromisoformat(f"{DAYS[0]}T14:30Z") + timedelta(hours=number)
                connection.execute(insert, {"day": date.fromisoformat(day), "at": at, "code": code, "id": key})
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_params(postgres, postgres_url, monkeypatch):
    monkeypatch.setenv("PRICES_URL", postgres_url)
    return {"url": "env:PRICES_URL", "table": "Prices", "schema_name": "Market Data"}


def daily(**columns):
    return {"columns": {"timestamp": "Date", "ticker": "code", **columns}}


def test_a_table_of_postgres_becomes_a_panel(postgres_params, statements):
    panel = load(None, ["IBM"], date(2004, 3, 3), date(2004, 3, 5), **daily(), **postgres_params)
    assert panel.index.get_level_values("ticker").unique().tolist() == ["IBM"]
    assert [str(day.date()) for day in panel.index.unique("timestamp")] == DAYS[2:5]
    assert set(panel["open"]) == {float(Decimal("10.1234567891"))}
    assert set(panel["volume"]) == {2.0**53}
    statement = next(statement for statement, _ in statements if "open" in statement)
    assert 'FROM "Market Data"."Prices"' in statement
    assert "IBM" not in statement
    assert "2004" not in statement


def test_moments_with_a_zone_are_read_and_cut_in_utc(postgres_params):
    columns = {"columns": {"timestamp": "at", "ticker": "id"}}
    panel = load(None, ["12490"], date(2004, 3, 1), date(2004, 3, 1), interval="1h", **columns, **postgres_params)
    assert str(panel.index[0][0]) == "2004-03-01 14:30:00+00:00"
    assert len(panel) == 10
    assert panel.index.unique("ticker").tolist() == ["12490"]
    message = refusal(None, ["IBM"], interval="1h", **columns, **postgres_params)
    assert "no row is of ticker 'IBM'" in message
    assert "All: 12490, 14593" in message


def test_a_query_of_postgres_gets_its_parameters_and_keeps_its_casts(postgres_params):
    query = (
        'SELECT "Date", code::text AS ticker, open, high, low, close, volume FROM "Market Data"."Prices"'
        ' WHERE "Date" BETWEEN :start AND :end AND code IN :tickers'
    )
    params = {"url": postgres_params["url"], "query": query}
    panel = load(None, ["AAPL"], date(2004, 3, 3), date(2004, 3, 5), **params)
    assert len(panel) == 3


def test_rows_of_postgres_travel_a_batch_at_a_time(postgres_params, statements):
    named = []

    def note(_connection, cursor, statement, _parameters, _context, _many):
        named.append((statement, getattr(cursor, "name", None)))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert len(load(None, batch_rows=3, **daily(), **postgres_params)) == 20
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert next(name for statement, name in named if "volume" in statement), "a server-side cursor has a name"


@pytest.mark.parametrize(
    "query",
    [
        'WITH gone AS (DELETE FROM "Market Data"."Prices" RETURNING *) SELECT * FROM gone',
        'SELECT 1; COMMIT; DELETE FROM "Market Data"."Prices"',
        "SELECT * FROM setval('no_such', 1)",
    ],
)
def test_postgres_is_never_written(postgres_params, postgres, query):
    refusal(None, url=postgres_params["url"], query=query)
    with postgres.connect() as connection:
        assert connection.execute(text('SELECT count(*) FROM "Market Data"."Prices"')).scalar() == 20


@pytest.mark.parametrize("collation", ["C", "und-x-icu", "default"])
@pytest.mark.parametrize("form", ["AAA ", " AAA", "AAA\t"])
def test_white_space_around_a_ticker_of_postgres_is_refused_by_name(postgres, postgres_params, collation, form):
    with postgres.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS padded"))
        connection.execute(
            text(
                f'CREATE TABLE padded (date date, symbol text COLLATE "{collation}", code char(9), open float, high float,'
                " low float, close float, volume float)"
            )
        )
        insert = text("INSERT INTO padded VALUES (:day, :symbol, cast(:symbol AS text), 1, 1, 1, 1, 1)")
        others = ("^GSPC", "_A", "AAA.B", "AAA_B", "AAAA", "aaa", "É", "-A", "0A")
        rows = [(DAYS[0], "AAA"), (DAYS[1], form), *((DAYS[0], other) for other in others)]
        connection.execute(insert, [{"day": day, "symbol": symbol} for day, symbol in rows])
    params = {"url": postgres_params["url"], "table": "padded", "columns": {"ticker": "symbol"}}
    assert f"is held as {form!r}" in refusal(None, ["AAA"], **params)
    assert sorted(load(None, list(others), **params).index.unique("ticker")) == sorted(others)
    assert len(load(None, None, **params)) == 11
    if form == "AAA ":
        assert len(load(None, ["AAA"], **{**params, "columns": {"ticker": "code"}})) == 2


def test_what_postgres_does_not_have_is_answered_with_the_nearest(postgres_params):
    assert "no schema 'Market', which data_source_params.schema_name names. Did you mean Market Data?" in refusal(
        None, **{**postgres_params, "schema_name": "Market"}
    )
    assert "no view 'prices' in the schema 'Market Data'" in refusal(None, **{**postgres_params, "table": "prices"})


def test_a_null_of_postgres_is_named(postgres_params, postgres):
    with postgres.begin() as connection:
        connection.execute(
            text('UPDATE "Market Data"."Prices" SET low = NULL WHERE "Date" = :day AND code = :code'),
            {"day": date(2004, 3, 3), "code": "IBM"},
        )
    message = refusal(None, **daily(), **postgres_params)
    assert "column 'low', ticker IBM, time 2004-03-03: the cell is NULL" in message


def test_not_a_number_of_postgres_is_refused(postgres_params, postgres):
    with postgres.begin() as connection:
        connection.execute(text('UPDATE "Market Data"."Prices" SET high = \'NaN\''))
    assert "NaN is not finite" in refusal(None, **daily(), **postgres_params)


def test_a_slow_query_of_postgres_is_stopped(postgres_params):
    message = refusal(None, url=postgres_params["url"], query="SELECT pg_sleep(60)", timeout_s=0.2)
    assert "longer than data_source_params.timeout_s, 0.2 s" in message


@pytest.mark.parametrize("fault", ["password", "port", "host", "database", "form", "option", "odd option"])
def test_a_failure_to_connect_never_names_the_password(postgres_url, tmp_path, monkeypatch, fault):
    secret = "S3cret@/:pass word"
    scheme, rest = postgres_url.split("://")
    at = rest.split("@")[1]
    urls = {
        "password": f"{scheme}://tester:{quote(secret, safe='')}@{at}",
        "port": f"{scheme}://tester:{quote(secret, safe='')}@127.0.0.1:1/postgres",
        "host": f"{scheme}://tester:{quote(secret, safe='')}@no-such-host.invalid/postgres",
        "database": f"{scheme}://tester:{quote(secret, safe='')}@{at}_none",
        "form": f"{scheme}://tester:{secret}@{at}",
        "option": f"{scheme}://{at}?user=tester&password={quote(secret, safe='')}",
        "odd option": f"{scheme}://{at}?passphrase={quote(secret, safe='')}",
    }
    (tmp_path / "url").write_text(urls[fault])
    with pytest.raises(qlop.DataError) as caught:
        load(None, url=f"file:{tmp_path / 'url'}", timeout_s=2)
    told = "".join(traceback.format_exception(caught.value))
    for form in (secret, quote(secret, safe=""), "S3cret", "pass word", "tester:"):
        assert form not in told
    assert "data_source_params.url" in str(caught.value)


def test_a_server_that_is_not_there_is_told_with_its_place(tmp_path, monkeypatch):
    monkeypatch.setenv("PRICES_URL", "postgresql://ann:hidden@127.0.0.1:1/prices")
    message = refusal(None, url="env:PRICES_URL", timeout_s=2)
    assert message.startswith("postgresql://127.0.0.1:1/prices: ")
    assert "Is the server up" in message


def test_a_driver_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("PRICES_URL", "oracle://ann:hidden@127.0.0.1/prices")
    message = refusal(None, url="env:PRICES_URL")
    assert "there is no driver for 'oracle'" in message
    assert "hidden" not in message
