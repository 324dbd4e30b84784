"""A small file that a person named, read without trust: it may be a pipe, a device, or larger than the memory."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["NotSmallFileError", "read_small_file"]


class NotSmallFileError(OSError):
    """The path leads to no plain file, or to one that is too large; the text says which."""


def read_small_file(path: Path, most_bytes: int) -> bytes:
    """Return the content of a plain file of at most `most_bytes` bytes.

    Raises
    ------
    NotSmallFileError
        If it is a folder, a pipe, a socket or a device, or larger.
    OSError
        If it cannot be read; also where the path holds what no path may, such as a NUL.
    """
    try:
        # Not blocking: opening a pipe that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except ValueError as error:
        raise NotSmallFileError(str(error)) from error
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise NotSmallFileError("it is a socket, and must be a file") from error
        raise
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotSmallFileError(f"it is {_kind(found.st_mode)}, and must be a file")
        if found.st_size > most_bytes:
            raise NotSmallFileError(f"the file has {found.st_size:,} bytes; at most {most_bytes:,} may be")
        # Files of /proc say that they are empty, and others grow: no more is read than may be.
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(most_bytes + 1)
    finally:
        os.close(descriptor)
    if len(content) > most_bytes:
        raise NotSmallFileError(f"the file has more than {most_bytes:,} bytes, which is the most that may be")
    return content


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe"}
    return kinds.get(stat.S_IFMT(mode), "a device")
