"""Names and paths from outside, kept inside the folder that they belong to."""

from __future__ import annotations

import re
from pathlib import Path

from core.base.errors import StoreError

__all__ = ["check_artifact_name", "contained_path"]

_ARTIFACT_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?", re.ASCII)
_SHOWN = 100
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.ASCII | re.IGNORECASE)


def check_artifact_name(name: str) -> str:
    """Return `name` if it can name a file on any system: letters, digits, dot, underscore, hyphen; at most 100.

    Names that Windows keeps for devices (CON, aux.txt) and names that end with a dot, which it takes off, cannot.

    Raises
    ------
    StoreError
        If it cannot.
    """
    if _ARTIFACT_NAME.fullmatch(name) is None:
        shown = repr(name) if len(name) <= _SHOWN else f"{name[:_SHOWN]!r} and {len(name) - _SHOWN:,} characters more"
        raise StoreError(
            f"Artifact name {shown} is not allowed: use 1 to 100 letters, digits, '.', '_' and '-', not beginning with "
            "'.' or '-', nor ending with '.'."
        )
    if _WINDOWS_DEVICE.fullmatch(name):
        raise StoreError(f"Artifact name {name!r} is not allowed: Windows keeps it for a device. Choose another name.")
    return name


def contained_path(root: Path, relative: str) -> Path:
    """Return `root / relative`, links resolved, if that lies inside `root`.

    Raises
    ------
    StoreError
        If it is empty, absolute, or leads outside.
    """
    try:
        base = root.resolve()
        path = (base / relative).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise StoreError(f"{relative!r} is no usable path below {root}: {error}.") from error
    if not relative or path == base or not path.is_relative_to(base):
        raise StoreError(f"{relative!r} leads outside {root}; only paths below it are read and written.")
    return path
