"""How the index of runs comes to agree with the run folders, which are the truth.

1. Where folders and index are as they were when they last agreed, only the runs that have not ended are looked at, and
   those that could not be read.
2. Else the folders' names are compared with the index: what it does not know is entered, what it takes for alive is
   settled.
3. A run whose folder is gone, or can no longer be read, is dropped.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.base.errors import QlopError
from core.base.events import TERMINAL_STATES, RunState
from core.base.identifiers import is_run_id
from core.store.agreement import Agreement, FolderStamp
from core.store.atomic import remove_leftovers
from core.store.long_fill import LongFill
from core.store.run_folder import RunFolder
from core.store.run_record import RunRecord, read_record
from core.store.run_row import row_of
from core.store.settlement import settlement_of

if TYPE_CHECKING:
    from core.store.database import Database
    from core.store.home import Home

__all__ = ["FoundFolder", "KnownRun", "RunIndex"]

_logger = logging.getLogger(__name__)

_TOGETHER = 500
_ALIVE = tuple(state.value for state in RunState if state not in TERMINAL_STATES)
_PRIME = 1_000_003  # remainders by it add up to a sum that no database finds too large


class KnownRun(NamedTuple):
    """What the index has of a run."""

    state: str
    is_deleted: bool
    notes_revision: int


class FoundFolder(NamedTuple):
    """A run's folder, in the runs or in the trash."""

    place: Path
    run_id: str
    is_deleted: bool

    @property
    def folder(self) -> RunFolder:
        """The folder, opened."""
        return RunFolder(self.place / self.run_id, self.run_id)


