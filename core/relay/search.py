"""A search of a task's whole log: the newest log events that hold a text.

1. Lines are taken by the megabyte. A block of plain ASCII without escapes that does not hold the text in any case of
   letters, or none of the levels, is passed over whole.
2. A line in the form that a run writes shows its level at its beginning: another level's is passed over, and where no
   text is searched for, that alone decides.
3. A line is parsed where it may match: it holds the text, or holds what hides text (an escape, a letter outside ASCII,
   a number, which is shown otherwise than JSON writes it).
4. What is parsed decides: the text, without regard to case, within the message or within the value of a field.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from core.relay.answers import batch_frame
from core.relay.frames import SearchFrame
from core.relay.raw_log import is_json

__all__ = ["LogSearch", "matches"]

# After a block that was looked into: other threads need the interpreter too, the event loop above all.
_PAUSE_S = 0.0005
_MAY_BE_A_NUMBER = re.compile(r"[0-9.e+\-]+")
_OWN_FORM = re.compile(
    rb'\{"task_id":"[^"\\]*","seq":\d+,"timestamp_utc":"[^"\\]*","type":"log","payload":\{"level":"(\w+)","message":'
)
_SHOWN_VALUES = ("true", "false", "none", "null", "inf", "nan")


@dataclass(frozen=True)
class LogSearch:
    """One search, ready to run in a thread.

    Attributes
    ----------
    request : SearchFrame
        What is searched for.
    read_blocks : callable
        Yields the lines from number `first_seq` on, many at a time, each with its line end.
    first_seq, head_seq : int
        The part of the log that is searched.
    byte_count : int
        The answer holds no more than this, but one event at least.
    """

    request: SearchFrame
    read_blocks: Callable[[], Generator[bytes, None, None]]
    first_seq: int
    head_seq: int
    byte_count: int

    def run(self, is_wanted: Callable[[], bool]) -> bytes:
        """Return the answer, a batch frame.

        Parameters
        ----------
        is_wanted : callable
            Asked now and then; where it says False the search ends with what it has.
        """
        request = self.request
        found = _Newest(request.limit, self.byte_count)
        match_count = 0
        for line in self._matching(is_wanted):
            found.append(line)
            match_count += 1
        return batch_frame(
            # Not every match was parsed: a damaged one would spoil the frame.
            [line for line in found.lines if is_json(line)],
            request_id=request.request_id,
            match_count=match_count,
            searched_to_seq=self._last_seq(),
            head_seq=self.head_seq,
            has_more=match_count > len(found.lines),
        )

    def _last_seq(self) -> int:
        before = self.request.before_seq
        return self.head_seq if before is None else min(self.head_seq, before - 1)

    def _matching(self, is_wanted: Callable[[], bool]) -> Iterator[bytes]:
        needle, levels = self.request.text.casefold(), self.request.levels
        prefilter = _Prefilter(needle, levels)
        for block in self._blocks(is_wanted):
            if prefilter.may_hold(block):
                for line in block.split(b"\n"):
                    if b'"log"' in line and prefilter.may_hold(line):
                        decided = _decided_by_level(line, needle, levels)
                        if matches(line, needle, levels) if decided is None else decided:
                            yield line
                time.sleep(_PAUSE_S)

    def _blocks(self, is_wanted: Callable[[], bool]) -> Iterator[bytes]:
        n_wanted = self._last_seq() - self.first_seq + 1
        with closing(self.read_blocks()) as blocks:
            while n_wanted > 0 and is_wanted() and (block := next(blocks, b"")):
                n_lines = block.count(b"\n")
                yield block if n_lines <= n_wanted else b"\n".join(block.split(b"\n", n_wanted)[:n_wanted])
                n_wanted -= n_lines


class _Newest:
    """Keeps the newest lines, bounded by their count and by their bytes."""

    def __init__(self, count: int, byte_count: int) -> None:
        self.lines: deque[bytes] = deque()
        self._count = count
        self._room = byte_count

    def append(self, line: bytes) -> None:
        self.lines.append(line)
        self._room -= len(line)
        while len(self.lines) > self._count or (self._room < 0 and len(self.lines) > 1):
            self._room += len(self.lines.popleft())


class _Prefilter:
    """Tells cheaply that raw lines cannot match; where it is not sure, they may."""

    def __init__(self, needle: str, levels: frozenset[str] | None) -> None:
        self._needle = needle.encode("utf-8", "surrogatepass")
        self._levels = None if levels is None else [level.encode() for level in levels]
        is_part_of_value = any(needle in value for value in _SHOWN_VALUES)
        self._may_be_a_value = is_part_of_value or _MAY_BE_A_NUMBER.fullmatch(needle) is not None

    def may_hold(self, raw: bytes) -> bool:
        if self._levels is not None and not any(level in raw for level in self._levels):
            return b"\\" in raw
        if self._may_be_a_value or self._needle in raw.lower():
            return True
        return b"\\" in raw or not raw.isascii()


def _decided_by_level(line: bytes, needle: str, levels: frozenset[str] | None) -> bool | None:
    """Return whether a line matches, where its beginning tells; None where it has to be parsed."""
    own = _OWN_FORM.match(line)
    if own is None:
        return None
    if levels is not None and own[1].decode() not in levels:
        return False
    return None if needle else True


def matches(line: bytes, needle: str, levels: frozenset[str] | None) -> bool:
    """Return whether a log's line is a log event of one of `levels` that shows `needle`, a case-folded text."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return False
    payload = event.get("payload") if isinstance(event, dict) and event.get("type") == "log" else None
    if not isinstance(payload, dict) or (levels is not None and payload.get("level") not in levels):
        return False
    return any(needle in text.casefold() for text in _shown_texts(payload))


def _shown_texts(payload: Mapping[str, Any]) -> Iterator[str]:
    yield str(payload.get("message", ""))
    fields = payload.get("fields")
    for value in fields.values() if isinstance(fields, dict) else ():
        yield value if isinstance(value, str) else str(value)
        if not isinstance(value, str):
            yield json.dumps(value)
