"""Plugins of installed distributions: entry points of the groups qlop.<kind>.

The files are read here and not by `importlib.metadata.entry_points`, which a malformed line of any distribution stops.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from core.contracts.kinds import KINDS
from core.plugin.plugin_info import Origin
from core.plugin.scan_unit import ScanUnit, stamp_of_files

__all__ = ["find_entry_points"]


def find_entry_points() -> list[ScanUnit]:
    """Return the entry points of all kinds, importing nothing."""
    kinds = {kind.entry_point_group: kind.folder for kind in KINDS.values()}
    return [
        _unit(kinds[group], name, value, found)
        for found in distributions()
        for group, name, value in _lines(_text_of(found))
        if group in kinds and not _is_shadowed(found)
    ]


def _text_of(found: Distribution) -> str:
    try:
        return found.read_text("entry_points.txt") or ""
    except (OSError, ValueError):
        return ""


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield group, name and value of each line of entry_points.txt."""
    if "[qlop." not in text:
        return
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield group, name.strip(), value.strip()


def _is_shadowed(found: Distribution) -> bool:
    """Whether another version of the distribution comes first on sys.path."""
    try:
        return _text_of(distribution(found.name)) != _text_of(found)
    except (PackageNotFoundError, ValueError, AttributeError, TypeError):
        return False


def _unit(kind: str, name: str, value: str, found: Distribution) -> ScanUnit:
    module, _, attribute = (part.strip() for part in value.partition("[")[0].partition(":"))
    provider, version = found.name or "unknown", found.version or ""
    path = _module_file(module)
    origin = Origin(provider, f"{provider} {version}".strip(), module, str(path or ""))
    neighbours = path.parent.glob("*.py") if path else ()
    return ScanUnit(kind, name, origin, attribute, "", stamp_of_files(neighbours, provider, version, value))


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
