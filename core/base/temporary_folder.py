"""Folders for what is written for a moment, and what is said where their disk is full."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.base.errors import StoreError
from core.base.full_disk import is_full_disk

__all__ = ["full_disk_named", "temporary_folder"]

_ANOTHER = "Make room there, or name another folder for temporary files with TMPDIR."


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """Give a new folder for temporary files, which is gone when the block ends.

    Raises
    ------
    StoreError
        If none can be made.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix=prefix)
    except OSError as error:
        raise StoreError(f"No folder for temporary files can be made: {error}. {_ANOTHER}") from error
    with made as place:
        yield Path(place)


@contextmanager
def full_disk_named(folder: Path) -> Iterator[None]:
    """Name the disk of `folder` where it has no room for what the block writes there; other errors pass.

    Whoever calls the block knows another file, as the one that is being read, and would blame that.

    Raises
    ------
    StoreError
        If the disk is full, or a quota of it is used up.
    """
    try:
        yield
    except OSError as error:
        if not is_full_disk(error):
            raise
        raise StoreError(_full(folder, error)) from error


def _full(folder: Path, error: OSError) -> str:
    free = f"{error.strerror}; {shutil.disk_usage(folder).free / 1e6:,.1f} MB are free"
    temporary = Path(tempfile.gettempdir())
    is_within = folder.resolve().is_relative_to(temporary.resolve())
    if is_within and folder.stat().st_dev == temporary.stat().st_dev:
        return f"The folder for temporary files, {temporary}, is full ({free}). {_ANOTHER}"
    return f"The disk of {folder} is full ({free}). Make room there."
