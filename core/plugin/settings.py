"""Where a registry looks for plugins, and where it keeps what it knows."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import core
from core.base.errors import PluginError
from core.config.configuration_folder import CONFIGURATION_VARIABLE, configuration_folder

__all__ = ["CONFIGURATION_VARIABLE", "RegistrySettings", "builtin_folder", "configuration_folder"]

PATH_VARIABLE = "QLOP_PLUGIN_PATH"
CACHE_VARIABLE = "QLOP_CACHE_DIR"
HOME_VARIABLE = "QLOP_HOME"


def builtin_folder() -> Path:
    """Return the folder of the built-in plugins: it lies beside the `core` that runs, in a checkout and in a wheel."""
    return Path(core.__file__).resolve().parent.parent / "plugins"


def _cache_folder() -> Path:
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given).absolute()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("qlop", appauthor=False))


def _plugin_path() -> tuple[Path, ...]:
    given = os.environ.get(PATH_VARIABLE, "")
    return tuple(Path(part).expanduser() for part in given.split(os.pathsep) if part)


def _home() -> Path | None:
    given = os.environ.get(HOME_VARIABLE)
    return Path(given).expanduser().absolute() if given else None


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise PluginError("The working folder was removed. Change to one that exists.") from error


@dataclass(frozen=True)
class RegistrySettings:
    """Everything a registry depends on; what is not given is read from the environment, once.

    Attributes
    ----------
    disabled : tuple of str
        Plugins left out: "ridge", "models/ridge", "acme-qlop:ridge", or a file's path.
    plugin_path : tuple of Path
        Users' folders, absolute, trusted because the user named them (QLOP_PLUGIN_PATH).
    working_folder : Path
        Its `.qlop/plugins` is a users' folder once it is trusted.
    home : Path or None
        A home folder elsewhere (QLOP_HOME), whose `plugins` is a users' folder once it is trusted.
    with_builtin : bool
        Whether the built-in plugins are looked at.
    configuration : Path
        Where trust is recorded (QLOP_CONFIG_DIR).
    cache : Path
        Where scans are remembered (QLOP_CACHE_DIR).
    scan_limit_s : float
        How long the import of one plugin may take when it is scanned.
    """

    disabled: tuple[str, ...] = ()
    plugin_path: tuple[Path, ...] = field(default_factory=_plugin_path)
    working_folder: Path = field(default_factory=_working_folder)
    home: Path | None = field(default_factory=_home)
    with_builtin: bool = True
    configuration: Path = field(default_factory=configuration_folder)
    cache: Path = field(default_factory=_cache_folder)
    scan_limit_s: float = 20.0
