"""What a zip file lists, before anything of it is unpacked: its entries' names, kinds, sizes and places.

1. The list itself must be short: it is read whole, and a file can hold one of millions of entries.
2. A name must be one that every system can hold as one file inside the folder. No two may be the same file, on a disk
   that takes capital and small letters for the same either; none may be another's folder.
3. An entry must be a plain file, not encrypted, and have bytes of its own: entries that share bytes unpack to more
   than any file holds.
"""

from __future__ import annotations

import os
import struct
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

from core.base.errors import DataError

__all__ = ["MAX_BYTES", "MAX_FILES", "check_directory", "checked_entries", "refuse_swollen_entries"]

MAX_FILES = 10_000
MAX_BYTES = 8 * 1024**3
_MOST_DIRECTORY_BYTES = 64 * 1024**2
_END_RECORD = struct.Struct("<4s4H2LH")
_LONG_END_RECORD = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_BYTES = 20
_END_MARK, _LONG_END_MARK = b"PK\x05\x06", b"PK\x06\x06"
_LONGEST_COMMENT = 0xFFFF
_LOCAL_HEADER_BYTES = 30
_MODEST_BYTES, _MOST_TIMES = 10_000_000, 100
_FILE_KIND, _REGULAR = 0o170000, 0o100000
_IS_ENCRYPTED = 0x1
_LONGEST_NAME_BYTES = 255
_DEVICES = frozenset({"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)})


def check_directory(path: Path) -> None:
    """Refuse a zip file whose list of entries is too long to be read.

    Raises
    ------
    DataError
        If it is.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONGEST_COMMENT - _END_RECORD.size - _LONG_END_RECORD.size - _LOCATOR_BYTES))
        directory_bytes = _directory_bytes(file.read())
    if directory_bytes > _MOST_DIRECTORY_BYTES:
        raise DataError(
            f"{path} lists its entries in {directory_bytes:,} bytes; at most {_MOST_DIRECTORY_BYTES:,} are read."
        )


def _directory_bytes(tail: bytes) -> int:
    """Return how long the list of entries is, looked up as `zipfile` does; 0 where it will find none."""
    place = len(tail) - _END_RECORD.size
    if not tail[max(0, place) :].startswith(_END_MARK) or not tail.endswith(b"\0\0"):
        place = tail.rfind(_END_MARK)
    if place < 0 or len(tail) - place < _END_RECORD.size:
        return 0
    found: int = _END_RECORD.unpack_from(tail, place)[5]
    long_place = place - _LOCATOR_BYTES - _LONG_END_RECORD.size
    if long_place >= 0 and tail.startswith(_LONG_END_MARK, long_place):
        found = max(found % 0xFFFFFFFF, *_LONG_END_RECORD.unpack_from(tail, long_place)[8:9])
    return found


def checked_entries(archive: ZipFile, path: Path) -> list[ZipInfo]:
    """Return the entries of an open archive, all of which may be unpacked; nothing is.

    Raises
    ------
    DataError
        If they are too many or too large, or one may not be unpacked; the message names it and the reason.
    """
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_FILES or size > MAX_BYTES:
        raise DataError(f"{path} unpacks to {len(entries):,} files and {size:,} bytes; that is no model of QLOP's.")
    for entry in entries:
        reason = _refusal(entry)
        if reason:
            raise DataError(f"{path} holds the entry {entry.orig_filename!r}, which may not be unpacked: {reason}.")
    _refuse_same_names([entry.filename for entry in entries], path)
    _refuse_shared_bytes(entries, path)
    refuse_swollen_entries(entries, path)
    return entries


def refuse_swollen_entries(entries: Sequence[ZipInfo], path: Path) -> None:
    """Refuse entries that unpack to far more than they take in the file.

    Raises
    ------
    DataError
        If one does.
    """
    for entry in entries:
        if entry.file_size > max(_MODEST_BYTES, _MOST_TIMES * entry.compress_size):
            times = entry.file_size // max(1, entry.compress_size)
            raise DataError(
                f"{path} holds {entry.filename!r}, which unpacks to {entry.file_size:,} bytes, {times:,} times its "
                f"size in the file; at most {_MOST_TIMES} times may be."
            )


def _refusal(entry: ZipInfo) -> str:
    """Return why an entry may not be unpacked; empty where it may."""
    name, pure = entry.orig_filename, PurePosixPath(entry.orig_filename)
    parts = pure.parts
    answers = {
        "its name is empty or has characters that do not show": not name or not name.isprintable(),
        "its name has a backslash or a colon, which lead elsewhere on other systems": "\\" in name or ":" in name,
        "its name leads out of the folder": pure.is_absolute() or ".." in parts,
        "it is a folder, or its name is not the plain path of a file": str(pure) != name or not parts,
        f"a part of its name has more than {_LONGEST_NAME_BYTES} bytes": any(map(_is_long, parts)),
        "its name is a device's on other systems, or ends in a dot or a space": any(map(_is_changed_elsewhere, parts)),
        "it is a link or a device, no plain file": (entry.external_attr >> 16) & _FILE_KIND not in {0, _REGULAR},
        "it is encrypted": bool(entry.flag_bits & _IS_ENCRYPTED),
    }
    return next((reason for reason, holds in answers.items() if holds), "")


def _is_long(part: str) -> bool:
    return len(part.encode("utf-8", "replace")) > _LONGEST_NAME_BYTES


def _is_changed_elsewhere(part: str) -> bool:
    return part.partition(".")[0].strip().lower() in _DEVICES or part[-1] in " ."


def _refuse_same_names(names: Sequence[str], path: Path) -> None:
    if len(set(names)) != len(names):
        raise DataError(f"{path} names a file twice; it is not unpacked.")
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(_folded(name), name)
        if other != name:
            raise DataError(f"{path} holds {other!r} and {name!r}, one file on many disks; it is not unpacked.")
    for name in names:
        for parent in map(str, PurePosixPath(name).parents):
            if _folded(parent) in seen:
                raise DataError(
                    f"{path} holds {seen[_folded(parent)]!r} as a file and as a folder; it is not unpacked."
                )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _refuse_shared_bytes(entries: Sequence[ZipInfo], path: Path) -> None:
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    for entry, following in pairwise(ordered):
        if entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size > following.header_offset:
            raise DataError(
                f"{path} holds {entry.filename!r} and {following.filename!r}, which share bytes; it is not unpacked."
            )
