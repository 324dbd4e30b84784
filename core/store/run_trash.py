"""The trash: where deleted runs wait until they are brought back, or erased for good.

The folder moves first, in one step; the index follows.
"""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from core.base.errors import RunError, RunIdError, StoreError
from core.base.events import TERMINAL_STATES
from core.base.identifiers import check_run_id
from core.store.atomic import remove_leftovers, sync_folder, temporary_name
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock
from core.store.run_record import read_record
from core.store.settlement import settle_folder

if TYPE_CHECKING:
    from core.store.home import Home
    from core.store.run_index import RunIndex

__all__ = ["RunTrash"]


class RunTrash:
    """The trash of one home, and the index that is told of every move."""

    def __init__(self, home: Home, index: RunIndex) -> None:
        self._home = home
        self._index = index

    def put(self, run_id: str) -> Path:
        """Move a run that has ended here, and return where it lies; see `RunStore.delete`."""
        folder = RunFolder.open(self._home, run_id)
        if not _has_ended(folder):
            raise RunError(f"Run {run_id} has not ended. First: qlop runs cancel {run_id}")
        return self._move(folder, self._home.trash_folder).path

    def take_back(self, folder: RunFolder) -> RunFolder:
        """Move a run that can be read back to the others, and return its folder there.

        Raises
        ------
        StoreError
            If the folder is damaged, or cannot be moved.
        """
        self._index.record_of_folder(folder, is_deleted=True)
        return self._move(folder, self._home.runs_folder)

    def erase(self, run_id: str) -> None:
        """Remove a run from the disk, for good; see `RunStore.erase`."""
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
