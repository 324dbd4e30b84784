"""events.jsonl: the truth about a run, one event a line. A large log goes on in further files (see log_segments.py).

1. The run's own process, which holds the run's lock, is the one writer; it numbers each event by its line.
2. A line is one write() to a file opened for appending, so that a reader meets whole lines and one torn end at most.
3. A status is on disk (fsync) before `append` returns; other events are with the operating system, and outlive the
   process but not a power cut.
4. Nothing follows a terminal status.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from pydantic import ValidationError

from core.base.errors import StoreError
from core.base.events import TERMINAL_STATES, Event, EventType, Payload, RunState, StatusPayload
from core.base.time import utc_now
from core.store.atomic import sync_folder
from core.store.log_recovery import last_event, recover, state_of
from core.store.log_segments import segment_path, segments
from core.store.run_lock import RunLock

__all__ = ["FileEventLog"]

_TO_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_LINES_BETWEEN_MARKS = 1024
_BLOCK_BYTES = 2**20
_SEGMENT_BYTES = 256 * 10**6


class _Position(NamedTuple):
    """Where a line begins: its number, the file that it is in, and the offset there."""

    number: int
    path: Path
    offset: int


class FileEventLog:
    """The event log of one run, in a file.

    Promises: `append` may be called from any thread of the process that holds the lock; a forked child and a log opened
    without a lock are refused. `read` may be called from any process at any time, while a writer lives or not, and
    ends before a torn last line. Reading on from where one stopped costs the new lines, not the whole file.

    Parameters
    ----------
    path : Path
        The first file; a writer makes it where it is missing.
    run_id : str
        The run whose events these are.
    lock : RunLock, optional
        The run's lock, held. With it the log can be appended to, and a torn end is cut off at once.
    segment_bytes : int
        The size of a file from which on the next event begins another one.

    Attributes
    ----------
    on_append : callable
        Called after each event, by the thread that appended it; it returns at once and raises nothing.

    Raises
    ------
    StoreError
        If the lock is not held or not this folder's, or the file cannot be opened or is damaged.
    """

    def __init__(
        self, path: Path, run_id: str, *, lock: RunLock | None = None, segment_bytes: int = _SEGMENT_BYTES
    ) -> None:
        self.path = path
        self.run_id = run_id
        self._lock = lock
        self._mutex = threading.Lock()
        self._segment_bytes = segment_bytes
        self._marks = {1: _Position(1, path, 0)}
        self._last_read = self._marks[1]
        self._descriptor = -1
        self.on_append: Callable[[], None] = _tell_nobody
        if lock is not None:
            self._open_to_write(lock)

    def append(self, payload: Payload) -> Event:
        """Number, stamp and append one event. A status is on disk when this returns.

        Raises
        ------
        StoreError
            If this log may not write, the run has ended, or the disk is full; the file then ends where it did.
        """
        # Before the mutex: in a forked child another thread's copy of it may be locked for ever.
        self._check_may_write()
        with self._mutex:
            self._check_may_write()  # again: another thread may have ended the run meanwhile
            event = Event(
                task_id=self.run_id,
                seq=self._line_count + 1,
                timestamp_utc=utc_now(),
                type=EventType(payload.kind),
                payload=payload,
            )
            if self._size >= self._segment_bytes:
                self._go_on_in_another_file()
            self._write(event.model_dump_json().encode() + b"\n", to_disk=event.type is EventType.STATUS)
            self._line_count += 1
            self._has_ended = _ends_the_run(payload)
        self.on_append()
        return event

    def read(self, from_seq: int = 1) -> Iterator[Event]:
        """Yield the events whose `seq` is at least `from_seq`, in order, as far as they are written now.

        Raises
        ------
        StoreError
            If the file cannot be read, or a complete line is not the event that its number asks for.
        """
        for number, line in enumerate(self.read_lines(from_seq), start=from_seq):
            yield self._event(line, number)

    def read_lines(self, from_seq: int = 1) -> Generator[bytes, None, None]:
        """Yield the complete lines from number `from_seq` on as they stand, without their line ends and unchecked.

        For whoever passes them on; the events they should be are read by `read`.

        Raises
        ------
        StoreError
            If the file cannot be read.
        """
        number, path, offset = self._nearest_known_line(from_seq)
        try:
            while True:
                with path.open("rb") as file:
                    file.seek(offset)
                    for line in file:
                        if not line.endswith(b"\n"):
                            return
                        if number >= from_seq:
                            yield line[:-1]
                        number, offset = number + 1, offset + len(line)
                        if number % _LINES_BETWEEN_MARKS == 1:
                            self._marks[number] = _Position(number, path, offset)
                # The log goes on in another file where that begins with the very next line.
                following = segment_path(self.path, number)
                if following == path or not following.exists():
                    return
                path, offset = following, 0
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror or error}.") from error
        finally:
            self._last_read = _Position(number, path, offset)

    def read_blocks(self) -> Generator[bytes, None, None]:
        """Yield all complete lines as they stand, about a megabyte of them at a time, each with its line end.

        Raises
        ------
        StoreError
            If the file cannot be read.
        """
        try:
            for part in segments(self.path):
                with part.path.open("rb", buffering=0) as file:
                    rest = b""
                    while read := file.read(_BLOCK_BYTES):
                        lines, end, torn = read.rpartition(b"\n")
                        if end:
                            yield rest + lines + end
                            rest = b""
                        rest += torn
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror or error}.") from error

    def size_bytes(self) -> int:
        """Return the size of all its files now, 0 while there is none."""
        try:
            return sum(part.path.stat().st_size for part in segments(self.path))
        except FileNotFoundError:
            return 0

    def last_event(self) -> Event:
        """Return the last event written; StoreError if there is none."""
        return last_event(self.path)

    def state(self) -> RunState:
        """Return the state that the log tells; whether a running process still lives it cannot say."""
        return state_of(self.path)

    def close(self) -> None:
        """Close the file; a second time does nothing. Reading stays possible."""
        with self._mutex:
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open_to_write(self, lock: RunLock) -> None:
        if not lock.is_held or lock.path.parent != self.path.parent:
            raise StoreError(f"{self.path} can be written only by the process that holds the lock beside it.")
        end = recover(self.path)
        self._line_count, self._size, path = end.line_count, end.size_bytes, end.path
        self._has_ended = end.last is not None and _ends_the_run(end.last.payload)
        try:
            self._descriptor = os.open(path, _TO_APPEND, 0o666)
            sync_folder(self.path.parent)
        except OSError as error:
            raise StoreError(f"{path} cannot be opened: {error.strerror or error}.") from error

    def _go_on_in_another_file(self) -> None:
        # Where that cannot be, as on a disk without room for a file, the log goes on in the one that it has.
        with contextlib.suppress(OSError):
            os.fsync(self._descriptor)
            descriptor = os.open(segment_path(self.path, self._line_count + 1), _TO_APPEND | os.O_EXCL, 0o666)
            os.close(self._descriptor)
            self._descriptor, self._size = descriptor, 0
            sync_folder(self.path.parent)

    def _check_may_write(self) -> None:
        if self._lock is None or not self._lock.is_held or self._descriptor < 0:
            raise StoreError(f"{self.path} can be written only by the process that holds the run's lock.")
        if self._has_ended:
            raise StoreError(f"{self.path} has ended: nothing follows a terminal status.")

    def _write(self, line: bytes, *, to_disk: bool) -> None:
        try:
            _write_whole(self._descriptor, line)
            if to_disk:
                os.fsync(self._descriptor)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise StoreError(f"{self.path} cannot be written: {error.strerror or error}.") from error
        self._size += len(line)

    def _nearest_known_line(self, from_seq: int) -> _Position:
        line = max(0, from_seq - 1) // _LINES_BETWEEN_MARKS * _LINES_BETWEEN_MARKS + 1
        while line not in self._marks:
            line -= _LINES_BETWEEN_MARKS
        known = self._marks[line]
        if known.number < self._last_read.number <= from_seq:
            known = self._last_read
        if from_seq - known.number > _LINES_BETWEEN_MARKS:
            known = max(known, self._beginning_of_file_with(from_seq))
        return known

    def _beginning_of_file_with(self, from_seq: int) -> _Position:
        first_seq, path = next(part for part in reversed(segments(self.path)) if part.first_seq <= max(1, from_seq))
        return _Position(first_seq, path, 0)

    def _event(self, line: bytes, number: int) -> Event:
        try:
            event = Event.model_validate_json(line)
        except ValidationError as error:
            raise StoreError(f"{self.path}, line {number} is no event: {line[:80]!r}.") from error
        if event.seq != number or event.task_id != self.run_id:
            raise StoreError(
                f"{self.path}, line {number} bears number {event.seq} of run {event.task_id}; "
                f"it must bear {number} of {self.run_id}."
            )
        return event


def _tell_nobody() -> None:
    """Nobody waits for what is appended."""


def _write_whole(descriptor: int, line: bytes) -> None:
    # A local file takes a line in one write(), or has no room for the rest of it.
    if os.write(descriptor, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _ends_the_run(payload: Payload) -> bool:
    return isinstance(payload, StatusPayload) and payload.state in TERMINAL_STATES
