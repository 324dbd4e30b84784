"""events.jsonl: the truth about a run, one event a line. A large log goes on in further files (see log_segments.py).

log_writer.py says what an appended line outlives, log_reader.py how readers find their way, log_recovery.py what
becomes of a torn end.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from core.base.errors import StoreError
from core.base.events import Event, Payload, RunState
from core.store.log_reader import LogReader
from core.store.log_recovery import last_event, state_of
from core.store.log_segments import segments
from core.store.log_writer import SEGMENT_BYTES, LogWriter
from core.store.run_lock import RunLock

__all__ = ["FileEventLog"]


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
        self, path: Path, run_id: str, *, lock: RunLock | None = None, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self.path = path
        self.run_id = run_id
        self._reader = LogReader(path)
        self._writer = None if lock is None else LogWriter(path, run_id, lock, segment_bytes)
        self.on_append: Callable[[], None] = _tell_nobody

    def append(self, payload: Payload) -> Event:
        """Number, stamp and append one event.

        When this returns the event outlives the process; a status is on disk, other events are moments later.

        Raises
        ------
        StoreError
            If this log may not write, the run has ended, the disk is full, or it has refused lines before and this is
            no status of a run that did not complete; the file then ends where it did.
        """
        if self._writer is None:
            raise StoreError(f"{self.path} can be written only by the process that holds the run's lock.")
        event = self._writer.append(payload)
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

        For whoever passes them on; the events they should be are read by `read`. StoreError as there.
        """
        return self._reader.lines(from_seq)

    def read_blocks(self) -> Generator[bytes, None, None]:
        """Yield all complete lines as they stand, about a megabyte of them at a time, each with its line end.

        Raises
        ------
        StoreError
            If the file cannot be read.
        """
        return self._reader.blocks()

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
        """Close the file; a second time does nothing. Reading stays possible.

        Raises
        ------
        StoreError
            If the disk has refused lines and no status tells it.
        """
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

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
