"""A database is read and never written, whatever it is asked; real SQLite, real PostgreSQL."""

import sqlite3

import pytest
import qlop
from pydantic import ValidationError
from sqlalchemy import create_engine, text

from plugins.data_sources._sql_database import open_database
from plugins.data_sources._sql_read_only import refuse_other_than_select
from plugins.data_sources.sql import Sql

ROW = "'2004-03-01' AS date, 'IBM' AS ticker, 1.0 AS open, 1.0 AS high, 1.0 AS low, 1.0 AS close, 1 AS volume"


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "prices.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE prices AS SELECT {ROW}")
    connection.close()
    return path


def close_of(query, **place):
    params = Sql.Params.model_validate({"query": query, **place})
    return Sql("sql", params).load_data(None, None, None, "1d")["close"].tolist()


@pytest.mark.parametrize(
    "query",
    [
        "vacuum into '{folder}/copy.db'",
        "attach database '{folder}/made.db' as e",
        "DELETE FROM prices",
        "PRAGMA journal_mode = WAL",
        "COPY prices TO '/tmp/prices.csv'",
        "EXPLAIN DELETE FROM prices",
        "/* reads */ -- and more\n ( UPDATE prices SET close = 2",
        "",
        "SELECTED",
    ],
)
def test_a_query_that_does_not_begin_as_one_that_reads_is_refused_as_a_parameter(tmp_path, query):
    with pytest.raises(ValidationError, match=r"must only read, and begin with SELECT, WITH|at least 1 character"):
        Sql.Params(sqlite_file="prices.db", query=query.format(folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "query", ["select 1", " \n(SELECT 1)", "-- why\nSELECT 1", "/* why\n */WITH x AS (SELECT 1) SELECT *", "VALUES (1)"]
)
def test_a_query_that_reads_may_begin_with_comments_and_parentheses(query):
    assert refuse_other_than_select(query) == query


@pytest.mark.parametrize(
    "statement",
    [
        "VACUUM INTO '{folder}/copy.db'",
        "ATTACH DATABASE '{folder}/made.db' AS e",
        "ATTACH DATABASE 'file:{folder}/made.db?mode=rwc' AS e",
        "WITH one AS (SELECT 1) DELETE FROM prices",
        "WITH one AS (SELECT 1) INSERT INTO prices SELECT * FROM prices",
        "CREATE TEMP TABLE t AS SELECT 1",
        "CREATE TABLE t AS SELECT 1",
        "PRAGMA query_only = OFF",
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = WAL",
        "PRAGMA temp_store_directory = '{folder}'",
        "BEGIN EXCLUSIVE",
        "REINDEX",
        "ANALYZE",
        "SELECT load_extension('{folder}/made.so')",
        "SELECT * FROM pragma_journal_mode('wal')",
    ],
)
def test_sqlite_does_nothing_but_read(database, tmp_path, statement):
    before = database.read_bytes()
    with pytest.raises(qlop.DataError), open_database(None, str(database), 60.0) as opened:
        opened.first_values(text(statement.format(folder=tmp_path)))
    assert database.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["prices.db"]


def test_what_is_refused_is_said_to_have_changed_nothing(database):
    with pytest.raises(qlop.DataError, match=r"not authorized\. .*query must only read; nothing was changed\.$"):
        close_of("WITH one AS (SELECT 1) DELETE FROM prices", sqlite_file=str(database))


def test_functions_views_recursion_and_json_of_sqlite_still_read(database):
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE VIEW seen AS SELECT *, lower(ticker) AS code FROM prices")
    connection.close()
    query = (
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3) "
        "SELECT date(date, '+' || x || ' days') AS date, upper(code) AS ticker, open, open * j.value AS high, low, "
        "max(open, close) AS close, volume FROM seen, c, json_each('[2]') AS j ORDER BY 1"
    )
    assert close_of(query, sqlite_file=str(database)) == [1.0, 1.0, 1.0]


def test_a_database_that_is_being_written_in_wal_mode_is_read_as_it_is_committed(database):
    writer = sqlite3.connect(database)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE prices SET close = 0.5, low = 0.5")
    writer.commit()
    before = database.read_bytes()
    assert close_of("SELECT * FROM prices", sqlite_file=str(database)) == [0.5]
    assert database.read_bytes() == before
    writer.close()


