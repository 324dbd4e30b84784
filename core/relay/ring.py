"""A task's newest events: lines as they stand in its log, numbered without holes."""

from __future__ import annotations

from collections import deque
from itertools import islice

__all__ = ["EventRing"]


class EventRing:
    """The newest lines of one task. What falls out of it is still in the log.

    Attributes
    ----------
    head_seq : int
        Number of the newest event ever appended, 0 before the first.
    """

    def __init__(self, head_seq: int = 0) -> None:
        self.head_seq = head_seq
        self._lines: deque[bytes] = deque()
        self._byte_count = 0

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def byte_count(self) -> int:
        """Bytes of the lines kept."""
        return self._byte_count

    @property
    def first_seq(self) -> int:
        """Number of the oldest event kept; `head_seq + 1` where none is."""
        return self.head_seq - len(self._lines) + 1

    def append(self, seq: int, line: bytes) -> bool:
        """Take the event `seq`, and return whether it was new.

        Raises
        ------
        ValueError
            If events before it are missing.
        """
        if seq <= self.head_seq:
            return False
        if seq != self.head_seq + 1:
            raise ValueError(f"event {seq} does not follow {self.head_seq}")
        self._lines.append(line)
        self._byte_count += len(line)
        self.head_seq = seq
        return True

    def trim(self, events: int, byte_count: int) -> None:
        """Forget the oldest events until at most `events` and `byte_count` remain."""
        while self._lines and (len(self._lines) > events or self._byte_count > byte_count):
            self._byte_count -= len(self._lines.popleft())

    def lines(self, from_seq: int, to_seq: int, *, byte_count: int | None = None) -> list[bytes]:
        """Return the lines from `from_seq` to `to_seq`, as far as they are there; empty if `from_seq` is not kept.

        Parameters
        ----------
        byte_count : int, optional
            Where given, the lines end before they exceed it together, but not before the first.
        """
        start = from_seq - self.first_seq
        if start < 0 or from_seq > min(to_seq, self.head_seq):
            return []
        return bounded(self._slice(start, min(to_seq, self.head_seq) - self.first_seq + 1), byte_count)

    def _slice(self, start: int, stop: int) -> list[bytes]:
        # A deque is quick at its ends: what is asked for is mostly its newest part.
        length = len(self._lines)
        if start <= length - stop:
            return list(islice(self._lines, start, stop))
        newest = list(islice(reversed(self._lines), length - stop, length - start))
        newest.reverse()
        return newest


def bounded(lines: list[bytes], byte_count: int | None) -> list[bytes]:
    """Return the first of `lines` that have at most `byte_count` bytes together, at least one where there is one."""
    if byte_count is None:
        return lines
    total = 0
    for count, line in enumerate(lines):
        total += len(line)
        if total > byte_count and count:
            return lines[:count]
    return lines
