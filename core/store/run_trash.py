"""The trash: where deleted runs wait until they are brought back, or erased for good.

The folder moves first, in one step; the index follows. Of many runs some hundred move before both are put on disk: the
disk and the database are waited for once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
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

_TOGETHER = 500


class RunTrash:
    """The trash of one home, and the index that is told of every move."""

    def __init__(self, home: Home, index: RunIndex) -> None:
        self._home = home
        self._index = index

    def put(self, run_id: str) -> Path:
        """Move a run that has ended here, and return where it lies; see `RunStore.delete`."""
        return self._move([self._ended_folder(run_id)], self._home.trash_folder)[0].path

    def put_all(self, run_ids: Sequence[str]) -> None:
        """Move runs that have ended here; see `RunStore.delete_all`."""
        for together in _some_at_a_time(run_ids):
            self._move(self._ended_folders_among(together), self._home.trash_folder)

    def take_back(self, folder: RunFolder) -> RunFolder:
        """Move a run that can be read back to the others, and return its folder there.

        Raises
        ------
        StoreError
            If the folder is damaged, or cannot be moved.
        """
        self._index.record_of_folder(folder, is_deleted=True)
        return self._move([folder], self._home.runs_folder)[0]

    def erase(self, run_id: str) -> None:
        """Remove a run from the disk, for good; see `RunStore.erase`."""
        if not (self._home.trash_folder / check_run_id(run_id)).is_dir():
            raise RunIdError(f"Run {run_id} is not deleted.")
        self.erase_all([run_id])

    def erase_all(self, run_ids: Sequence[str]) -> None:
        """Remove runs from the disk, for good; see `RunStore.erase_all`."""
        # What a killed process leaves is no run any more, and is removed by the next one.
        remove_leftovers(self._home.trash_folder)
        for together in _some_at_a_time(run_ids):
            gone: list[str] = []
            try:
                for run_id in together:
                    if _removed(self._home.trash_folder / check_run_id(run_id)):
                        gone.append(run_id)  # noqa: PERF401 - the next one may fail
            finally:
                # One that could not be removed leaves the others gone, and the index is to know.
                if gone:
                    _put_on_disk(self._home.trash_folder)
                    self._index.drop(gone)

    def _move(self, folders: Iterable[RunFolder], place: Path) -> list[RunFolder]:
        moved: list[RunFolder] = []
        try:
            for folder in folders:
                moved.append(_renamed(folder, place))  # noqa: PERF401 - the next one may fail
        finally:
            # One that could not be moved leaves the others where they are by now, and the index is to know.
            if moved:
                _put_on_disk(self._home.runs_folder, self._home.trash_folder)
                self._tell_index(moved, is_deleted=place == self._home.trash_folder)
        return moved

    def _tell_index(self, moved: Sequence[RunFolder], *, is_deleted: bool) -> None:
        records, unreadable = [], []
        for folder in moved:
            try:
                records.append(read_record(folder, self._home.home_id, is_deleted=is_deleted))
            except StoreError:
                unreadable.append(folder.run_id)
        self._index.write(records)
        self._index.drop(unreadable)

    def _ended_folder(self, run_id: str) -> RunFolder:
        folder = RunFolder.open(self._home, run_id)
        if not _has_ended(folder):
            raise RunError(f"Run {run_id} has not ended. First: qlop runs cancel {run_id}")
        return folder

    def _ended_folders_among(self, run_ids: Sequence[str]) -> Iterator[RunFolder]:
        for run_id in run_ids:
            # Somebody else may have deleted or removed it meanwhile.
            with suppress(RunIdError):
                yield self._ended_folder(run_id)


def _some_at_a_time(run_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (run_ids[start : start + _TOGETHER] for start in range(0, len(run_ids), _TOGETHER))


def _renamed(folder: RunFolder, place: Path) -> RunFolder:
    target = place / folder.run_id
    try:
        folder.path.rename(target)
    except OSError as error:
        raise StoreError(f"{folder.path} cannot be moved to {target}: {error.strerror or error}.") from error
    return RunFolder(target, folder.run_id)


def _removed(folder: Path) -> bool:
    """Remove a folder, and return whether it was there."""
    doomed = temporary_name(folder)
    try:
        folder.rename(doomed)
        rmtree(doomed)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"{folder} cannot be removed: {error.strerror or error}.") from error
    return True


def _put_on_disk(*places: Path) -> None:
    for place in places:
        try:
            sync_folder(place)
        except OSError as error:
            raise StoreError(f"{place} cannot be put on disk: {error.strerror or error}.") from error


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
