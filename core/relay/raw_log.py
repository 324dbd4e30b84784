"""What the relay needs of an event log: its lines as they stand, and its size at a glance."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import Protocol

from core.base.errors import QlopError

__all__ = ["READ_ERRORS", "OpenLog", "RawLog", "is_event_line"]

READ_ERRORS = (OSError, QlopError)
"""What reading a log may raise."""


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


def is_event_line(line: bytes, task_id: str, seq: int) -> bool:
    """Return whether a log's line is the event that its number asks for; told by its form where that is ours."""
    if line.startswith(b'{"task_id":"%s","seq":%d,' % (task_id.encode(), seq)) and line.endswith(b"}}"):
        return True
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(event, dict) and event.get("seq") == seq and event.get("task_id") == task_id
