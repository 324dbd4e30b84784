"""The bytes of an ONNX file, read once."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from core.base.errors import DataError
from core.engine.onnx_graphs.file_check import MAX_FILE_BYTES

__all__ = ["read_onnx_file"]


def read_onnx_file(path: Path) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    DataError
        If it is not there, cannot be read, is no regular file, is empty or larger than any model.
    """
    try:
        # Not blocking: opening a pipe that nobody writes to would wait for ever.
        descriptor = os.open(path.expanduser(), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            kind = os.fstat(descriptor)
            if not stat.S_ISREG(kind.st_mode):
                raise DataError(f"{path} is no regular file; name an ONNX file.")
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}. Check path.") from error
    if not 0 < len(content) <= MAX_FILE_BYTES:
        raise DataError(f"{path} has {kind.st_size:,} bytes; an ONNX file has 1 to {MAX_FILE_BYTES:,}.")
    return content
