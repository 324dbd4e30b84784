"""The index of runs, for lists and searches. The run folders are the truth; the index follows them.

Whoever asks for runs first sees to it that the index agrees with the folders of this home: folders that it does not
know are entered, runs that it takes for alive are settled, runs whose folder is gone are dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from core.base.errors import RunIdError, StoreError
from core.store.annotation import checked_note, checked_tags
from core.store.atomic import write_json
from core.store.home import Home
from core.store.json_form import json_value
from core.store.reindexing import ReindexReport, reindex
from core.store.run_answers import RunAnswers
from core.store.run_folder import RunFolder
from core.store.run_naming import folder_named, run_id_beginning
from core.store.run_record import RunRecord, read_record
from core.store.run_trash import RunTrash

__all__ = ["ReindexReport", "RunStore"]

_logger = logging.getLogger(__name__)


class RunStore(RunAnswers):
    """The runs of one home.

    Promises: any number of processes may use the same store at once; a change is one short transaction. Nothing is made
    and nothing is connected to before the first call. A store that is forked must be made anew.
    """

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._trash = RunTrash(home, self._index)

    def get(self, run_id: str) -> RunRecord:
        """Return one run of this home, deleted or not, in its true state.

        Raises
        ------
        RunError
            If there is no such run.
        StoreError
            If its folder is damaged.
        """
        folder, is_deleted = folder_named(self._home, run_id)
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
        return run_id_beginning(self._home, beginning, self._index.folders, is_deleted=is_deleted)

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
        folder, _ = folder_named(self._home, run_id)
        changed = dict(folder.notes())
        if tags is not None:
            changed["tags"] = json_value(checked_tags(tags))
        if notes is not None:
            changed["notes"] = checked_note(notes)
        # First: should the index not take what the folder holds by then, the next looker finds it there.
        self._index.forget_agreement()
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
        return self._trash.put(run_id)

    def delete_all(self, run_ids: Sequence[str]) -> None:
        """Move runs that have ended to the trash, as `delete` does; those that are not there any more are left out.

        Raises
        ------
        RunError
            If one of them is alive; those before it are moved.
        StoreError
            If a folder cannot be moved; those before it are.
        """
        self._trash.put_all(run_ids)

    def restore(self, run_id: str) -> RunRecord:
        """Bring a deleted run back.

        Raises
        ------
        RunIdError
            If no such run was deleted.
        StoreError
            If the folder is damaged, or cannot be moved.
        """
        folder, is_deleted = folder_named(self._home, run_id)
        if not is_deleted:
            raise RunIdError(f"Run {run_id} is not deleted.")
        return self.upsert(self._trash.take_back(folder))

    def erase(self, run_id: str) -> None:
        """Remove a run that lies in the trash from the disk, for good.

        Raises
        ------
        RunIdError
            If no such run was deleted.
        StoreError
            If its folder cannot be removed.
        """
        self._trash.erase(run_id)

    def erase_all(self, run_ids: Sequence[str]) -> None:
        """Remove runs from the disk, for good, as `erase` does; those that do not lie in the trash are left out.

        Raises
        ------
        StoreError
            If a folder cannot be removed; those before it are gone.
        """
        self._trash.erase_all(run_ids)

    def reindex(self) -> ReindexReport:
        """Rebuild this home's part of the index from the run folders; a damaged SQLite file is put aside first.

        Raises
        ------
        StoreError
            If the home or the database cannot be written to.
        """
        return reindex(self._home, self._database, self._index)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
