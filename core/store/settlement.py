"""The true state of a run, whatever happened to its process.

1. A log that ends with a terminal status is settled: nothing follows.
2. Whoever gets the lock of any other run knows that its process is gone, and speaks for it: cut off a torn end, append
   `cancelled` where that was asked for, else `crashed`.
3. A queued run has no process of its own yet. It stands while the process that was started for it lives.
"""

from __future__ import annotations

from os import SEEK_END

from core.base.events import TERMINAL_STATES, RunState, StatusPayload
from core.store.atomic import remove_leftovers
from core.store.cancel_request import cancel_reason
from core.store.process_record import ProcessRecord, is_alive, machine_name
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock

__all__ = ["STDERR_FILE", "settle_folder", "settle_under_lock"]

STDERR_FILE = "stderr.txt"
_LONGEST_TAIL = 2000


def settle_folder(folder: RunFolder) -> RunState:
    """Return the run's true state, and write it down if its process died without a word.

    Safe from any process at any time, and from many at once: one of them writes.

    Raises
    ------
    StoreError
        If the log cannot be read or written.
    """
    state = folder.events().state()
    if state in TERMINAL_STATES:
        return state
    lock = RunLock.try_take(folder.lock_path)
    if lock is None:
        return folder.events().state()
    with lock:
        return settle_under_lock(folder, lock)


def settle_under_lock(folder: RunFolder, lock: RunLock) -> RunState:
    """Settle a run whose lock the caller holds; see `settle_folder`."""
    with folder.events(lock=lock) as log:
        state = log.state()
        process = folder.process()
        if state in TERMINAL_STATES or (state is RunState.QUEUED and _may_still_start(process)):
            return state
        ending = _last_words(folder, process)
        log.append(ending)
    remove_leftovers(folder.path)
    remove_leftovers(folder.artifacts)
    return ending.state


def _may_still_start(process: ProcessRecord | None) -> bool:
    # On another machine it cannot be seen whether a process lives; the run's own lock will tell once it starts.
    return process is not None and (process.machine != machine_name() or is_alive(process))


def _last_words(folder: RunFolder, process: ProcessRecord | None) -> StatusPayload:
    again = f"Run it again with: qlop runs rerun {folder.run_id}"
    reason = cancel_reason(folder.path)
    if reason is not None:
        return StatusPayload(state=RunState.CANCELLED, current_status=f"Cancelled: {reason}.", next_step=again)
    who = "no process was started for it" if process is None else f"process {process.pid} on {process.machine} is gone"
    return StatusPayload(
        state=RunState.CRASHED,
        current_status="The run's process ended without a word.",
        next_step=again,
        error=f"Killed, out of memory, or the machine stopped: {who}.{_last_lines(folder)}",
    )


def _last_lines(folder: RunFolder) -> str:
    try:
        with (folder.path / STDERR_FILE).open("rb") as file:
            file.seek(max(0, file.seek(0, SEEK_END) - _LONGEST_TAIL))
            text = file.read().decode("utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f" {STDERR_FILE} cannot be read: {error.strerror or error}."
    return f" {STDERR_FILE} ends with: {text}" if text else ""
