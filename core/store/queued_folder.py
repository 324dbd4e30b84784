"""The folder of a queued run, taken over by the process that it was prepared for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.base.errors import RunIdError
from core.base.events import RunState
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock

if TYPE_CHECKING:
    from core.store.home import Home
    from core.store.process_record import ProcessRecord

__all__ = ["take_over"]


def take_over(home: Home, run_id: str, process: ProcessRecord) -> tuple[RunFolder, RunLock]:
    """Take the lock of the queued run that was prepared for `process`, and return its folder with the lock.

    Raises
    ------
    RunIdError
        If the run is another's, or has begun already.
    StoreError
        If another process holds the lock.
    """
    folder = RunFolder.open(home, run_id)
    lock = RunLock.take(folder.lock_path)
    try:
        _check_is_meant_for(folder, process)
        folder.record_process(process)
    except BaseException:
        lock.release()
        raise
    return folder, lock


def _check_is_meant_for(folder: RunFolder, process: ProcessRecord) -> None:
    recorded = folder.process()
    is_mine = recorded is not None and (recorded.pid, recorded.start_mark) == (process.pid, process.start_mark)
    if not is_mine or folder.events().state() is not RunState.QUEUED:
        raise RunIdError(
            f"Run id {folder.run_id} is used already, by {folder.path}. Leave the id out to get a fresh one."
        )
