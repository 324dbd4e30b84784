"""Users' folders of plugins: those of QLOP_PLUGIN_PATH and, once trusted, the working folder's and the home's."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.base.errors import PluginError
from core.contracts.kinds import KINDS
from core.plugin.settings import PATH_VARIABLE, RegistrySettings
from core.plugin.trust import TrustedFolder, read_trusted_folders, seal_folder

__all__ = ["FolderState", "UserFolder", "find_user_folders"]


class FolderState(StrEnum):
    """Whether a folder's plugins run, and why not."""

    NAMED = "named"
    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    CHANGED = "changed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class UserFolder:
    """A users' folder.

    Attributes
    ----------
    path : Path
        As the user knows it.
    state : FolderState
        Plugins of a named or trusted folder run; of any other, nothing is run.
    notice : str
        What a person should know and do; empty where all is well.
    """

    path: Path
    state: FolderState
    notice: str = ""

    @property
    def may_run(self) -> bool:
        """Whether its plugins are imported."""
        return self.state in {FolderState.NAMED, FolderState.TRUSTED}


def find_user_folders(settings: RegistrySettings) -> list[UserFolder]:
    """Return the users' folders in order, each once, without running any of their code."""
    folders: dict[Path, UserFolder] = {}
    for path in settings.plugin_path:
        folders.setdefault(_resolved(path), _named(path))
    homes = [settings.working_folder / ".qlop", *([settings.home] if settings.home else [])]
    for local in (home / "plugins" for home in homes):
        if local.is_symlink() or local.exists():
            folders.setdefault(_resolved(local), _local(local, settings.configuration))
    return list(folders.values())


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def _named(path: Path) -> UserFolder:
    if not path.is_absolute():
        notice = f"{PATH_VARIABLE} names {path}, which is left out: a relative path would trust any working folder."
        return UserFolder(path, FolderState.UNREADABLE, f"{notice} Give it from the root: {path.absolute()}")
    try:
        for place in (path, *(path / kind for kind in KINDS if (path / kind).is_dir())):
            next(place.iterdir(), None)
    except OSError as error:
        notice = f"{PATH_VARIABLE} names {path}, which cannot be read: {error.strerror or error}."
        return UserFolder(path, FolderState.UNREADABLE, notice)
    return UserFolder(path, FolderState.NAMED)


def _local(path: Path, configuration: Path) -> UserFolder:
    try:
        sealed = seal_folder(path)
    except PluginError as error:
        return UserFolder(path, FolderState.UNREADABLE, f"The plugins of {path} do not run. {error}")
    command = f"qlop plugins trust {shlex.quote(str(path))}"
    try:
        trusted = read_trusted_folders(configuration).get(sealed.path)
    except PluginError as error:
        return UserFolder(path, FolderState.UNTRUSTED, f"The plugins of {path} do not run. {error}")
    if trusted is None:
        notice = f"{path} is not trusted, so its plugins do not run. Read them, then: {command}"
        return UserFolder(path, FolderState.UNTRUSTED, notice)
    if trusted.sha256 != sealed.sha256:
        change = _first_change(trusted, sealed)
        notice = f"{path} changed since you trusted it ({change}), so its plugins do not run. Read it, then: {command}"
        return UserFolder(path, FolderState.CHANGED, notice)
    return UserFolder(path, FolderState.TRUSTED)


def _first_change(before: TrustedFolder, now: TrustedFolder) -> str:
    changed = sorted(
        name for name in before.files.keys() | now.files.keys() if before.files.get(name) != now.files.get(name)
    )
    name = changed[0]
    what = "is new" if name not in before.files else "is gone" if name not in now.files else "was edited"
    more = f", and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"{name} {what}{more}"
