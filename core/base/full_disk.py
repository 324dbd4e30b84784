"""What is said where a disk has no room left."""

from __future__ import annotations

import errno

__all__ = ["full_disk_words", "is_full_disk"]

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def is_full_disk(error: BaseException) -> bool:
    """Return whether an error says that a disk, or a quota of it, has no room left."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def full_disk_words(error: BaseException) -> str:
    """Return what a person can do about an error of a full disk; empty for any other error."""
    if not isinstance(error, OSError) or not is_full_disk(error):
        return ""
    where = f" while {error.filename} was written" if error.filename else ""
    return (
        f"The disk is full{where} ({error.strerror}). Make room, as with: qlop runs prune --older-than 30d "
        "--empty-trash. Then start the run again."
    )
