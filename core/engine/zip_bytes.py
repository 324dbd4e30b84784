"""Whether a zip file is made of its entries and its list alone: no byte before, between or after them.

1. The first entry begins at the file's first byte, each other one where the one before ends, the list after the last.
2. The list ends the file, with no comment.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from zipfile import ZipFile

from core.base.errors import DataError

__all__ = ["refuse_other_bytes"]

_LOCAL_HEADER = struct.Struct("<26x2H")
_END_RECORD = struct.Struct("<4s8xL4xH")
_END_MARK = b"PK\x05\x06"
_LONG_END_BYTES = 76  # of archives beyond 4 GiB: a second record and what leads to it


def refuse_other_bytes(archive: ZipFile, path: Path) -> None:
    """Refuse a zip file that holds bytes besides its entries and their list.

    Parameters
    ----------
    archive : ZipFile
        Open for reading.
    path : Path
        The same file.

    Raises
    ------
    DataError
        If it does; the message is the end of a sentence.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        place = 0
        for entry in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
            if entry.header_offset != place:
                raise _other_bytes(place)
            file.seek(place)
            name_bytes, extra_bytes = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
            place += _LOCAL_HEADER.size + name_bytes + extra_bytes + entry.compress_size
        size = file.seek(0, os.SEEK_END)
        file.seek(-_END_RECORD.size, os.SEEK_END)
        mark, list_bytes, comment_bytes = _END_RECORD.unpack(file.read())
    if archive.start_dir != place:
        raise _other_bytes(place)
    end = place + list_bytes + _END_RECORD.size
    if mark != _END_MARK or comment_bytes or size not in {end, end + _LONG_END_BYTES}:
        raise _other_bytes(end)


def _other_bytes(place: int) -> DataError:
    return DataError(f"it holds bytes from {place:,} on that belong to none of its files and are not signed")
