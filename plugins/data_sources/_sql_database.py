"""A database that is read and never written: opened by its URL or its file, its faults told without its password."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import qlop

from plugins.data_sources._sql_address import identity_of, parsed_url
from plugins.data_sources._sql_faults import told_fault
from plugins.data_sources._sql_read_only import let_only_read

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Engine, Executable, TextClause

__all__ = ["Database", "existing_file", "open_database"]

Rows = Sequence[Sequence[Any]]

_INSTRUCTIONS_BETWEEN_LOOKS = 10_000


class Database:
    """An open connection in one transaction that only reads.

    Parameters
    ----------
    connection : Connection
        The connection.
    place : str
        What messages call the database: no user, no password.
    address : DatabaseAddress or None
        Where a server's database is; None: `place` is a SQLite file.
    clock : _Clock
        What stops a statement of SQLite that takes too long.
    """

    def __init__(self, connection: Connection, place: str, address: qlop.DatabaseAddress | None, clock: _Clock) -> None:
        self.connection = connection
        self.place = place
        self._address = address
        self._clock = clock
        self._answers = ExitStack()

    def close(self) -> None:
        """End what is still being answered."""
        self._answers.close()

    @cached_property
    def identity(self) -> str:
        """What tells it from others, and its user from others, whom it may show other rows; no secret in the clear."""
        if self._address is None:
            return str(Path(self.place).resolve())
        return identity_of(self._address, self.connection)

    def columns_of(self, table: str, schema: str | None) -> list[str]:
        """Return the columns of a table or a view.

        Raises
        ------
        DataError
            If there is none of that name; the nearest names are told.
        """
        from sqlalchemy import inspect
        from sqlalchemy.exc import NoSuchTableError

        inspector = inspect(self.connection)
        try:
            return [str(column["name"]) for column in inspector.get_columns(table, schema=schema)]
        except NoSuchTableError as error:
            schemas = inspector.get_schema_names()
            if schema is not None and schema not in schemas:
                raise qlop.DataError(
                    f"{self.place} has no schema {schema!r}, which data_source_params.schema_name names."
                    f"{_nearest(schema, schemas)}"
                ) from error
            held = [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]
            inside = f" in the schema {schema!r}" if schema else ""
            raise qlop.DataError(
                f"{self.place} has no table and no view {table!r}{inside}, which data_source_params.table names."
                f"{_nearest(table, held)}"
            ) from error

    def first_value(self, statement: Executable) -> Any:  # noqa: ANN401 - a cell
        """Return the first cell of an answer, None where it has no row."""
        self._clock.start()
        return self.connection.execute(statement).scalar()

    def first_values(self, statement: Executable) -> list[Any]:
        """Return the first column of an answer."""
        self._clock.start()
        return list(self.connection.execute(statement).scalars())

    def stream(self, statement: Executable | TextClause, batch_rows: int) -> tuple[list[str], Iterator[Rows]]:
        """Return an answer's column names and its rows, `batch_rows` in memory at a time.

        Raises
        ------
        DataError
            If the statement answers with no rows at all, as an INSERT does.
        """
        self._clock.start()
        result = self.connection.execute(statement, execution_options={"stream_results": True, "yield_per": batch_rows})
        self._answers.callback(result.close)
        if not result.returns_rows:
            raise qlop.DataError(f"{self.place}: data_source_params.query returns no rows; it must be a SELECT.")
        return [str(name) for name in result.keys()], self._parts(result, batch_rows)  # noqa: SIM118 - no mapping

    def _parts(self, result: CursorResult[Any], batch_rows: int) -> Iterator[Rows]:
        self._clock.start()
        for part in result.partitions(batch_rows):
            yield part
            self._clock.start()


class _Clock:
    """Stops a statement of SQLite, which knows no time limit of its own."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._ends_at = 0.0

    def start(self) -> None:
        self._ends_at = time.monotonic() + self._timeout_s

    def has_run_out(self) -> bool:
        return time.monotonic() > self._ends_at


