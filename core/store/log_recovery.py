"""What the end of an event log says, and how a torn end is repaired.

A process that is killed while it writes leaves at most one line without its end. After a power cut a file system may
also leave zeros, at the end or with whole lines behind them. All of that is cut off, back to the last line that is an
event with its own number (see log_places.py). It is in the log's last file alone: whatever came before was on disk
before it was begun.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import StoreError
from core.base.events import Event, RunState, StatusPayload
from core.store.log_places import event_of, last_in_place
from core.store.log_segments import segments

__all__ = ["LogEnd", "last_event", "recover", "state_of"]

_BLOCK = 64 * 1024


@dataclass(frozen=True)
class LogEnd:
    """Where a log ends.

    Attributes
    ----------
    line_count : int
        How many lines it has, in all of its files.
    path : Path
        The last of its files.
    size_bytes : int
        That file's size.
    last : Event or None
        The log's last event; None while it is empty.
    """

    line_count: int
    path: Path
    size_bytes: int
    last: Event | None


def recover(path: Path) -> LogEnd:
    """Cut a torn end off the log and return where it ends now. The caller holds the run's lock.

    Raises
    ------
    StoreError
        If the log is damaged farther back than a kill or a power cut explains.
    """
    *earlier, (first_seq, last_file) = segments(path)
    found = last_in_place(last_file, first_seq)
    if found is not None:
        last, end = found
        return LogEnd(last.seq, last_file, _cut(last_file, end), last)
    before = _last_event_of(earlier[-1].path) if earlier else None
    if (before.seq if before else 0) != first_seq - 1:
        raise StoreError(
            f"{last_file} is damaged: it begins with number {first_seq}, and the file before it ends with number "
            f"{before.seq if before else 0}. Restore the files from a backup, or: qlop runs delete {path.parent.name}"
        )
    return LogEnd(first_seq - 1, last_file, _cut(last_file, 0), before)


def state_of(path: Path) -> RunState:
    """Return the state that the log tells, from its last complete line alone.

    Nothing follows a terminal status, and while a run is queued nothing but status events are there; so any other last
    line means running. Whether a running process still lives, the log cannot say: see `settle`.

    Raises
    ------
    StoreError
        If the log has no event.
    """
    event = last_event(path)
    return event.payload.state if isinstance(event.payload, StatusPayload) else RunState.RUNNING


def last_event(path: Path) -> Event:
    """Return the event of the last complete, valid line.

    Raises
    ------
    StoreError
        If the log cannot be read or has no event.
    """
    try:
        # The last file may be empty as yet.
        found = (_last_event_of(part.path) for part in reversed(segments(path)))
        event = next((event for event in found if event is not None), None)
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}.") from error
    if event is None:
        raise StoreError(
            f"{path} has no event, so the run's state is not known. Restore the file from a backup, or: "
            f"qlop runs delete {path.parent.name}"
        )
    return event


def _last_event_of(path: Path) -> Event | None:
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        reach, event = 0, None
        while event is None and reach < end:
            reach = min(end, 4 * reach or _BLOCK)
            file.seek(end - reach)
            event = _last_event_in(file.read(reach), from_start=reach == end)
    return event


def _last_event_in(block: bytes, *, from_start: bool) -> Event | None:
    lines = block.split(b"\n")
    # What follows the last line end is torn; what precedes the first is cut off, unless the block is the whole file.
    for line in reversed(lines[0 if from_start else 1 : -1]):
        event = event_of(line + b"\n")
        if event is not None:
            return event
    return None


def _cut(path: Path, size: int) -> int:
    if path.exists() and path.stat().st_size != size:
        os.truncate(path, size)
    return size
