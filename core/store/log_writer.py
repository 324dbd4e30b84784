"""The one writer of an event log.

1. An event is numbered, stamped and written in its turn, a line with one write() to a file opened for appending: a
   reader meets whole lines and one torn end at most, and the log's order is that of the numbers.
2. A line that is written is with the operating system and outlives the process, however it dies. A status is on disk
   (fsync) as well before the turn ends; the other lines follow within moments (see disk_follower.py).
3. A large file is left as it is, on disk, and the log goes on in another.
4. Nothing follows a terminal status.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from pathlib import Path

from core.base.errors import StoreError
from core.base.events import TERMINAL_STATES, Event, Payload, StatusPayload
from core.base.time import utc_now
from core.store.atomic import sync_folder
from core.store.disk_follower import DiskFollower
from core.store.event_line import EventLines, payload_text
from core.store.log_recovery import recover
from core.store.log_segments import segment_path
from core.store.run_lock import RunLock

__all__ = ["SEGMENT_BYTES", "LogWriter"]

SEGMENT_BYTES = 256 * 10**6
"""The size of a file from which on the next event begins another one."""

_TO_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class LogWriter:
    """Appends to the log of one run.

    Promises: `append` may be called from any thread of the process that holds the lock; a forked child is refused. It
    holds nothing back: what it was given is with the operating system when it returns, so memory does not grow, and a
    disk that is too slow slows down whoever appends.

    Parameters
    ----------
    path : Path
        The log's first file, which is made where it is missing. A torn end is cut off at once.
    run_id : str
        The run whose events these are.
    lock : RunLock
        The run's lock, held.
    segment_bytes : int
        The size of a file from which on the next event begins another one.

    Raises
    ------
    StoreError
        If the lock is not held or not this folder's, or the file cannot be opened or is damaged.
    """

    def __init__(self, path: Path, run_id: str, lock: RunLock, segment_bytes: int) -> None:
        if not lock.is_held or lock.path.parent != path.parent:
            raise StoreError(f"{path} can be written only by the process that holds the lock beside it.")
        self._path = path
        self._lock = lock
        self._segment_bytes = segment_bytes
        self._lines = EventLines(run_id)
        self._turn = threading.Lock()
        end = recover(path)
        self._line_count, self._size = end.line_count, end.size_bytes
        self._has_ended = end.last is not None and _ends_the_run(end.last.payload)
        try:
            self._descriptor = os.open(end.path, _TO_APPEND, 0o666)
            sync_folder(path.parent)
        except OSError as error:
            raise StoreError(f"{end.path} cannot be opened: {error.strerror or error}.") from error
        self._disk = DiskFollower(self._duplicate)

    def append(self, payload: Payload) -> Event:
        """Number, stamp and write one event. A status is on disk when this returns.

        Raises
        ------
        StoreError
            If this process may not write, the run has ended, or the disk refuses or has refused what was written
            before; the file then ends where it did.
        """
        # Before the turn: in a forked child another thread's copy of it may be locked for ever.
        self._check_may_write()
        text = payload_text(payload)
        with self._turn:
            self._check_may_write()  # again: another thread may have ended the run meanwhile
            if self._size >= self._segment_bytes:
                self._go_on_in_another_file()
            seq, moment = self._line_count + 1, utc_now()
            self._write(self._lines.line(seq, moment, payload, text), to_disk=isinstance(payload, StatusPayload))
            self._line_count = seq
            self._has_ended = _ends_the_run(payload)
        return self._lines.event(seq, moment, payload)

    def close(self) -> None:
        """Put on disk what is not there yet, and close the file; a second time does nothing."""
        self._disk.close()
        # In a forked child, where the lock is held no more, another thread's copy of the turn may be locked for ever.
        with self._turn if self._lock.is_held else contextlib.nullcontext():
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)

    def _check_may_write(self) -> None:
        if not self._lock.is_held or self._descriptor < 0:
            raise StoreError(f"{self._path} can be written only by the process that holds the run's lock.")
        if self._has_ended:
            raise StoreError(f"{self._path} has ended: nothing follows a terminal status.")

    def _write(self, line: bytes, *, to_disk: bool) -> None:
        try:
            self._disk.raise_failure()
            _write_whole(self._descriptor, line)
            if to_disk:
                os.fsync(self._descriptor)
            else:
                self._disk.ring()
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise StoreError(f"{self._path} cannot be written: {error.strerror or error}.") from error
        self._size += len(line)

    def _go_on_in_another_file(self) -> None:
        # Where that cannot be, as on a disk without room for a file, the log goes on in the one that it has.
        with contextlib.suppress(OSError):
            os.fsync(self._descriptor)
            descriptor = os.open(segment_path(self._path, self._line_count + 1), _TO_APPEND | os.O_EXCL, 0o666)
            os.close(self._descriptor)
            self._descriptor, self._size = descriptor, 0
            sync_folder(self._path.parent)

    def _duplicate(self) -> int:
        with self._turn:
            return os.dup(self._descriptor)


def _write_whole(descriptor: int, line: bytes) -> None:
    # A local file takes a line in one write(), or has no room for the rest of it.
    if os.write(descriptor, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _ends_the_run(payload: Payload) -> bool:
    return isinstance(payload, StatusPayload) and payload.state in TERMINAL_STATES