@pytest.mark.parametrize("held", [b"date,open\n" * 500, b"SQLite format 3\x00" + b"\xff" * 4080])
def test_a_file_that_is_no_database_is_at_fault_and_not_the_question(tmp_path, held):
    (tmp_path / "junk.db").write_bytes(held)
    with pytest.raises(qlop.DataError, match=r"junk\.db: .*\. Check or replace the file"):
        close_of("SELECT * FROM prices", sqlite_file=str(tmp_path / "junk.db"))


def _function(name, body):
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN 1; END $$"


@pytest.fixture
def server(postgres_url, monkeypatch):
    monkeypatch.setenv("PRICES_URL", postgres_url)
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for statement in (
            "DROP TABLE IF EXISTS held",
            f"CREATE TABLE held AS SELECT {ROW}",
            "CREATE SEQUENCE IF NOT EXISTS counted",
            _function("emptied", "DELETE FROM held"),
            _function("freed", "SET TRANSACTION READ WRITE; DELETE FROM held"),
        ):
            connection.execute(text(statement))
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("WITH gone AS (DELETE FROM held RETURNING *) SELECT * FROM gone", "data-modifying"),
        ("SELECT 1; COMMIT; DELETE FROM held", "multiple commands"),
        ("SELECT 1; ROLLBACK; DELETE FROM held", "multiple commands"),
        ("SELECT * INTO made FROM held", "INTO"),
        ("SELECT * FROM held FOR UPDATE", "read-only transaction"),
        (f"SELECT emptied(), {ROW}", "cannot execute DELETE in a read-only transaction"),
        (f"SELECT freed(), {ROW}", "transaction read-write mode must be set before any query"),
        (
            f"SELECT set_config('transaction_read_only', 'off', false), {ROW}",
            "transaction read-write mode must be set before any query",
        ),
        (f"SELECT nextval('counted'), {ROW}", "cannot execute nextval"),
    ],
)
def test_a_transaction_of_postgres_does_not_begin_to_write(server, query, said):
    with pytest.raises(qlop.DataError, match=said):
        close_of(query, url="env:PRICES_URL")
    with server.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM held")).scalar() == 1
        assert connection.execute(text("SELECT is_called FROM counted")).scalar() is False
        assert connection.execute(text("SELECT to_regclass('made')")).scalar() is None


def test_a_setting_within_a_query_does_not_open_postgres_for_a_later_one(server):
    query = f"SELECT set_config('default_transaction_read_only', 'off', false), {ROW} FROM held"
    assert close_of(query, url="env:PRICES_URL") == [1.0]
    with pytest.raises(qlop.DataError, match="must only read; nothing was changed"):
        close_of(f"SELECT emptied(), {ROW}", url="env:PRICES_URL")


def test_a_lock_that_a_query_takes_is_gone_once_it_was_read(server):
    with pytest.raises(qlop.DataError, match="close"):
        close_of(f"SELECT pg_advisory_lock(1), {ROW.replace('1.0 AS close', '-1.0 AS close')}", url="env:PRICES_URL")
    with server.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar() == 0


def test_an_account_that_may_only_read_reaches_neither_files_nor_other_tables(server, postgres_url, monkeypatch):
    """docs/data.md advises such an account against what a read-only transaction does not stop."""
    with server.begin() as connection:
        for statement in (
            "DROP TABLE IF EXISTS hidden",
            "CREATE TABLE hidden AS SELECT * FROM held",
            "DO $$ BEGIN CREATE ROLE qlop_reader LOGIN PASSWORD 'reads'; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            "GRANT SELECT ON held TO qlop_reader",
        ):
            connection.execute(text(statement))
    scheme, rest = postgres_url.split("://")
    monkeypatch.setenv("READER_URL", f"{scheme}://qlop_reader:reads@{rest.split('@')[-1]}")
    assert close_of("SELECT * FROM held", url="env:READER_URL") == [1.0]
    asked = (
        "pg_read_file('PG_VERSION')",
        "lo_export(1, '/tmp/x')",
        "pg_reload_conf()",
        "(SELECT max(close) FROM hidden)",
    )
    for value in asked:
        with pytest.raises(qlop.DataError, match="permission denied"):
            close_of(f"SELECT {value}, {ROW}", url="env:READER_URL")
