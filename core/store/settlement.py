"""The true state of a run, whatever happened to its process.

1. A log that ends with a terminal status is settled: nothing follows.
2. Whoever gets the lock of any other run knows that its process is gone, and speaks for it: cut off a torn end, append
   `cancelled` where that was asked for, else `crashed`. The lock of a process that is dying is waited for.
3. A queued run has no process of its own yet. It stands while the process that was started for it lives.
4. What cannot be written (a full disk, a folder that may only be read) is the run's state all the same, and is written
   by a later looker who can.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import SEEK_END

from core.base.errors import RunError, StoreError
from core.base.events import TERMINAL_STATES, RunState, StatusPayload
from core.store.atomic import remove_leftovers
from core.store.cancel_request import cancel_reason
from core.store.process_record import ProcessRecord, is_alive, machine_name
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock

__all__ = ["DYING_S", "STDERR_FILE", "Settlement", "settle_folder", "settle_under_lock", "settlement_of"]

STDERR_FILE = "stderr.txt"
_LONGEST_TAIL = 2000
DYING_S = 0.2  # how long a mere look waits


@dataclass(frozen=True)
class Settlement:
    """A run's true state.

    Attributes
    ----------
    state : RunState
        Where it stands.
    unwritten : StatusPayload or None
        Its last status, where that could not be written to the log.
    """

    state: RunState
    unwritten: StatusPayload | None = None


def settle_folder(folder: RunFolder, *, dying_s: float = DYING_S) -> RunState:
    """Return the run's true state, and write it down if its process died without a word.

    Safe from any process at any time, and from many at once: one of them writes.

    Parameters
    ----------
    folder : RunFolder
        The run's.
    dying_s : float
        How long the lock of a process that is dying is waited for; the run is as it was where that is too short.

    Raises
    ------
    StoreError
        If the log cannot be read.
    """
    return settlement_of(folder, dying_s=dying_s).state


def settlement_of(folder: RunFolder, *, dying_s: float = DYING_S) -> Settlement:
    """Settle the run as `settle_folder` does, and return its last status as well where it could not be written."""
    state = folder.events().state()
    if state in TERMINAL_STATES:
        return Settlement(state)
    try:
        lock = RunLock.try_take(folder.lock_path)
    except StoreError:
        return _settlement_without_lock(folder, state)
    if lock is None:
        lock = _lock_that_comes_free(folder, dying_s)
    if lock is None:
        return Settlement(folder.events().state())
    with lock:
        return settle_under_lock(folder, lock)


def _lock_that_comes_free(folder: RunFolder, dying_s: float) -> RunLock | None:
    # A process counts as dead once its first thread is; its files, and so its lock, go with its last, moments later.
    process = folder.process()
    if process is None or process.machine != machine_name() or is_alive(process):
        return None
    try:
        return RunLock.take(folder.lock_path, timeout_s=dying_s)
    except RunError:
        return None


def settle_under_lock(folder: RunFolder, lock: RunLock) -> Settlement:
    """Settle a run whose lock the caller holds; see `settlement_of`."""
    with folder.events(lock=lock) as log:
        state, process = log.state(), folder.process()
        if state in TERMINAL_STATES or (state is RunState.QUEUED and _may_still_start(process)):
            return Settlement(state)
        ending = _last_words(folder, process)
        # First: what the dead process left may be all the room that its last status finds on a full disk.
        remove_leftovers(folder.path)
        remove_leftovers(folder.artifacts)
        try:
            log.append(ending)
        except StoreError:
            return Settlement(ending.state, ending)
    return Settlement(ending.state)


def _settlement_without_lock(folder: RunFolder, state: RunState) -> Settlement:
    # Without the lock only a process of this machine that is gone proves anything.
    process = folder.process()
    if process is None or process.machine != machine_name() or is_alive(process):
        return Settlement(state)
    ending = _last_words(folder, process)
    return Settlement(ending.state, ending)


def _may_still_start(process: ProcessRecord | None) -> bool:
    # On another machine it cannot be seen whether a process lives; the run's own lock will tell once it starts.
    return process is not None and (process.machine != machine_name() or is_alive(process))


def _last_words(folder: RunFolder, process: ProcessRecord | None) -> StatusPayload:
    again = "Start it again with the same config."
    reason = cancel_reason(folder.path)
    if reason is not None:
        return StatusPayload(state=RunState.CANCELLED, current_status=f"Cancelled: {reason}.", next_step=again)
    who = "no process was started for it"
    if process is not None:
        place = "" if process.machine == machine_name() else f" on {process.machine.partition(' ')[0]}"
        who = f"its process {process.pid}{place} is gone"
    return StatusPayload(
        state=RunState.CRASHED,
        current_status="The run's process ended without a word.",
        next_step=again,
        error=f"Killed, out of memory, out of disk space, or the machine stopped: {who}.{_last_lines(folder)}",
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
