"""The index of runs, for lists and searches. The run folders are the truth; the index follows them.

Whoever asks for runs first sees to it that the index agrees with the folders of this home: folders that it does not
know are entered, runs that it takes for alive are settled, runs whose folder is gone are dropped.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import time_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from core.base.errors import QlopError, RunError, RunIdError, StoreError
from core.base.events import TERMINAL_STATES
from core.base.identifiers import check_run_id, is_run_id
from core.store.agreement import Agreement, FolderStamp
from core.store.atomic import remove_leftovers, sync_folder, write_json
from core.store.database import DamagedIndexError, Database
from core.store.home import Home
from core.store.json_form import json_value
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock
from core.store.run_query import RunQuery, answer_from_records, record_of, row_of, select_records
from core.store.run_record import RunRecord, read_record
from core.store.settlement import settle_folder, settlement_of

if TYPE_CHECKING:
    from sqlalchemy import RowMapping, Select

__all__ = ["ReindexReport", "RunStore"]

_logger = logging.getLogger(__name__)

_SHORTEST_BEGINNING = 4
_PRIME = 1_000_003  # remainders by it add up to a sum that no database finds too large
_agreement = Agreement()


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

    def find(self, query: RunQuery | None = None) -> list[RunRecord]:
        """Return the runs that `query` asks for, by default the 50 newest, each in its true state.

        Where the index in this home cannot be written (a full disk), the answer is read from the run folders.

        Raises
        ------
        StoreError
            If the index is damaged, or on a server that cannot be used.
        """
        return [record_of(row) for row in self._answer(select_records(query or RunQuery()))]

    def find_columns(self, query: RunQuery, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return some of the index's columns of the runs that `query` asks for, for tables of thousands of runs.

        A tuple a run, in the order of `columns`, with values as the index holds them: times and states are text.

        Raises
        ------
        StoreError
            As `find`.
        """
        return [tuple(row.values()) for row in self._answer(select_records(query, columns))]

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
                self._catch_up()
                return self._digest()
        everything = RunQuery(limit=None, with_deleted=True)
        return str(hash(frozenset(self.find_columns(everything, ("run_id", *_Known._fields)))))

    def words(self) -> tuple[list[str], list[str]]:
        """Return the modes and the tags that runs of the index bear, those in the trash too, in the alphabet's order.

        Raises
        ------
        StoreError
            As `find`.
        """
        found = self.find_columns(RunQuery(limit=None, with_deleted=True), ("mode", "tags"))
        return sorted({mode for mode, _ in found}), sorted({tag for _, tags in found for tag in tags})

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
        return self._record(folder, is_deleted=is_deleted)

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
        begin_so = [found for found in self._folders() if found.run_id.startswith(asked)]
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
        self._write([record])
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
        StoreError
            If the folder or the index cannot be written.
        """
        folder, _ = self._folder(run_id)
        changed = dict(folder.notes())
        if tags is not None:
            changed["tags"] = json_value(sorted({tag.strip() for tag in tags} - {""}))
        if notes is not None:
            changed["notes"] = notes
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
        self._record(folder, is_deleted=True)
        return self.upsert(self._move(folder, self._home.runs_folder))

    def reindex(self) -> ReindexReport:
        """Rebuild this home's part of the index from the run folders; a damaged SQLite file is put aside first.

        Raises
        ------
        StoreError
            If the home or the database cannot be written to.
        """
        self._home.create()
        _agreement.forget(self._home)
        try:
            self._known()
        except DamagedIndexError:
            self._put_aside()
        with self._database.transaction() as connection:
            from core.store.schema import runs

            connection.execute(runs.delete().where(runs.c.home_id == self._home.home_id))
        broken = self._enter(self._folders())
        return ReindexReport(len(self._known()), broken)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, statement: Select[Any]) -> Sequence[RowMapping]:
        if not self._exists():
            return []
        try:
            self._catch_up()
            with self._database.transaction() as connection:
                return connection.execute(statement).mappings().all()
        except DamagedIndexError:
            raise
        except StoreError as error:
            if self._database.file is None:
                raise
            _logger.warning("This list is read from the run folders: %s", error)
        return answer_from_records(self._read(self._folders())[0], statement)

    def _exists(self) -> bool:
        return self._home.path.is_dir() or self._home.database_url is not None

    def _catch_up(self) -> None:
        """See to it that the index agrees with the folders, where there are any."""
        if not self._home.path.is_dir():
            return
        stamp, (row_count, unfinished) = FolderStamp.of(self._home), self._tally()
        if _agreement.holds(self._home, stamp, row_count):
            folders, known = unfinished, {found.run_id for found in unfinished}
            stale = folders
        else:
            folders, by_id = self._folders(), self._known()
            stale = [found for found in folders if _is_stale(by_id.get(found.run_id), found)]
            known = set(by_id)
        broken = self._enter(stale)
        # What the index says of a folder that can no longer be read may be wrong.
        gone = (known - {found.run_id for found in folders}) | (known & broken.keys())
        if gone:
            self._drop(gone)
        if broken:
            _agreement.forget(self._home)
        else:
            _agreement.note(self._home, stamp, self._tally()[0])

    def _tally(self) -> tuple[int, list[_Found]]:
        """Return how many rows the index has of this home, and the runs among them that have not ended."""
        from sqlalchemy import func, select

        from core.store.schema import runs

        is_ours = runs.c.home_id == self._home.home_id
        by_state = select(runs.c.state, func.count()).where(is_ours).group_by(runs.c.state)
        with self._database.transaction() as connection:
            counts: dict[str, int] = dict(connection.execute(by_state).all())
            alive = [state for state in counts if state not in TERMINAL_STATES]
            asked = select(runs.c.run_id, runs.c.is_deleted).where(is_ours, runs.c.state.in_(alive))
            rows = connection.execute(asked).all() if alive else []
        places = (self._home.runs_folder, self._home.trash_folder)
        return sum(counts.values()), [_Found(places[is_deleted], run_id, is_deleted) for run_id, is_deleted in rows]

    def _digest(self) -> str:
        from sqlalchemy import func, select

        from core.store.schema import runs

        revision = runs.c.notes_revision
        figures = (func.count(), func.sum(revision % _PRIME), func.max(revision))
        asked = select(runs.c.state, runs.c.is_deleted, *figures).where(runs.c.home_id == self._home.home_id)
        with self._database.transaction() as connection:
            rows = connection.execute(asked.group_by(runs.c.state, runs.c.is_deleted)).all()
        # The stamp tells of two moves that make up for each other, such as one run deleted and another restored.
        return str((sorted(map(str, rows)), FolderStamp.of(self._home).changed_ns))

    def _known(self) -> dict[str, _Known]:
        from sqlalchemy import select

        from core.store.schema import runs

        columns = [runs.c.run_id, *(runs.c[name] for name in _Known._fields)]
        asked = select(*columns).where(runs.c.home_id == self._home.home_id)
        with self._database.transaction() as connection:
            rows = connection.execute(asked).all()
        return {run_id: _Known(state, is_deleted, revision) for run_id, state, is_deleted, revision in rows}

    def _drop(self, run_ids: Iterable[str]) -> None:
        from core.store.schema import runs

        with self._database.transaction() as connection:
            for run_id in run_ids:
                connection.execute(runs.delete().where(runs.c.run_id == run_id))

    def _enter(self, folders: Iterable[_Found]) -> dict[str, str]:
        records, broken = self._read(folders)
        self._write(records)
        return broken

    def _read(self, folders: Iterable[_Found]) -> tuple[list[RunRecord], dict[str, str]]:
        records, broken = [], {}
        for found in folders:
            try:
                records.append(self._record(found.folder, is_deleted=found.is_deleted))
            except QlopError as error:
                broken[found.run_id] = str(error)
                if not found.is_deleted:
                    _logger.warning("Run %s cannot be read: %s", found.run_id, _with_next_step(error, found.run_id))
        return records, broken

    def _record(self, folder: RunFolder, *, is_deleted: bool) -> RunRecord:
        unwritten = None if is_deleted else settlement_of(folder).unwritten
        return read_record(folder, self._home.home_id, is_deleted=is_deleted, unwritten=unwritten)

    def _no_such_run(self, named: str, *, is_deleted: bool) -> RunIdError:
        if is_deleted:
            place, option = self._home.trash_folder, " --deleted"
        else:
            place, option = self._home.runs_folder, ""
        return RunIdError(
            f"There is no run whose id begins with {named!r} in {place}. List them with: qlop runs list{option}"
        )

    def _write(self, records: Sequence[RunRecord]) -> None:
        from core.store.schema import runs

        if not records:
            return
        with self._database.transaction() as connection:
            statement = self._database.insert()
            new = statement.excluded
            # Two lookers may read one folder at different moments and write in the other order: the newer view stays.
            is_newer = (new.event_count >= runs.c.event_count) & (new.notes_revision >= runs.c.notes_revision)
            changes = {column.name: new[column.name] for column in runs.c if not column.primary_key}
            update = statement.on_conflict_do_update(index_elements=["run_id"], set_=changes, where=is_newer)
            for record in records:
                connection.execute(update, row_of(record))

    def _folders(self) -> list[_Found]:
        remove_leftovers(self._home.runs_folder)
        places = ((self._home.runs_folder, False), (self._home.trash_folder, True))
        return [found for place, is_deleted in places for found in _run_folders(place, is_deleted=is_deleted)]

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
            self._drop([folder.run_id])
        else:
            self._write([record])
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


class _Known(NamedTuple):
    state: str
    is_deleted: bool
    notes_revision: int


class _Found(NamedTuple):
    place: Path
    run_id: str
    is_deleted: bool

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.place / self.run_id, self.run_id)


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


def _with_next_step(error: QlopError, run_id: str) -> str:
    delete = f"qlop runs delete {run_id}"
    return str(error) if delete in str(error) else f"{error} Restore the folder from a backup, or: {delete}"


def _is_stale(known: _Known | None, found: _Found) -> bool:
    return known is None or known.is_deleted != found.is_deleted or known.state not in TERMINAL_STATES


def _run_folders(place: Path, *, is_deleted: bool) -> list[_Found]:
    # Thousands of entries, many times a minute: their names and kinds are read, and no entry is looked at by itself.
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        return [_Found(place, name, is_deleted) for name in names if is_run_id(name)]
    return []
