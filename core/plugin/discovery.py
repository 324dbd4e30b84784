"""Find the modules that may hold plugins, without importing any of them.

1. The built-in folders, plugins/<kind>/*.py.
2. Users' folders that may run, <folder>/<kind>/*.py.
3. Entry points of the groups qlop.<kind> of installed distributions.

Files whose name begins with an underscore are their neighbours' business.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.contracts.kinds import KINDS
from core.plugin.entry_points import find_entry_points
from core.plugin.folder_modules import folder_module_name
from core.plugin.plugin_info import Origin
from core.plugin.scan_unit import ScanUnit, stamp_of_files
from core.plugin.settings import RegistrySettings, builtin_folder
from core.plugin.user_folders import UserFolder

__all__ = ["find_units"]

FOLDER_PROVIDER = "folder"
BUILTIN_PROVIDER = "qlop"


def find_units(settings: RegistrySettings, folders: list[UserFolder]) -> list[ScanUnit]:
    """Return every module that may hold plugins: built-in, users' folders, entry points, in this order."""
    units = list(_builtin_units()) if settings.with_builtin else []
    for folder in folders:
        if folder.may_run:
            units += _folder_units(folder.path.resolve(), settings.working_folder.resolve())
    return units + find_entry_points()


def _builtin_units() -> Iterator[ScanUnit]:
    root = builtin_folder()
    for kind, path, stamp in _plugin_files(root):
        shown = f"plugins/{kind}/{path.name}"
        origin = Origin(BUILTIN_PROVIDER, shown, f"plugins.{kind}.{path.stem}", str(path))
        yield ScanUnit(kind, path.stem, origin, "", "", stamp)


def _folder_units(root: Path, working_folder: Path) -> Iterator[ScanUnit]:
    for kind, path, stamp in _plugin_files(root):
        shown = path.relative_to(working_folder) if path.is_relative_to(working_folder) else path
        module = folder_module_name(root, kind, path.stem)
        origin = Origin(FOLDER_PROVIDER, shown.as_posix(), module, str(path))
        yield ScanUnit(kind, path.stem, origin, "", str(root), stamp)


def _plugin_files(root: Path) -> Iterator[tuple[str, Path, str]]:
    for kind in KINDS:
        try:
            files = sorted(path for path in (root / kind).iterdir() if path.suffix == ".py" and path.is_file())
        except OSError:
            continue
        shared = [path for path in files if path.name.startswith("_")]
        for path in files:
            if path not in shared:
                yield kind, path, stamp_of_files([path, *shared])
