"""The connection to the index of runs: SQLite in a file by default, or PostgreSQL by its URL; the same statements.

SQLite runs in WAL mode, where readers do not wait for the writer, and a writer waits up to `_BUSY_S` for another. Every
write is one short transaction. WAL needs a local file system; homes that machines share want a PostgreSQL URL.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from core.base.errors import ConfigError, RunError, StoreError
from core.config.database_address import DatabaseAddress
from core.store.home import Home
from core.store.index_file import check_index_file
from core.store.run_lock import RunLock

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, Table
    from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
    from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
    from sqlalchemy.engine.interfaces import DBAPIConnection

__all__ = ["DamagedIndexError", "Database"]

_BUSY_S = 30.0
_SET_UP_S = 60.0
_PRIMARY_CODE = 0xFF  # SQLite's extended codes bear the plain one in their lowest byte
_ANY_NUMBER_OF_OURS = 7_316_001  # names the lock under which one process at a time makes the tables


class DamagedIndexError(StoreError):
    """The SQLite file is no database, or a damaged one."""


class Database:
    """The index's database, connected to when it is first used.

    Promises: threads may share it; a process forked from this one must make its own.

    Parameters
    ----------
    home : Home
        Whose runs.
    busy_s, set_up_s : float
        How long another process is waited for that writes into a SQLite file, and for others that make its tables.
    """

    def __init__(self, home: Home, *, busy_s: float = _BUSY_S, set_up_s: float = _SET_UP_S) -> None:
        self._home = home
        self._busy_s, self._set_up_s = busy_s, set_up_s

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection whose changes are committed when the block ends, and undone when it fails.

        Raises
        ------
        StoreError
            If the database cannot be reached, is busy for too long, or is damaged.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            self._raise_as_store_error(error)

    def insert(self, table: Table) -> SqliteInsert | PostgresInsert:
        """Return an insert statement that can also update."""
        if self._engine.dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql

            return postgresql.insert(table)
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)

    @property
    def file(self) -> Path | None:
        """The SQLite file, None for a server."""
        url = self._url
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        engine = self.__dict__.pop("_engine", None)
        if engine is not None:
            engine.dispose()

    @cached_property
    def _url(self) -> URL:
        from sqlalchemy.engine import URL

        if self._home.database_url is None:
            # Put together, not read: a folder's name may hold %20, ? and whatever else means something in a URL.
            return URL.create("sqlite", database=str(self._home.index_file))
        try:
            url = DatabaseAddress.of(self._home.database_url).url
        except ConfigError as error:
            raise StoreError(f"The URL of the run store cannot be used: {error}. {_ALLOWED}") from error
        backend = url.get_backend_name()
        if backend == "postgresql":
            return url.set(drivername="postgresql+psycopg")
        if backend != "sqlite" or not url.database:
            raise StoreError(f"The run store cannot be a {backend!r} database of that URL. " + _ALLOWED)
        return url

    @cached_property
    def _engine(self) -> Engine:
        engine = self._new_engine()
        try:
            self._set_up(engine)
        except BaseException:
            engine.dispose()
            raise
        return engine

    def _new_engine(self) -> Engine:
        from sqlalchemy import create_engine, event

        if self.file is not None:
            engine = create_engine(self._url, connect_args={"timeout": self._busy_s})
            event.listen(engine, "connect", _tune_sqlite)
            return engine
        try:
            # Each process, and each drawn page, opens one of its own: what is never used is not asked for.
            return create_engine(
                self._url, pool_pre_ping=True, use_native_hstore=False, connect_args={"connect_timeout": 10}
            )
        except ImportError as error:
            raise StoreError("A PostgreSQL run store needs psycopg: pip install 'qlop[postgres]'") from error

    def _set_up(self, engine: Engine) -> None:
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.schema import CreateIndex

        from core.store.schema import later_indexes, metadata

        with self._alone(), self._told_as_store_error(SQLAlchemyError), engine.begin() as connection:
            if self.file is None:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ANY_NUMBER_OF_OURS})"))
            metadata.create_all(connection)
            for index in later_indexes if self.file else ():
                connection.execute(CreateIndex(index, if_not_exists=True))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        # SQLite answers "locked" at once, without waiting, while another process turns WAL on.
        if self.file is None:
            yield
            return
        self._home.create()
        check_index_file(self.file, self._home)
        try:
            lock = RunLock.take(self.file.with_name(f"{self.file.name}.lock"), timeout_s=self._set_up_s)
        except RunError as error:
            waited = f"Others have been opening it for {self._set_up_s:g} s."
            raise StoreError(f"The index of runs {self.file} cannot be used now: {waited} {_LATER}") from error
        with lock:
            yield

    @contextlib.contextmanager
    def _told_as_store_error(self, kind: type[Exception]) -> Iterator[None]:
        try:
            yield
        except kind as error:
            self._raise_as_store_error(error)

    def _raise_as_store_error(self, error: Exception) -> NoReturn:
        whole = f"{error} {error.__cause__}"
        if DatabaseAddress(self._url).without_secrets(whole) != whole:
            raise self._store_error(error) from None  # the cause itself names the password
        raise self._store_error(error) from error

    def _store_error(self, error: Exception) -> StoreError:
        address = DatabaseAddress(self._url)
        place = self.file or address.place
        cause = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
        advice = "Rebuild it from the run folders with: qlop runs reindex" if self.file else "Is the server up?"
        code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
        if code is not None and code & _PRIMARY_CODE in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            advice = "Make room on the disk."
        if code is not None and code & _PRIMARY_CODE == sqlite3.SQLITE_BUSY:
            cause, advice = [f"another process has been writing to it for {self._busy_s:g} s"], _LATER
        kind = DamagedIndexError if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) else StoreError
        return kind(f"The index of runs {place} cannot be used: {address.without_secrets(cause[0])}. {advice}")


_LATER = "Try again; if that goes on, the disk of the home is too slow, or a process hangs: qlop doctor"
_ALLOWED = "Allowed: sqlite:////absolute/path.sqlite and postgresql://USER@HOST/DATABASE."


def _tune_sqlite(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # In WAL mode this keeps the file whole over a power cut; the last rows may be lost, and come back from the folders.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
