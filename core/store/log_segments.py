"""The files of an event log: `events.jsonl`, and those in which a large log goes on.

1. A later file bears the number of its first line, as `events.000000120001.jsonl` does. No file is renamed or removed:
   a reader's position stays good, and a line's number counts through all of them.
2. The writer goes on in another file between two events, with the file before on disk. So only the last one can have a
   torn end, and it may be empty.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["Segment", "segment_path", "segments"]

_DIGITS = 12


class Segment(NamedTuple):
    """One file of a log, and the number of the first line in it."""

    first_seq: int
    path: Path


def segment_path(log: Path, first_seq: int) -> Path:
    """Return the file that begins with line `first_seq`; `log` is the first one."""
    return log if first_seq == 1 else log.with_name(f"{log.stem}.{first_seq:0{_DIGITS}d}{log.suffix}")


def segments(log: Path) -> list[Segment]:
    """Return the files of a log in order; the first is always among them, whether it is there or not.

    Raises
    ------
    OSError
        If the folder cannot be read.
    """
    name = re.compile(rf"{re.escape(log.stem)}\.([0-9]{{{_DIGITS}}}){re.escape(log.suffix)}")
    try:
        found = os.listdir(log.parent)  # noqa: PTH208 - names alone are asked for, and often
    except FileNotFoundError:
        found = []
    later = sorted(int(match[1]) for match in map(name.fullmatch, found) if match)
    return [Segment(1, log), *(Segment(first_seq, segment_path(log, first_seq)) for first_seq in later)]
