"""Bars that were fetched once, kept by their content for all runs and homes of a user.

1. An object is a frame as Parquet with its key, named by the SHA-256 of its bytes: `objects/<sha256>.parquet`.
2. The index says which object is a key's: `index/<sha256 of the key>.json`, with the key in it for a person to read.
3. Objects come before the index entry that names them, both whole or not at all: several processes need no lock.
4. What is missing, damaged or not as the index says counts as not kept. Losing the cache costs time alone.
5. Above the limit the objects that were not read or kept for longest are removed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import StoreError
from core.store.atomic import remove_leftovers, write_bytes, write_json
from core.store.frame_bytes import frame_from_bytes, frame_to_bytes
from core.store.json_form import json_text

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

__all__ = ["BarCache"]

_FORM = 1
"""Raised when what an object holds changes its meaning; older ones then count as not kept."""

_PRIVATE_FOLDER = 0o700
_SHARE_AFTER_CLEARING = 0.9  # so that not every frame that is kept beyond the limit lists the folder again


class BarCache:
    """Frames by key, content-addressed.

    Promises: any number of processes may read and keep at once; who reads gets a frame that was kept whole for that
    key, or None.

    Parameters
    ----------
    folder : Path
        Where it lies; it need not exist.
    limit_bytes : int
        Size of all objects; 0 keeps nothing.
    """

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self._objects = folder / "objects"
        self._index = folder / "index"
        self._limit_bytes = limit_bytes
        self._size_bytes: int | None = None

    def read(self, key: Mapping[str, JsonValue]) -> pd.DataFrame | None:
        """Return the frame that was kept last for `key`, or None; a damaged object is removed."""
        entry = self._entry_path(key)
        try:
            name = _object_name(json.loads(entry.read_bytes()))
            path = self._objects / name
            content = path.read_bytes()
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        frame = frame_from_bytes(content, key) if path.stem == hashlib.sha256(content).hexdigest() else None
        with suppress(OSError):
            if frame is None:
                path.unlink(missing_ok=True)
            else:
                os.utime(path)  # the object that was used last is removed last
        return frame

    def keep(self, key: Mapping[str, JsonValue], frame: pd.DataFrame) -> None:
        """Keep `frame` for `key` in the place of the one before.

        Raises
        ------
        StoreError
            If the frame has no Parquet form, its attrs no JSON form, or the disk refuses.
        """
        content = frame_to_bytes(frame, key)
        if len(content) > self._limit_bytes:
            return
        path = self._objects / f"{hashlib.sha256(content).hexdigest()}.parquet"
        entry = self._entry_path(key)
        before = self._object_of(entry)
        self._create()
        write_bytes(path, content)
        write_json(entry, {"key": key, "object": path.name})
        if before is not None and before != path:
            with suppress(OSError):
                before.unlink(missing_ok=True)
        with suppress(OSError):  # what was kept is kept, whether or not there was room to be made
            self._stay_within_limit(len(content))

    def _entry_path(self, key: Mapping[str, JsonValue]) -> Path:
        digest = hashlib.sha256(json_text({"form": _FORM, "key": key}).encode()).hexdigest()
        return self._index / f"{digest}.json"

    def _object_of(self, entry: Path) -> Path | None:
        try:
            return self._objects / _object_name(json.loads(entry.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def _create(self) -> None:
        try:
            for folder in (self._objects, self._index):
                folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The cache folder {self._objects.parent} cannot be made: {error.strerror or error}. "
                "Name another one with QLOP_CACHE_DIR."
            ) from error

    def _stay_within_limit(self, added_bytes: int) -> None:
        """Remove what was used longest ago; the size is counted once and then estimated, never below the truth."""
        if self._size_bytes is None:
            for folder in (self._objects, self._index):
                remove_leftovers(folder)
            self._size_bytes = sum(size for _, size, _ in self._by_last_use())
        else:
            self._size_bytes += added_bytes
        if self._size_bytes > self._limit_bytes:
            self._size_bytes = self._clear(int(self._limit_bytes * _SHARE_AFTER_CLEARING))

    def _clear(self, allowed_bytes: int) -> int:
        found = self._by_last_use()
        size_bytes = sum(size for _, size, _ in found)
        removed = set()
        for _, size, path in found[:-1]:  # the newest is what was just kept
            if size_bytes <= allowed_bytes:
                break
            with suppress(OSError):
                path.unlink(missing_ok=True)
                size_bytes -= size
                removed.add(path)
        self._forget(removed)
        return size_bytes

    def _forget(self, removed: set[Path]) -> None:
        for entry in self._index.glob("*.json") if removed else ():
            if self._object_of(entry) in removed:
                with suppress(OSError):
                    entry.unlink(missing_ok=True)

    def _by_last_use(self) -> list[tuple[int, int, Path]]:
        found = []
        for path in self._objects.glob("*.parquet"):
            with suppress(OSError):  # another process may have removed it since it was listed
                facts = path.stat()
                found.append((facts.st_mtime_ns, facts.st_size, path))
        return sorted(found)


def _object_name(entry: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the name of an entry's object, which is a bare file name."""
    name = entry["object"]
    if Path(name).name != name:
        raise ValueError(f"{name!r} is no file name")
    return str(name)
