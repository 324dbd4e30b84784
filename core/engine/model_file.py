"""A model's file from anywhere, opened so that nothing but its own bytes is used.

1. The path is opened once; a link, a folder, a device, and what is larger than any model are refused.
2. Its bytes are copied into a folder of their own and hashed on the way, so that the hash is of what is used.
3. The copy is unpacked as every model archive is (model_archive.py), and gone when the caller is done.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import DataError
from core.base.temporary_folder import full_disk_named, temporary_folder
from core.engine.model_archive import unpack_model
from core.engine.zip_entries import MAX_BYTES

__all__ = ["ModelFile", "check_model_file", "unpacked_model_file"]

FIELD = "backtest.model_file"
"""The field of a config that names the file; messages begin with it."""

_CHUNK = 1 << 20
_NEXT = "Name a file that the exporter native wrote: qlop export-model --run RUN_ID"


@dataclass(frozen=True)
class ModelFile:
    """A model's file, unpacked.

    Attributes
    ----------
    name : str
        The file's own name.
    folder : Path
        Its content, for as long as it is open.
    sha256 : str
        Of the file's bytes.
    size_bytes : int
        Their number.
    """

    name: str
    folder: Path
    sha256: str
    size_bytes: int

    def refused(self, reason: object) -> DataError:
        """Return the error that says why the file cannot be used, without the name of the folder it lies in now."""
        said = str(reason).replace(f"{self.folder}/", "").replace(str(self.folder), "the file")
        return DataError(f"{FIELD}: {self.name} cannot be used. {said}")


def check_model_file(path: Path) -> None:
    """Refuse a path that is no regular file of a model's size.

    Raises
    ------
    DataError
        If it is not there, cannot be read, is a link, a folder or a device, is empty or too large.
    """
    os.close(_opened(path))


@contextmanager
def unpacked_model_file(path: Path) -> Iterator[ModelFile]:
    """Give a model's file unpacked, until the block ends.

    Raises
    ------
    DataError
        As `check_model_file`, and if it is no archive of a model.
    StoreError
        If there is no room to unpack it.
    """
    with temporary_folder("qlop-model-") as place:
        copy, folder = place / "packed", place / "unpacked"
        with full_disk_named(place):
            folder.mkdir()
        sha256, size_bytes = _copied(path, copy)
        file = ModelFile(path.name, folder, sha256, size_bytes)
        try:
            unpack_model(copy, folder)
        except (DataError, OSError) as error:
            said = str(error).replace(str(copy), "It").replace(str(folder), "")
            raise file.refused(f"{said.rstrip('.')}. {_NEXT}") from error
        copy.unlink()
        yield file


def _opened(path: Path) -> int:
    try:
        # Not blocking: opening a pipe that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        if path.is_symlink():
            raise DataError(f"{FIELD} is {str(path)!r}, a link; name the file itself.") from error
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{FIELD} is {str(path)!r}, which cannot be opened: {reason}. {_NEXT}") from error
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and 0 < found.st_size <= MAX_BYTES:
        return descriptor
    os.close(descriptor)
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise DataError(f"{FIELD} is {str(path)!r}, {what}; it must be a file. {_NEXT}")
    raise DataError(
        f"{FIELD} is {str(path)!r}, a file of {found.st_size:,} bytes; a model has 1 to {MAX_BYTES:,}. {_NEXT}"
    )


def _copied(path: Path, copy: Path) -> tuple[str, int]:
    """Copy a file's bytes; return their SHA-256 and their number."""
    digest, size = hashlib.sha256(), 0
    try:
        with open(_opened(path), "rb") as source, full_disk_named(copy.parent), copy.open("xb") as target:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise DataError(f"{FIELD} is {str(path)!r}, which grew past {MAX_BYTES:,} bytes while it was read.")
                digest.update(chunk)
                target.write(chunk)
    except OSError as error:
        raise DataError(f"{FIELD} is {str(path)!r}, which cannot be read: {error.strerror or error}.") from error
    return digest.hexdigest(), size
