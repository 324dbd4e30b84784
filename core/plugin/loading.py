"""Import the module of a plugin under its stable name."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from core.plugin.folder_modules import enrol_folder
from core.plugin.scan_unit import ScanUnit
from core.plugin.settings import builtin_folder

__all__ = ["import_unit"]

_STAMP = "__qlop_stamp__"


def import_unit(unit: ScanUnit) -> ModuleType:
    """Return the unit's module; a users' file that was edited since it was imported is imported anew.

    Whatever the module's own code raises passes through.
    """
    if unit.folder:
        return _import_folder_module(unit)
    if unit.origin.module.startswith("plugins."):
        _import_builtin_package()
    return import_module(unit.origin.module)


def _import_folder_module(unit: ScanUnit) -> ModuleType:
    enrol_folder(Path(unit.folder))
    loaded = sys.modules.get(unit.origin.module)
    if loaded is not None and getattr(loaded, _STAMP, unit.stamp) != unit.stamp:
        _forget(unit.origin.module)
    module = import_module(unit.origin.module)
    setattr(module, _STAMP, unit.stamp)
    return module


def _forget(module: str) -> None:
    package = module.rpartition(".")[0]
    for name in [name for name in sys.modules if name == module or name.startswith(f"{package}._")]:
        del sys.modules[name]


def _import_builtin_package() -> None:
    """Bind `plugins` to the folder beside `core`, even where a working folder holds another `plugins`."""
    folder = builtin_folder()
    package = sys.modules.get("plugins")
    if package is None:
        spec = spec_from_file_location("plugins", folder / "__init__.py", submodule_search_locations=[str(folder)])
        if spec is None or spec.loader is None:
            raise ImportError(f"The built-in plugins are missing: {folder} is not there. Install qlop again.")
        package = module_from_spec(spec)
        sys.modules["plugins"] = package
        spec.loader.exec_module(package)
    if str(folder) not in [str(Path(place).resolve()) for place in package.__path__]:
        raise ImportError(
            f"Another package named 'plugins' was imported from {list(package.__path__)}; "
            f"QLOP's lies in {folder}. Start QLOP from another folder."
        )