@contextmanager
def open_database(url: str | None, sqlite_file: str | None, timeout_s: float) -> Iterator[Database]:
    """Open a database for reading; its faults become DataErrors that hold no password.

    Parameters
    ----------
    url : str or None
        Its URL, resolved; it stays in memory.
    sqlite_file : str or None
        A SQLite file instead.
    timeout_s : float
        The longest wait for the connection, for a lock and for each statement or batch of rows.

    Raises
    ------
    DataError
        If it cannot be reached, refuses what it is asked, or is too slow.
    """
    from sqlalchemy.exc import SQLAlchemyError

    address = parsed_url(url) if url is not None else None
    if address is not None and address.url.get_backend_name() == "sqlite":
        sqlite_file = address.url.database or ""
    clock = _Clock(timeout_s)
    path = None if sqlite_file is None else existing_file(sqlite_file)
    place = str(path) if address is None or path is not None else address.place
    server = address if path is None else None
    engine = _sqlite_engine(path, clock, timeout_s) if path is not None else _server_engine(address, place, timeout_s)
    try:
        with (
            engine.connect() as connection,
            closing(Database(_reading(connection, timeout_s), place, server, clock)) as database,
        ):
            yield database
    except SQLAlchemyError as error:
        shown = str if address is None else address.without_secrets
        told = told_fault(error, place, shown, timeout_s)
        whole = f"{error} {error.__cause__}"
        if shown(whole) != whole:
            raise told from None  # the cause itself names the password
        raise told from error
    finally:
        engine.dispose()


def existing_file(sqlite_file: str) -> Path:
    """Return the path of a SQLite file.

    Raises
    ------
    DataError
        If it is not there.
    """
    path = Path(sqlite_file).expanduser()
    if not path.is_file():
        raise qlop.DataError(
            f"There is no SQLite file {path}{'' if path.is_absolute() else f' in {Path.cwd()}'}. Correct "
            "data_source_params.sqlite_file, or what data_source_params.url refers to."
        )
    return path


def _sqlite_engine(path: Path, clock: _Clock, timeout_s: float) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    def connect() -> sqlite3.Connection:
        # mode=ro: the file is neither made nor changed. Not immutable: another program may be writing it.
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=timeout_s)
        let_only_read(connection)
        clock.start()
        connection.set_progress_handler(clock.has_run_out, _INSTRUCTIONS_BETWEEN_LOOKS)
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _server_engine(address: qlop.DatabaseAddress | None, place: str, timeout_s: float) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import NoSuchModuleError
    from sqlalchemy.pool import NullPool

    if address is None:
        raise ValueError("a URL or a SQLite file must be given")
    url, wait = address.url, dict[str, Any]()
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
        wait = {"connect_timeout": max(2, round(timeout_s))}  # libpq takes 1 for 2
    try:
        return create_engine(url, poolclass=NullPool, connect_args=wait)
    except (ImportError, NoSuchModuleError) as error:
        extra = " For PostgreSQL: pip install 'qlop[postgres]'." if wait else ""
        raise qlop.DataError(
            f"{place}: there is no driver for {url.drivername!r} in this environment. Install it.{extra}"
        ) from error


def _reading(connection: Connection, timeout_s: float) -> Connection:
    from sqlalchemy import text

    if connection.dialect.name != "postgresql":
        return connection
    connection = connection.execution_options(postgresql_readonly=True)
    settings = {"statement_timeout": f"{round(timeout_s * 1000)}", "TimeZone": "UTC"}
    for name, value in settings.items():
        connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
    return connection


def _nearest(name: str, held: Sequence[str]) -> str:
    near = get_close_matches(name, held, n=3, cutoff=0.5)
    shown = ", ".join(held[:20]) + (f" and {len(held) - 20} more" if len(held) > 20 else "")
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"{hint} It has: {shown or 'none'}."
