"""Files and folders that appear whole or not at all.

1. Write under a temporary name in the same folder, which bears the writer's machine and pid.
2. fsync what was written.
3. Rename to the final name: a reader sees the old content, or the new, never a part.
4. fsync the folder, so that the name survives a power cut too.

What a killed process leaves under its temporary name is recognised by that name and removed by `remove_leftovers`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

from core.base.errors import StoreError
from core.store.json_form import json_text
from core.store.process_record import machine_name, start_mark

__all__ = [
    "is_temporary",
    "new_staging_folder",
    "publish_folder",
    "remove_leftovers",
    "staged_file",
    "sync_folder",
    "temporary_name",
    "write_bytes",
    "write_json",
    "write_new_text",
    "write_text",
]

_TEMPORARY = re.compile(r"^\..+\.(?P<machine>[0-9a-f]{8})-(?P<pid>[0-9]+)-[0-9a-f]{8}\.tmp$")
_FOREIGN_LEFTOVER_AGE_S = 7 * 24 * 3600.0


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, replacing what was there.

    Raises
    ------
    StoreError
        If it cannot be written; the old content is still there, whole.
    """
    with staged_file(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8, with line ends as they are; see `write_bytes`."""
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_json(path: Path, value: object) -> None:
    """Write `value` as canonical JSON (see `json_text`); see `write_bytes`."""
    write_bytes(path, json_text(value).encode("utf-8"))


def write_new_text(path: Path, text: str) -> None:
    """Write `text` to a `path` that must not exist yet; of several writers at once, one succeeds.

    Raises
    ------
    FileExistsError
        If `path` exists; it is unchanged.
    StoreError
        If it cannot be written.
    """
    temporary = temporary_name(path)
    try:
        temporary.write_text(text, encoding="utf-8", newline="")
        _sync(temporary)
        path.hardlink_to(temporary)
        sync_folder(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def staged_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; it becomes `path` when the block ends, and vanishes when it fails.

    Raises
    ------
    StoreError
        If the operating system refuses: no space, no permission, no such folder.
    """
    temporary = temporary_name(path)
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}. What was there is unchanged."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def new_staging_folder(path: Path) -> Path:
    """Make and return an empty temporary folder beside `path`, for `publish_folder`.

    Raises
    ------
    StoreError
        If it cannot be made.
    """
    staging = temporary_name(path)
    try:
        staging.mkdir()
    except OSError as error:
        raise StoreError(f"{staging} cannot be made: {error.strerror or error}.") from error
    return staging


def publish_folder(staging: Path, path: Path) -> None:
    """Give the filled folder `staging` its final name `path`, with everything in it on disk.

    Raises
    ------
    FileExistsError
        If `path` is there already; nothing is changed.
    StoreError
        If the operating system refuses.
    """
    if path.is_symlink() or path.exists():
        raise _exists_already(path)
    try:
        for folder, _, names in os.walk(staging, topdown=False):
            for name in names:
                _sync(Path(folder, name))
            sync_folder(Path(folder))
        staging.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise _exists_already(path) from error
        raise StoreError(f"{path} cannot be published: {error.strerror or error}.") from error


def is_temporary(name: str) -> bool:
    """Return whether a file or folder name is one of this module's temporary names."""
    return _TEMPORARY.match(name) is not None


def remove_leftovers(folder: Path) -> list[Path]:
    """Remove what dead processes left under temporary names directly in `folder`, and return what was removed.

    A name from another machine is left alone for a week: whether its writer lives cannot be seen from here.
    """
    removed = []
    # By the names first: a folder of runs has thousands, and hardly ever a leftover.
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208 - paths of all of them cost ten times as much
    for entry in (folder / name for name in sorted(filter(is_temporary, names))):
        if _is_leftover(entry):
            shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)
            removed.append(entry)
    return removed


def sync_folder(folder: Path) -> None:
    """Put the folder's names on disk."""
    _sync(folder)


def _exists_already(path: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def temporary_name(path: Path) -> Path:
    """Return a name beside `path` that `remove_leftovers` knows as this process's."""
    # 200 characters of the name are enough to recognise it, and leave room within the 255 bytes of a file name.
    return path.with_name(f".{path.name[:100]}.{_machine_tag()}-{os.getpid()}-{token_hex(4)}.tmp")


def _machine_tag() -> str:
    return hashlib.sha256(machine_name().encode()).hexdigest()[:8]


def _is_leftover(entry: Path) -> bool:
    match = _TEMPORARY.match(entry.name)
    if match is None:
        return False
    if match["machine"] == _machine_tag():
        return start_mark(int(match["pid"])) is None
    with contextlib.suppress(OSError):
        return time.time() - entry.lstat().st_mtime > _FOREIGN_LEFTOVER_AGE_S
    return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
