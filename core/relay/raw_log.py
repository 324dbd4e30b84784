"""What the relay needs of an event log: its lines as they stand, and its size at a glance."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol

__all__ = ["OpenLog", "RawLog"]


class RawLog(Protocol):
    """A log of one task's events, one JSON object a line; the event `seq` is line `seq`.

    Promises: both methods may be called from any thread; reading on from where one stopped costs the new lines alone.
    """

    def read_lines(self, from_seq: int = 1) -> Generator[bytes, None, None]:
        """Yield the complete lines from `from_seq` on, without their line ends, as far as they are written now."""

    def size_bytes(self) -> int:
        """Return the log's size now, 0 while there is none; it grows with every event."""


OpenLog = Callable[[str], RawLog | None]
"""Opens the log of a task, or returns None where there is no such task here. Called from a thread."""