class RunIndex:
    """The rows of one home in the index of runs, and the folders that they follow."""

    def __init__(self, home: Home, database: Database) -> None:
        self._home = home
        self._database = database
        self._agreement = Agreement(home, database)

    def forget_agreement(self) -> None:
        """Compare every folder with the index next time."""
        self._agreement.forget()

    def catch_up(self) -> set[str]:
        """See to it that the index agrees with the folders, and return the runs that cannot be read."""
        if not self._home.path.is_dir():
            return set()
        stamp = FolderStamp.of(self._home)
        row_count, unfinished, unreadable = self._tally(stamp)
        if unreadable is not None:
            stale = folders = [*unfinished, *(self._folder_of(run_id) for run_id in unreadable)]
            known = {found.run_id for found in unfinished}
        else:
            folders, by_id = self.folders(), self.known_runs()
            stale = [found for found in folders if _is_stale(by_id.get(found.run_id), found)]
            known = set(by_id)
        broken = self.enter(stale)
        # What the index says of a folder that can no longer be read may be wrong.
        gone = (known - {found.run_id for found in folders}) | (known & broken.keys())
        if gone:
            self.drop(gone)
        if unreadable is None or stale or gone:
            row_count, _, remembered = self._tally(stamp)
            if remembered != broken.keys():
                self._agreement.note(stamp, row_count, broken)
        return set(broken)

    def digest(self) -> str:
        """Return a text that changes with the rows of this home, by one question of them all."""
        from sqlalchemy import func, select

        from core.store.schema import runs

        revision = runs.c.notes_revision
        figures = (func.count(), func.sum(revision % _PRIME), func.max(revision))
        asked = select(runs.c.state, runs.c.is_deleted, *figures).where(runs.c.home_id == self._home.home_id)
        with self._database.transaction() as connection:
            rows = connection.execute(asked.group_by(runs.c.state, runs.c.is_deleted)).all()
        # The stamp tells of two moves that make up for each other, such as one run deleted and another restored.
        return str((sorted(map(str, rows)), FolderStamp.of(self._home).changed_ns))

    def known_runs(self) -> dict[str, KnownRun]:
        """Return what the index has of each run of this home."""
        from sqlalchemy import select

        from core.store.schema import runs

        columns = [runs.c.run_id, *(runs.c[name] for name in KnownRun._fields)]
        asked = select(*columns).where(runs.c.home_id == self._home.home_id)
        with self._database.transaction() as connection:
            rows = connection.execute(asked).all()
        return {run_id: KnownRun(state, is_deleted, revision) for run_id, state, is_deleted, revision in rows}

    def drop(self, run_ids: Iterable[str]) -> None:
        """Take runs out of the index."""
        from sqlalchemy import bindparam

        from core.store.schema import runs

        doomed = [{"doomed": run_id} for run_id in run_ids]
        if doomed:
            with self._database.transaction() as connection:
                connection.execute(runs.delete().where(runs.c.run_id == bindparam("doomed")), doomed)

    def enter(self, folders: Sequence[FoundFolder]) -> dict[str, str]:
        """Enter the runs of `folders`, and return those that cannot be read, with the reason.

        Some hundred at a time: of a home of many runs no more are in memory at once, and whoever is interrupted, or
        looks meanwhile, finds those that are entered already.
        """
        broken: dict[str, str] = {}
        filling = LongFill(len(folders))
        for start in range(0, len(folders), _TOGETHER):
            records, unreadable = self.read_folders(folders[start : start + _TOGETHER])
            self.write(records)
            broken |= unreadable
            filling.entered(start + _TOGETHER)
        return broken

    def read_folders(self, folders: Iterable[FoundFolder]) -> tuple[list[RunRecord], dict[str, str]]:
        """Return the records of `folders`, and those that cannot be read, with the reason."""
        records, broken = [], {}
        for found in folders:
            try:
                records.append(self.record_of_folder(found.folder, is_deleted=found.is_deleted))
            except QlopError as error:
                broken[found.run_id] = str(error)
                if not found.is_deleted:
                    _logger.warning("Run %s cannot be read: %s", found.run_id, _with_next_step(error, found.run_id))
        return records, broken

    def record_of_folder(self, folder: RunFolder, *, is_deleted: bool) -> RunRecord:
        """Return a run as its folder tells it, in its true state."""
        unwritten = None if is_deleted else settlement_of(folder).unwritten
        return read_record(folder, self._home.home_id, is_deleted=is_deleted, unwritten=unwritten)

    def write(self, records: Sequence[RunRecord]) -> None:
        """Write rows; one that another process wrote from a newer look stays."""
        from core.store.schema import runs

        if not records:
            return
        with self._database.transaction() as connection:
            statement = self._database.insert(runs)
            new = statement.excluded
            # Two lookers may read one folder at different moments and write in the other order: the newer view stays.
            is_newer = (new.event_count >= runs.c.event_count) & (new.notes_revision >= runs.c.notes_revision)
            changes = {column.name: new[column.name] for column in runs.c if not column.primary_key}
            update = statement.on_conflict_do_update(index_elements=["run_id"], set_=changes, where=is_newer)
            connection.execute(update, [row_of(record) for record in records])

    def folders(self) -> list[FoundFolder]:
        """Return the folders of this home's runs, those in the trash last."""
        remove_leftovers(self._home.runs_folder)
        places = ((self._home.runs_folder, False), (self._home.trash_folder, True))
        return [found for place, is_deleted in places for found in _run_folders(place, is_deleted=is_deleted)]

    def _tally(self, stamp: FolderStamp) -> tuple[int, list[FoundFolder], set[str] | None]:
        """Return how many rows this home has, which of its runs have not ended, and which are known as unreadable."""
        from sqlalchemy import func, select

        from core.store.schema import runs

        is_ours, is_alive = runs.c.home_id == self._home.home_id, runs.c.state.in_(_ALIVE)
        with self._database.transaction() as connection:
            row_count: int = connection.execute(select(func.count()).where(is_ours)).scalar_one()
            rows = connection.execute(select(runs.c.run_id, runs.c.is_deleted).where(is_ours, is_alive)).all()
            unreadable = self._agreement.unreadable(connection, stamp, row_count)
        places = (self._home.runs_folder, self._home.trash_folder)
        unfinished = [FoundFolder(places[is_deleted], run_id, is_deleted) for run_id, is_deleted in rows]
        return row_count, unfinished, unreadable

    def _folder_of(self, run_id: str) -> FoundFolder:
        is_deleted = not self._home.run_path(run_id).is_dir()
        return FoundFolder(self._home.trash_folder if is_deleted else self._home.runs_folder, run_id, is_deleted)


def _with_next_step(error: QlopError, run_id: str) -> str:
    delete = f"qlop runs delete {run_id}"
    return str(error) if delete in str(error) else f"{error} Restore the folder from a backup, or: {delete}"


def _is_stale(known: KnownRun | None, found: FoundFolder) -> bool:
    if known is None or known.is_deleted != found.is_deleted or known.state not in TERMINAL_STATES:
        return True
    # Another version of QLOP, or one whose index could not be reached, may have written a note.
    return found.folder.notes_revision() > known.notes_revision


def _run_folders(place: Path, *, is_deleted: bool) -> list[FoundFolder]:
    # Thousands of entries, many times a minute: their names and kinds are read, and no entry is looked at by itself.
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        return [FoundFolder(place, name, is_deleted) for name in names if is_run_id(name)]
    return []
