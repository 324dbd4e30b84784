"""The end of an open log: the file that lines come into, each of them whole.

1. Where the log ends changes in one step, after a line is written. What the disk refuses is cut off again.
2. An interrupt (Ctrl-C) may come between a line's write and that step. The line is found before anything else is
   written: whole, it counts; a part of it is cut off.
3. After a failure of the disk nothing follows but the status that tells it: of the lines before, some are lost.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import NamedTuple

from core.base.events import TERMINAL_STATES, Payload, RunState, StatusPayload
from core.store.atomic import sync_folder
from core.store.disk_follower import DiskFollower
from core.store.log_recovery import LogEnd
from core.store.log_segments import segment_path

__all__ = ["OpenEnd", "Place"]

_TO_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_TOLD_IN_SPITE_OF_THE_DISK = TERMINAL_STATES - {RunState.COMPLETED}


class Place(NamedTuple):
    """Where a log ends.

    Attributes
    ----------
    descriptor : int
        Its last file's; negative when that is closed.
    line_count : int
        How many lines it has, in all of its files.
    size : int
        Its last file's size in bytes.
    has_ended : bool
        Whether its last line is a terminal status.
    """

    descriptor: int
    line_count: int
    size: int
    has_ended: bool


class OpenEnd:
    """Writes at the end of one log; its caller sees to it that one thread at a time does.

    Parameters
    ----------
    log : Path
        The log's first file.
    end : LogEnd
        Where it ends.
    disk : DiskFollower
        Puts on disk what is written, and keeps what the disk refused.

    Attributes
    ----------
    place : Place
        Where the log ends now.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """

    def __init__(self, log: Path, end: LogEnd, disk: DiskFollower) -> None:
        self._log = log
        self._disk = disk
        has_ended = end.last is not None and _ends_the_run(end.last.payload)
        descriptor = os.open(end.path, _TO_APPEND, 0o666)
        self.place = Place(descriptor, end.line_count, end.size_bytes, has_ended)
        self._begun: Place | None = None
        try:
            sync_folder(log.parent)
        except BaseException:
            os.close(descriptor)
            raise

    def append(self, line: bytes, payload: Payload) -> None:
        """Write the next line. A status is on disk, and all before it, when this returns; another is rung for.

        Raises
        ------
        OSError
            If the disk refuses it, or has refused what was written before; the file then ends where it did.
        """
        descriptor, line_count, size, _ = end = self.place
        is_status = isinstance(payload, StatusPayload)
        try:
            self._check_disk(payload)
            self._begun = Place(descriptor, line_count + 1, size + len(line), _ends_the_run(payload))
            _write_whole(descriptor, line)
            if is_status:
                with self._disk.alone():
                    os.fsync(descriptor)
                # The thread may have been told what the disk refused, in place of this one.
                self._check_disk(payload)
        except OSError:
            self._begun = end
            with contextlib.suppress(OSError):
                self.settle()
            raise
        self.place = self._begun
        self._begun = None
        if not is_status:
            self._disk.ring(descriptor)

    def settle(self) -> None:
        """Find out what became of a line that was begun and not counted; OSError if the disk refuses that."""
        begun = self._begun
        if begun is None:
            return
        is_whole = os.fstat(begun.descriptor).st_size == begun.size
        if not is_whole:
            os.ftruncate(begun.descriptor, self.place.size)
        is_new = is_whole and begun != self.place
        if is_new:
            self.place = begun
        self._begun = None
        if is_new:
            with self._disk.alone():
                os.fsync(begun.descriptor)

    def go_on_in_another_file(self) -> None:
        """Leave the file as it is, on disk, for another one; OSError if the disk refuses what is written.

        Where there can be no other, as on a disk without room for a file, the log goes on in the one that it has.
        """
        end = self.place
        with self._disk.alone():
            os.fsync(end.descriptor)
        try:
            # An interrupt may have left it there, empty: nobody else makes one, and its name is the next line's number.
            descriptor = os.open(segment_path(self._log, end.line_count + 1), _TO_APPEND, 0o666)
        except OSError:
            return
        # At once: where that name stands, whoever looks for the next line looks into that file.
        self.place = Place(descriptor, end.line_count, 0, end.has_ended)
        with self._disk.alone():
            os.close(end.descriptor)
            sync_folder(self._log.parent)

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        descriptor = self.place.descriptor
        self.place = self.place._replace(descriptor=-1)
        if descriptor >= 0:
            os.close(descriptor)

    def _check_disk(self, payload: Payload) -> None:
        if self._disk.has_failed and not _tells_a_failure(payload):
            self._disk.raise_failure()


def _write_whole(descriptor: int, line: bytes) -> None:
    # A local file takes a line in one write(), or has no room for the rest of it.
    if os.write(descriptor, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _ends_the_run(payload: Payload) -> bool:
    return isinstance(payload, StatusPayload) and payload.state in TERMINAL_STATES


def _tells_a_failure(payload: Payload) -> bool:
    return isinstance(payload, StatusPayload) and payload.state in _TOLD_IN_SPITE_OF_THE_DISK
