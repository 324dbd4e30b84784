"""Questions about the runs of the index, each answered once the index agrees with the run folders."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from json import loads
from typing import TYPE_CHECKING, Any

from core.base.errors import StoreError
from core.store.database import DamagedIndexError, Database
from core.store.home import Home
from core.store.run_index import KnownRun, RunIndex
from core.store.run_query import RunQuery
from core.store.run_record import RunRecord
from core.store.run_row import RECORD_COLUMNS, record_of
from core.store.run_statements import (
    answers_from_records,
    count_runs,
    select_modes,
    select_runs,
    select_tag_lists,
    select_tags,
)

if TYPE_CHECKING:
    from sqlalchemy import Row, Select

__all__ = ["RunAnswers"]

_logger = logging.getLogger(__name__)


class RunAnswers:
    """What lists, searches and tables ask of the runs of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._database = Database(home)
        self._index = RunIndex(home, self._database)

    def find(self, query: RunQuery | None = None) -> list[RunRecord]:
        """Return the runs that `query` asks for, by default the 50 newest, each in its true state.

        Where the index in this home cannot be written (a full disk), the answer is read from the run folders.

        Raises
        ------
        StoreError
            If the index is damaged, or on a server that cannot be used.
        """
        return [record_of(row) for row in self._runs(query or RunQuery(), RECORD_COLUMNS)]

    def find_columns(self, query: RunQuery, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return some of the index's columns of the runs that `query` asks for, for tables of thousands of runs.

        A tuple a run, in the order of `columns`, with values as the index holds them: times and states are text.

        Raises
        ------
        StoreError
            As `find`.
        """
        return [tuple(row) for row in self._runs(query, columns)]

    def count(self, query: RunQuery) -> int:
        """Return how many runs pass what `query` asks for, whatever its limit.

        Raises
        ------
        StoreError
            As `find`.
        """
        return sum(n_runs for (n_runs,) in self._answers([count_runs(query, in_sqlite=self._in_sqlite)])[0])

    def version(self) -> str:
        """Return a text that changes whenever a run comes, goes, begins, ends or is annotated; logs may grow meanwhile.

        It is to be compared within one process.

        Raises
        ------
        StoreError
            As `find`.
        """
        # Without an index that can be used, the question below finds the answer in the folders, or says what is wrong.
        with contextlib.suppress(StoreError):
            if self._home.path.is_dir():
                self._index.catch_up()
                return self._index.digest()
        everything = RunQuery(limit=None, with_deleted=True)
        return str(hash(frozenset(self.find_columns(everything, ("run_id", *KnownRun._fields)))))

    def unreadable(self) -> set[str]:
        """Return the runs of this home that are not in the index, as their folders cannot be read; none of the trash.

        Raises
        ------
        StoreError
            If the index cannot be used.
        """
        if not self._exists():
            return set()
        return {run_id for run_id in self._index.catch_up() if self._home.run_path(run_id).is_dir()}

    def words(self) -> tuple[list[str], list[str]]:
        """Return the modes and the tags that runs of the index bear, those in the trash too, in the alphabet's order.

        Raises
        ------
        StoreError
            As `find`.
        """
        asked = [select_modes(is_deleted=False), select_modes(is_deleted=True), select_tags(), select_tag_lists()]
        modes, of_trash, tags, lists = self._answers(asked)
        return (
            sorted({mode for (mode,) in (*modes, *of_trash)}),
            sorted({tag for (tag,) in tags} | {tag for (found,) in lists for tag in loads(found)}),
        )

    def _runs(self, query: RunQuery, columns: Sequence[str]) -> Sequence[Row[Any]]:
        return self._answers([select_runs(query, columns, in_sqlite=self._in_sqlite)])[0]

    @property
    def _in_sqlite(self) -> bool:
        return self._home.database_url is None or self._database.file is not None

    def _answers(self, statements: Sequence[Select[Any]]) -> list[Sequence[Row[Any]]]:
        if not self._exists():
            return [[] for _ in statements]
        try:
            self._index.catch_up()
            with self._database.transaction() as connection:
                return [connection.execute(statement).all() for statement in statements]
        except DamagedIndexError:
            raise
        except StoreError as error:
            if self._database.file is None:
                raise
            _logger.warning("This list is read from the run folders: %s", error)
        return answers_from_records(self._index.read_folders(self._index.folders())[0], statements)

    def _exists(self) -> bool:
        return self._home.path.is_dir() or self._home.database_url is not None
