"""The one writer of an event log.

1. An event is numbered, stamped and written in its turn, a line with one write() to a file opened for appending: a
   reader meets whole lines and one torn end at most, and the log's order is that of the numbers.
2. A line that is written is with the operating system and outlives the process, however it dies. A status is on disk
   (fsync) as well before the turn ends; the other lines follow within moments (see disk_follower.py).
3. A large file is left as it is, on disk, and the log goes on in another.
4. Nothing follows a terminal status, and no run completes whose lines the disk has refused (see log_end.py).
5. Threads that append at once go by spells: whoever meets another one at the turn stands aside for 5 ms, in which that
   one may write hundreds of lines. Taking turns line by line costs a change of thread each, which is dearer than the
   line. To stand aside is only polite: nothing but the turn itself says who may write.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from datetime import datetime
from pathlib import Path

from core.base.errors import StoreError
from core.base.events import Event, Payload
from core.base.time import utc_now
from core.store.disk_follower import DiskFollower
from core.store.event_line import EventLines, payload_text
from core.store.log_end import OpenEnd
from core.store.log_recovery import recover
from core.store.run_lock import RunLock

__all__ = ["SEGMENT_BYTES", "LogWriter"]

SEGMENT_BYTES = 256 * 10**6
"""The size of a file from which on the next event begins another one."""

_ASIDE_S = 0.005  # as long as the interpreter lets a thread run before another one may


class LogWriter:
    """Appends to the log of one run.

    Promises: `append` may be called from any thread of the process that holds the lock; a forked child is refused. It
    holds nothing back: what it was given is with the operating system when it returns, so memory does not grow, and a
    disk that is too slow slows down whoever appends. Of threads that append at once each gets its turn.

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
        self._at_the_turn: set[int] = set()
        end = recover(path)
        self._disk = DiskFollower(self._duplicate)
        try:
            self._end = OpenEnd(path, end, self._disk)
        except OSError as error:
            raise StoreError(f"{end.path} cannot be opened: {error.strerror or error}.") from error

    def append(self, payload: Payload) -> Event:
        """Number, stamp and write one event. A status is on disk when this returns.

        Raises
        ------
        StoreError
            If this process may not write, the run has ended, or the disk refuses or has refused what was written
            before, and this does not tell that the run failed; the file then ends where it did.
        """
        # Before the turn: in a forked child another thread's copy of it may be locked for ever.
        self._check_may_write()
        text = payload_text(payload)
        if self._at_the_turn:
            time.sleep(_ASIDE_S)
        this_thread = threading.get_ident()
        try:
            # Not asked of the turn: one that was handed over counts as free until its new owner gets to run.
            self._at_the_turn.add(this_thread)
            with self._turn:
                seq, moment = self._write(payload, text)
        finally:
            self._at_the_turn.discard(this_thread)
        return self._lines.event(seq, moment, payload)

    def close(self) -> None:
        """Put on disk what is not there yet, and close the file; a second time does nothing.

        Raises
        ------
        StoreError
            If the disk has refused lines and no status tells it; the file is closed all the same.
        """
        self._disk.close()
        # In a forked child, where the lock is held no more, another thread's copy of the turn may be locked for ever.
        with self._turn if self._lock.is_held else contextlib.nullcontext():
            if self._end.place.descriptor < 0:
                return
            try:
                if self._lock.is_held:
                    self._end.settle()
                    if not self._end.place.has_ended:
                        self._disk.raise_failure()
            except OSError as error:
                raise self._refused(error) from error
            finally:
                self._end.close()

    def _write(self, payload: Payload, text: bytes) -> tuple[int, datetime]:
        try:
            self._end.settle()
            self._check_may_write()  # again: another thread may have ended the run meanwhile
            if self._end.place.size >= self._segment_bytes and not self._disk.has_failed:
                self._end.go_on_in_another_file()
            seq, moment = self._end.place.line_count + 1, utc_now()
            self._end.append(self._lines.line(seq, moment, payload, text), payload)
        except OSError as error:
            raise self._refused(error) from error
        return seq, moment

    def _check_may_write(self) -> None:
        if not self._lock.is_held or self._end.place.descriptor < 0:
            raise StoreError(f"{self._path} can be written only by the process that holds the run's lock.")
        if self._end.place.has_ended:
            raise StoreError(f"{self._path} has ended: nothing follows a terminal status.")

    def _refused(self, error: OSError) -> StoreError:
        return StoreError(f"{self._path} cannot be written: {error.strerror or error}.")

    def _duplicate(self) -> int:
        with self._turn:
            return os.dup(self._end.place.descriptor)
