"""The index of runs, for lists and searches. The run folders are the truth; the index follows them.

Whoever asks for runs first sees to it that the index agrees with the folders of this home: folders that it does not
know are entered, runs that it takes for alive are settled, runs whose folder is gone are dropped.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from json import loads
from pathlib import Path
from shutil import rmtree
from time import time_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from core.base.errors import RunError, RunIdError, StoreError
from core.base.events import TERMINAL_STATES
from core.base.identifiers import check_run_id, is_run_id
from core.store.annotation import checked_note, checked_tags
from core.store.atomic import remove_leftovers, sync_folder, temporary_name, write_json
from core.store.database import DamagedIndexError, Database
from core.store.home import Home
from core.store.json_form import json_value
from core.store.run_folder import RunFolder
from core.store.run_index import KnownRun, RunIndex
from core.store.run_lock import RunLock
from core.store.run_query import RunQuery
from core.store.run_record import RunRecord, read_record
from core.store.run_row import record_of
from core.store.run_statements import answers_from_records, count_runs, select_modes, select_runs, select_tags
from core.store.settlement import settle_folder

if TYPE_CHECKING:
    from sqlalchemy import Row, Select

__all__ = ["ReindexReport", "RunStore"]

_logger = logging.getLogger(__name__)

_SHORTEST_BEGINNING = 4


@dataclass(frozen=True)
class ReindexReport:
    """What `reindex` did: how many runs are in the index, and which folders cannot be read, with the reason."""

    run_count: int
    broken: dict[str, str] = field(default_factory=dict)


class RunStore:
    """The runs of one home.

    Promises: any number of processes may use the same store at once; a change is one short transaction. Nothing is made
    and nothing is connected to before the first call. A store that is forked must be made anew.
    """

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
        return [record_of(row) for row in self._answer(select_runs(query or RunQuery()))]

    def find_columns(self, query: RunQuery, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return some of the index's columns of the runs that `query` asks for, for tables of thousands of runs.

        A tuple a run, in the order of `columns`, with values as the index holds them: times and states are text.

        Raises
        ------
        StoreError
            As `find`.
        """
        return [tuple(row) for row in self._answer(select_runs(query, columns))]

    def count(self, query: RunQuery) -> int:
        """Return how many runs pass what `query` asks for, whatever its limit.

        Raises
        ------
        StoreError
            As `find`.
        """
        return sum(n_runs for (n_runs,) in self._answer(count_runs(query)))

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

    def words(self) -> tuple[list[str], list[str]]:
        """Return the modes and the tags that runs of the index bear, those in the trash too, in the alphabet's order.

        Raises
        ------
        StoreError
            As `find`.
        """
        asked = [select(is_deleted=trash) for select in (select_modes, select_tags) for trash in (False, True)]
        modes, of_trash, tags, tags_of_trash = self._answers(asked)
        return (
            sorted({mode for (mode,) in (*modes, *of_trash)}),
            sorted({tag for (found,) in (*tags, *tags_of_trash) for tag in loads(found)}),
        )

    def get(self, run_id: str) -> RunRecord:
        """Return one run of this home, deleted or not, in its true state.

        Raises
        ------
        RunError
            If there is no such run.
        StoreError
            If its folder is damaged.
        """
        folder, is_deleted = self._folder(run_id)
        return self._index.record_of_folder(folder, is_deleted=is_deleted)

    def resolve(self, beginning: str, *, is_deleted: bool = False) -> str:
        """Return the id of this home's one run that begins with `beginning`, in either case of letters.

        Parameters
        ----------
        beginning : str
            4 characters or more.
        is_deleted : bool
            Whether the run is looked for in the trash.

        Raises
        ------
        RunIdError
            If there is none, or more than one.
        """
        asked = beginning.strip().lower()
        if len(asked) < _SHORTEST_BEGINNING:
            raise RunIdError(
                f"{beginning!r} is too short to name a run: give at least {_SHORTEST_BEGINNING} characters of its id, "
                "or 'latest'. List the runs that exist with: qlop runs list"
            )
        if not is_deleted and is_run_id(asked) and self._home.run_path(asked).is_dir():
            return asked
        begin_so = [found for found in self._index.folders() if found.run_id.startswith(asked)]
        names = [found.run_id for found in begin_so if found.is_deleted is is_deleted]
        if len(names) == 1:
            return names[0]
        if names:
            raise RunIdError(f"{len(names)} runs begin with {asked!r}: {', '.join(names[:5])}. Give more of the id.")
        if not begin_so:
            raise self._no_such_run(beginning, is_deleted=is_deleted)
        elsewhere = begin_so[0].run_id
        if is_deleted:
            raise RunIdError(f"Run {elsewhere} is not deleted.")
        raise RunIdError(f"Run {elsewhere} lies in the trash. Bring it back with: qlop runs restore {elsewhere}")

    def upsert(self, folder: RunFolder) -> RunRecord:
        """Enter a run into the index as its folder has it now, and return its record.

        Raises
        ------
        StoreError
            If the folder is damaged or the index cannot be used.
        """
        record = read_record(folder, self._home.home_id, is_deleted=folder.path.parent == self._home.trash_folder)
        self._index.write([record])
        return record

    def upsert_if_possible(self, folder: RunFolder) -> None:
        """Enter a run into the index, or warn in the log that the index cannot be used now.

        The files are the truth: an index that is away neither stops a run nor changes how it ends, and it catches up
        when someone next asks for runs.
        """
        try:
            self.upsert(folder)
        except StoreError as error:
            _logger.warning("The index of runs is behind on run %s: %s", folder.run_id, error)

    def annotate(self, run_id: str, *, tags: Sequence[str] | None = None, notes: str | None = None) -> RunRecord:
        """Replace a run's tags or notes, in its folder and in the index; None leaves them as they are.

        Raises
        ------
        RunError
            If there is no such run.
        UsageError
            If a tag or the note holds what would not come back.
        StoreError
            If the folder or the index cannot be written.
        """
        folder, _ = self._folder(run_id)
        changed = dict(folder.notes())
        if tags is not None:
            changed["tags"] = json_value(checked_tags(tags))
        if notes is not None:
            changed["notes"] = checked_note(notes)
        write_json(folder.path / "notes.json", changed)
        return self.upsert(folder)

    def delete(self, run_id: str) -> Path:
        """Move a run that has ended to the trash, and return where it lies; `restore` undoes it.

        A damaged folder is moved as well, once no process holds its lock.

        Raises
        ------
        RunError
            If there is no such run, or it is alive.
        StoreError
            If the folder cannot be moved.
        """
        folder = RunFolder.open(self._home, run_id)
        if not _has_ended(folder):
            raise RunError(f"Run {run_id} has not ended. First: qlop runs cancel {run_id}")
        return self._move(folder, self._home.trash_folder).path

    def restore(self, run_id: str) -> RunRecord:
        """Bring a deleted run back.

        Raises
        ------
        RunIdError
            If no such run was deleted.
        StoreError
            If the folder is damaged, or cannot be moved.
        """
        folder, is_deleted = self._folder(run_id)
        if not is_deleted:
            raise RunIdError(f"Run {run_id} is not deleted.")
        self._index.record_of_folder(folder, is_deleted=True)
        return self.upsert(self._move(folder, self._home.runs_folder))

    def erase(self, run_id: str) -> None:
        """Remove a run that lies in the trash from the disk, for good.

        Raises
        ------
        RunIdError
            If no such run was deleted.
        StoreError
            If its folder cannot be removed.
        """
        trash = self._home.trash_folder
        folder = trash / check_run_id(run_id)
        if not folder.is_dir():
            raise RunIdError(f"Run {run_id} is not deleted.")
        # What a killed process leaves is no run any more, and is removed by the next one.
        remove_leftovers(trash)
        doomed = temporary_name(folder)
        try:
            folder.rename(doomed)
            rmtree(doomed)
            sync_folder(trash)
        except OSError as error:
            raise StoreError(f"{folder} cannot be removed: {error.strerror or error}.") from error
        self._index.drop([run_id])

    def reindex(self) -> ReindexReport:
        """Rebuild this home's part of the index from the run folders; a damaged SQLite file is put aside first.

        Raises
        ------
        StoreError
            If the home or the database cannot be written to.
        """
        self._home.create()
        try:
            self._index.known_runs()
        except DamagedIndexError:
            self._put_aside()
        self._index.forget_agreement()
        with self._database.transaction() as connection:
            from core.store.schema import runs

            connection.execute(runs.delete().where(runs.c.home_id == self._home.home_id))
        broken = self._index.enter(self._index.folders())
        return ReindexReport(len(self._index.known_runs()), broken)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        return self._answers([statement])[0]

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

    def _no_such_run(self, named: str, *, is_deleted: bool) -> RunIdError:
        if is_deleted:
            place, option = self._home.trash_folder, " --deleted"
        else:
            place, option = self._home.runs_folder, ""
        return RunIdError(
            f"There is no run whose id begins with {named!r} in {place}. List them with: qlop runs list{option}"
        )

    def _folder(self, run_id: str) -> tuple[RunFolder, bool]:
        in_trash = self._home.trash_folder / check_run_id(run_id)
        if in_trash.is_dir() and not self._home.run_path(run_id).exists():
            return RunFolder(in_trash, run_id), True
        return RunFolder.open(self._home, run_id), False

    def _move(self, folder: RunFolder, place: Path) -> RunFolder:
        target = place / folder.run_id
        try:
            folder.path.rename(target)
            sync_folder(place)
            sync_folder(folder.path.parent)
        except OSError as error:
            raise StoreError(f"{folder.path} cannot be moved to {target}: {error.strerror or error}.") from error
        moved = RunFolder(target, folder.run_id)
        try:
            record = read_record(moved, self._home.home_id, is_deleted=place == self._home.trash_folder)
        except StoreError:
            self._index.drop([folder.run_id])
        else:
            self._index.write([record])
        return moved

    def _put_aside(self) -> None:
        file = self._database.file
        self.close()
        if file is None:
            return
        broken = f"{file.name}.broken-{time_ns()}"
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                file.with_name(file.name + suffix).rename(file.with_name(broken + suffix))


def _has_ended(folder: RunFolder) -> bool:
    try:
        return settle_folder(folder) in TERMINAL_STATES
    except StoreError:
        # The log is damaged, so the lock alone tells whether the run lives.
        lock = RunLock.try_take(folder.lock_path)
        if lock is None:
            return False
        lock.release()
        return True
