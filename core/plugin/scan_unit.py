"""What a scan imports at once: a file of a plugin folder, or an entry point."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.plugin.plugin_info import Origin

__all__ = ["ScanUnit", "stamp_of_files"]


@dataclass(frozen=True)
class ScanUnit:
    """One module that is to yield plugins.

    Attributes
    ----------
    kind : str
        The kind that its place says.
    name : str
        What it goes by until it is imported: a file's stem, or an entry point's name.
    origin : Origin
        Where it comes from.
    attribute : str
        The class that an entry point names; empty means every plugin class of the module.
    folder : str
        The users' folder that holds the file; empty for all others.
    stamp : str
        Changes when its files or its distribution's version do.
    """

    kind: str
    name: str
    origin: Origin
    attribute: str
    folder: str
    stamp: str

    @property
    def key(self) -> str:
        """Identifies the unit among all, on this machine."""
        return f"{self.kind}|{self.origin.provider}|{self.name}|{self.origin.path or self.origin.module}"


def stamp_of_files(paths: Iterable[Path], *extra: str) -> str:
    """Return a text that changes when a file of `paths` is replaced or edited, or when `extra` does."""
    digest = hashlib.sha256("\0".join(extra).encode("utf-8", "surrogateescape"))
    for path in sorted(paths):
        try:
            found = path.stat()
        except OSError:
            continue
        digest.update(os.fsencode(f"{path}\0{found.st_mtime_ns}\0{found.st_size}\0"))
    return digest.hexdigest()
