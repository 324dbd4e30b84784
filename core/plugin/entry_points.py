"""Plugins of installed distributions: entry points of the groups qlop.<kind>."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from core.contracts.kinds import KINDS
from core.plugin.plugin_info import Origin
from core.plugin.scan_unit import ScanUnit, stamp_of_files

__all__ = ["find_entry_points"]


def find_entry_points() -> list[ScanUnit]:
    """Return the entry points of all kinds, importing nothing."""
    found = entry_points()
    return [
        _unit(kind.folder, entry_point)
        for kind in KINDS.values()
        for entry_point in sorted(found.select(group=kind.entry_point_group))
    ]


def _unit(kind: str, entry_point: EntryPoint) -> ScanUnit:
    module, _, attribute = entry_point.value.partition("[")[0].strip().partition(":")
    distribution = entry_point.dist
    name = distribution.name if distribution else "unknown"
    version = distribution.version if distribution else ""
    path = _module_file(module.strip())
    origin = Origin(name, f"{name} {version}".strip(), module.strip(), str(path or ""))
    neighbours = path.parent.glob("*.py") if path else ()
    stamp = stamp_of_files(neighbours, name, version, entry_point.value)
    return ScanUnit(kind, entry_point.name, origin, attribute.strip(), "", stamp)


def _module_file(module: str) -> Path | None:
    """Return the module's file; unlike importlib.util.find_spec, without importing its parents."""
    spec: ModuleSpec | None = None
    name = ""
    for part in module.split("."):
        places = spec.submodule_search_locations if spec else None
        if spec is not None and places is None:
            return None
        name = f"{name}.{part}" if name else part
        spec = _find_spec(name, None if places is None else list(places))
        if spec is None:
            return None
    return Path(spec.origin) if spec and spec.origin and spec.has_location else None


def _find_spec(name: str, places: list[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find(name, places) if find else None
        if spec is not None:
            return spec
    return None
