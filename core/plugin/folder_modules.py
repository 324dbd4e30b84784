"""The home of modules that are loaded from users' folders.

A file FOLDER/models/ridge.py is the module `core.plugin.folder_modules.<hash of FOLDER>.models.ridge`, in this process
and in every other: importing the name imports this module first, which finds the folder again among those that the
user named or trusts. So classes pickle into workers, and files may import their neighbours (`from . import _shared`).

Code always comes from the source. Byte code beside it is ignored: it would run without showing in what was read and
trusted.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

__all__ = ["enrol_folder", "folder_module_name"]

__path__: list[str] = []
"""Makes this module a package, whose parts the finder below supplies."""

_PREFIX = f"{__name__}."


def folder_module_name(folder: Path, kind: str, stem: str) -> str:
    """Return the name in sys.modules of FOLDER/kind/stem.py."""
    return f"{_PREFIX}{_digest(folder)}.{kind}.{stem}"


def enrol_folder(folder: Path) -> None:
    """Make the modules of `folder` importable in this process."""
    name = f"{_PREFIX}{_digest(folder)}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(folder.resolve())]
        sys.modules[name] = package


def _digest(folder: Path) -> str:
    """Return the folder's part of a module's name: an identifier, so that it may also be written in code."""
    return f"h{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]}"


class _SourceLoader(SourceFileLoader):
    """Loads a module from its source, whatever byte code lies beside it."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class _FolderFinder(MetaPathFinder):
    """Finds a users' folder by the hash of its path, and what lies in it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(_PREFIX):
            return None
        if "." in fullname.removeprefix(_PREFIX):
            places = [FileFinder(place, (_SourceLoader, [".py"])) for place in path or ()]
            return next((spec for place in places if (spec := place.find_spec(fullname, target))), None)
        return self._folder_spec(fullname)

    def _folder_spec(self, fullname: str) -> ModuleSpec | None:
        from core.plugin.settings import RegistrySettings
        from core.plugin.user_folders import find_user_folders

        for folder in find_user_folders(RegistrySettings()):
            if folder.may_run and f"{_PREFIX}{_digest(folder.path)}" == fullname:
                spec = ModuleSpec(fullname, None, is_package=True)
                spec.submodule_search_locations = [str(folder.path.resolve())]
                return spec
        return None


if not any(type(finder).__name__ == _FolderFinder.__name__ for finder in sys.meta_path):
    sys.meta_path.insert(0, _FolderFinder())
