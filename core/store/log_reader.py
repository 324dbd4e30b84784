"""Reads the lines of an event log, from any process, while it is written and after.

Positions of every so many lines, and the one where the last reading stopped, are remembered: reading on costs what is
new, and going back costs a few hundred lines, not the whole file.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

from core.base.errors import StoreError
from core.store.log_segments import segment_path, segments

__all__ = ["LogReader"]

_LINES_BETWEEN_MARKS = 1024
_BLOCK_BYTES = 2**20


class _Position(NamedTuple):
    """Where a line begins: its number, the file that it is in, and the offset there."""

    number: int
    path: Path
    offset: int


class LogReader:
    """The complete lines of a log; `path` is its first file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._marks = {1: _Position(1, path, 0)}
        self._last_read = self._marks[1]

    def lines(self, from_seq: int) -> Generator[bytes, None, None]:
        """Yield the complete lines from number `from_seq` on as they stand, without their line ends and unchecked.

        Raises
        ------
        StoreError
            If the file cannot be read.
        """
        number, path, offset = self._nearest_known_line(from_seq)
        try:
            while True:
                with path.open("rb") as file:
                    file.seek(offset)
                    for line in file:
                        if not line.endswith(b"\n"):
                            return
                        if number >= from_seq:
                            yield line[:-1]
                        number, offset = number + 1, offset + len(line)
                        if number % _LINES_BETWEEN_MARKS == 1:
                            self._marks[number] = _Position(number, path, offset)
                # The log goes on in another file where that begins with the very next line.
                following = segment_path(self._path, number)
                if following == path or not following.exists():
                    return
                path, offset = following, 0
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror or error}.") from error
        finally:
            self._last_read = _Position(number, path, offset)

    def blocks(self) -> Generator[bytes, None, None]:
        """Yield all complete lines as they stand, about a megabyte of them at a time, each with its line end.

        Raises
        ------
        StoreError
            If the file cannot be read.
        """
        try:
            for part in segments(self._path):
                with part.path.open("rb", buffering=0) as file:
                    rest = b""
                    while read := file.read(_BLOCK_BYTES):
                        lines, end, torn = read.rpartition(b"\n")
                        if end:
                            yield rest + lines + end
                            rest = b""
                        rest += torn
        except OSError as error:
            raise StoreError(f"{self._path} cannot be read: {error.strerror or error}.") from error

    def _nearest_known_line(self, from_seq: int) -> _Position:
        line = max(0, from_seq - 1) // _LINES_BETWEEN_MARKS * _LINES_BETWEEN_MARKS + 1
        while line not in self._marks:
            line -= _LINES_BETWEEN_MARKS
        known = self._marks[line]
        if known.number < self._last_read.number <= from_seq:
            known = self._last_read
        if from_seq - known.number > _LINES_BETWEEN_MARKS:
            known = max(known, self._beginning_of_file_with(from_seq))
        return known

    def _beginning_of_file_with(self, from_seq: int) -> _Position:
        first_seq, path = next(part for part in reversed(segments(self._path)) if part.first_seq <= max(1, from_seq))
        return _Position(first_seq, path, 0)
