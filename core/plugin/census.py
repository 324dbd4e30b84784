"""From scanned modules to the list of plugins: one entry a plugin, with its status."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.contracts.kinds import KINDS
from core.plugin.disabling import disabling_entry
from core.plugin.lookup import explain_duplicates
from core.plugin.plugin_info import PluginInfo, PluginStatus
from core.plugin.scan_outcome import ScannedClass, ScanOutcome
from core.plugin.scan_unit import ScanUnit

__all__ = ["disabled_file", "plugins_of", "with_duplicates_marked"]


def plugins_of(unit: ScanUnit, outcome: ScanOutcome, disabled: tuple[str, ...]) -> Iterator[PluginInfo]:
    """Yield the plugins that a unit yielded; one broken entry where it yielded none."""
    if not outcome.classes:
        status, problem = PluginStatus.BROKEN, outcome.problem
        yield _disabled_or(PluginInfo(unit.kind, unit.name, unit.origin, status, problem, outcome.traceback), disabled)
    for found in outcome.classes:
        yield _disabled_or(_info(unit, found, outcome.load_seconds), disabled)


def disabled_file(unit: ScanUnit, entry: str) -> PluginInfo:
    """Return the entry of a file that is disabled by its path and was therefore never imported."""
    return PluginInfo(unit.kind, unit.name, unit.origin, PluginStatus.DISABLED, _disabled_by(entry))


def with_duplicates_marked(plugins: Iterable[PluginInfo]) -> list[PluginInfo]:
    """Return the plugins sorted by kind, name and origin, those that share a usable name marked as duplicates."""
    order = list(KINDS)
    found = sorted(plugins, key=lambda plugin: (order.index(plugin.kind), plugin.name))
    rivals: dict[tuple[str, str], list[PluginInfo]] = defaultdict(list)
    for plugin in found:
        if plugin.status is PluginStatus.AVAILABLE:
            rivals[plugin.kind, plugin.name].append(plugin)
    return [_marked(plugin, rivals[plugin.kind, plugin.name]) for plugin in found]


def _info(unit: ScanUnit, found: ScannedClass, load_seconds: float) -> PluginInfo:
    status = PluginStatus.INCOMPATIBLE if found.is_incompatible else PluginStatus.BROKEN
    return PluginInfo(
        kind=unit.kind,
        name=found.name,
        origin=unit.origin,
        status=status if found.problem else PluginStatus.AVAILABLE,
        problem=found.problem,
        version=found.version,
        requires_qlop=found.requires_qlop,
        capabilities=found.capabilities,
        summary=found.summary,
        documentation=found.documentation,
        class_name=found.class_name,
        schema=found.schema,
        required_sections=found.required_sections,
        used_sections=found.used_sections,
        load_seconds=load_seconds,
    )


def _disabled_or(plugin: PluginInfo, disabled: tuple[str, ...]) -> PluginInfo:
    entry = disabling_entry(disabled, plugin.kind, plugin.name, plugin.origin.provider)
    return replace(plugin, status=PluginStatus.DISABLED, problem=_disabled_by(entry)) if entry else plugin


def _disabled_by(entry: str) -> str:
    return f"plugins.disabled names {entry!r}. Take that entry out to use it."


def _marked(plugin: PluginInfo, rivals: list[PluginInfo]) -> PluginInfo:
    if plugin.status is not PluginStatus.AVAILABLE or len(rivals) < 2:
        return plugin
    return replace(plugin, status=PluginStatus.DUPLICATE, problem=explain_duplicates(rivals))
