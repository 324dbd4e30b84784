"""What the relay needs of an event log: its lines as they stand, and its size at a glance."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from typing import Protocol

from core.base.errors import QlopError
from core.base.events import EventType

__all__ = ["READ_ERRORS", "OpenLog", "RawLog", "is_event_line", "is_json", "next_lines"]

READ_ERRORS = (OSError, QlopError)
"""What reading a log may raise."""


class RawLog(Protocol):
    """A log of one task's events, one JSON object a line; the event `seq` is line `seq`.

    Promises: every method may be called from any thread; reading on from where one stopped costs the new lines alone.
    """

    def read_lines(self, from_seq: int = 1) -> Generator[bytes, None, None]:
        """Yield the complete lines from `from_seq` on, without their line ends, as far as they are written now."""

    def read_blocks(self) -> Generator[bytes, None, None]:
        """Yield all complete lines, as far as they are written now: many at a time, each with its line end."""

    def size_bytes(self) -> int:
        """Return the log's size now, 0 while there is none; it grows with every event."""


OpenLog = Callable[[str], RawLog | None]
"""Opens the log of a task, or returns None where there is no such task here. Called from a thread."""


def next_lines(lines: Iterator[bytes], count: int, byte_count: int) -> list[bytes]:
    """Take at most `count` lines, and stop at the one with which they have `byte_count` bytes.

    What is taken is at most one line larger than that: how large a line is, is known once it is there.
    """
    taken: list[bytes] = []
    for line in islice(lines, count):
        taken.append(line)
        byte_count -= len(line)
        if byte_count <= 0:
            break
    return taken


def is_event_line(line: bytes, task_id: str, seq: int) -> bool:
    """Return whether a log's line is the event that its number asks for, in JSON that a browser reads as well."""
    try:
        event = _READER.decode(line.decode())
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(event, dict)
        and event.get("seq") == seq
        and event.get("task_id") == task_id
        and str(event.get("type")) in _TYPES
        and isinstance(event.get("payload"), dict)
    )


def is_json(line: bytes) -> bool:
    """Return whether a line can be read as JSON, by a browser as well."""
    try:
        _READER.decode(line.decode())
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(name)


# NaN and Infinity are Python's own: no other reader of JSON takes them.
_READER = json.JSONDecoder(parse_constant=_no_constant)
_TYPES = frozenset(EventType)
