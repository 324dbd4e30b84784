"""Which folders a user trusts to run code, as their files stood when they were trusted.

A cloned repository may bring a `.qlop/plugins` folder; none of its code runs until its user says so. The record names
the folder's resolved path and a SHA-256 over the names and contents of all its files, so that a folder that was moved,
linked elsewhere or edited has to be trusted again. Byte code is neither hashed nor ever loaded (see
folder_modules.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from core.base.errors import PluginError
from core.contracts.kinds import KINDS
from core.plugin.atomic_json import write_json
from core.plugin.settings import configuration_folder

__all__ = ["TrustedFolder", "read_trusted_folders", "seal_folder", "trust_folder"]

_FILE_NAME = "trusted_folders.json"


@dataclass(frozen=True)
class TrustedFolder:
    """A folder as it was when it was trusted.

    Attributes
    ----------
    path : str
        Resolved: no links in it.
    sha256 : str
        Over the names and contents of `files`.
    files : mapping of str to str
        Each file's path within the folder, and its SHA-256.
    """

    path: str
    sha256: str
    files: dict[str, str]


def trust_folder(folder: Path | str, configuration: Path | None = None) -> TrustedFolder:
    """Record that the plugins of `folder` may run, as its files stand now.

    Parameters
    ----------
    folder : Path or str
        Holds one folder for each kind, such as `models/`.
    configuration : Path or None
        The user's configuration folder; None asks the environment.

    Raises
    ------
    PluginError
        If the folder cannot be read, holds no kind's folder, holds links, or trust cannot be recorded.
    """
    path = Path(folder)
    if not path.is_dir():
        raise PluginError(f"{path} is not a folder, so there is nothing to trust.")
    if not any((path / kind).is_dir() for kind in KINDS):
        inner = path / ".qlop" / "plugins"
        hint = f" Did you mean {inner}?" if inner.is_dir() else f" Plugins lie in folders such as {path / 'models'}."
        raise PluginError(f"{path} holds none of the folders {', '.join(KINDS)}.{hint}")
    sealed = seal_folder(path)
    home = configuration or configuration_folder()
    known = {**read_trusted_folders(home), sealed.path: sealed}
    try:
        write_json(home / _FILE_NAME, {"folders": [asdict(entry) for _, entry in sorted(known.items())]})
    except OSError as error:
        raise PluginError(
            f"Trust cannot be recorded in {home / _FILE_NAME}: {error.strerror or error}. Set QLOP_CONFIG_DIR."
        ) from error
    return sealed


def read_trusted_folders(configuration: Path) -> dict[str, TrustedFolder]:
    """Return the trusted folders by resolved path; none where nothing was recorded.

    Raises
    ------
    PluginError
        If the record cannot be read, or others than the user may write it.
    """
    path = configuration / _FILE_NAME
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise PluginError(f"{path} cannot be read: {error.strerror or error}.") from error
    _refuse_if_others_may_write(path)
    try:
        entries = [TrustedFolder(**entry) for entry in json.loads(raw)["folders"]]
    except (ValueError, KeyError, TypeError) as error:
        raise PluginError(f"{path} is damaged; remove it and trust your folders again.") from error
    return {entry.path: entry for entry in entries}


def seal_folder(folder: Path) -> TrustedFolder:
    """Return the folder's resolved path with the SHA-256 of its files, byte code left out.

    Raises
    ------
    PluginError
        If it cannot be read, or holds a link, a pipe or anything else that is neither file nor folder: what these
        stand for may change while the folder stays the same.
    """
    try:
        root = folder.resolve(strict=True)
        files = {file.relative_to(root).as_posix(): _sha256_of(file) for file in _files_of(root)}
    except (OSError, RuntimeError) as error:
        raise PluginError(f"{folder} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    return TrustedFolder(str(root), _sha256_over(files), files)


def _files_of(folder: Path) -> list[Path]:
    found: list[Path] = []
    for entry in sorted(folder.iterdir()):
        mode = entry.lstat().st_mode
        if stat.S_ISDIR(mode):
            found += [] if entry.name == "__pycache__" else _files_of(entry)
        elif stat.S_ISREG(mode):
            found.append(entry)
        else:
            what = "a symbolic link" if stat.S_ISLNK(mode) else "no regular file"
            raise PluginError(f"{entry} is {what}, which cannot be trusted. Put a copy of the file in its place.")
    return found


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256_over(files: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for name, sha256 in sorted(files.items()):
        digest.update(hashlib.sha256(os.fsencode(name)).digest() + bytes.fromhex(sha256))
    return digest.hexdigest()


def _refuse_if_others_may_write(path: Path) -> None:
    if sys.platform == "win32":
        return
    for place in (path, path.parent):
        found = place.stat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise PluginError(
                f"{place} can be written by others than you (mode {stat.S_IMODE(found.st_mode):04o}, owner "
                f"{found.st_uid}), so no folder is trusted. Make it yours alone: chmod go-w {place}"
            )
