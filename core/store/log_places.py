"""The last line of a log's file that is an event with the number of its own place.

After a power cut of what was written in the last moments each page may or may not be on disk: a file then ends in
zeros, or has holes of zeros with whole lines behind them. There is no line end in a hole, so behind it no line bears
the number of its place any more.
"""

from __future__ import annotations

import os
from array import array
from pathlib import Path

from pydantic import ValidationError

from core.base.errors import StoreError
from core.base.events import Event

__all__ = ["event_of", "last_in_place"]

_LINES_BEHIND_A_HOLE = 1_000_000
"""As many as are written, at 50,000 a second, while a slow disk takes 20 seconds for what came before."""

_HOLES = 1000
"""Where more lines than these are no events, it was no power cut."""


def last_in_place(path: Path, first_seq: int) -> tuple[Event, int] | None:
    """Return the last event of the file with the number of its place, and where its line ends; None if no line has it.

    Parameters
    ----------
    path : Path
        The file; one that is missing has no line.
    first_seq : int
        The number of its first place.

    Raises
    ------
    StoreError
        If it is damaged farther back than a kill or a power cut explains.
    """
    try:
        count, ends = _line_ends(path)
    except FileNotFoundError:
        return None
    hole_count = misplaced_count = 0
    with path.open("rb", buffering=0) as file:
        while len(ends) > 1 and hole_count <= _HOLES:
            end = ends.pop()
            event = event_of(os.pread(file.fileno(), end - ends[-1], ends[-1]))
            if event is not None and event.seq == first_seq - 1 + count:
                return event, end
            hole_count += event is None
            misplaced_count += event is not None
            count -= 1
    # A log's first line is on disk before there is another.
    if count or (misplaced_count and first_seq == 1):
        raise StoreError(
            f"{path} is damaged farther back than a power cut explains: none of the lines from number "
            f"{first_seq + count} on is an event with its own number, and {hole_count} of them are no events at all. "
            f"Restore the file from a backup, or: qlop runs delete {path.parent.name}"
        )
    return None


def event_of(line: bytes) -> Event | None:
    """Return the event of a line; None for what is none, and for a line without its end.

    Such a line was never reported as written, even where its text is whole.
    """
    try:
        return Event.model_validate_json(line) if line.endswith(b"\n") else None
    except ValidationError:
        return None


def _line_ends(path: Path) -> tuple[int, array[int]]:
    # Numbers, not lines: eight bytes for each of them, of the last ones alone.
    count, ends = 0, array("q", [0])
    with path.open("rb") as file:
        for count, line in enumerate(file, start=1):  # noqa: B007 - the count is the result
            ends.append(ends[-1] + len(line))
            if len(ends) > 2 * _LINES_BEHIND_A_HOLE:
                del ends[:_LINES_BEHIND_A_HOLE]
    return count, ends
