"""The places of a config that name a plugin and hold its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["PLUGIN_LISTS", "PLUGIN_SECTIONS", "PluginSlot", "plugin_slots"]

PLUGIN_SECTIONS = {
    "data": ("data_sources", "data_source"),
    "label": ("labelers", "labeler"),
    "model": ("models", "model"),
    "strategy": ("strategies", "strategy"),
    "broker": ("brokers", "broker"),
    "export": ("exporters", "exporter"),
}
"""Sections with one plugin each: its kind, and the stem of the fields `<stem>_type` and `<stem>_params`."""

PLUGIN_LISTS = {"features": ("feature_steps", "feature_step"), "sinks": ("sinks", "sink")}
"""Sections that list plugins."""


@dataclass(frozen=True)
class PluginSlot:
    """One place of a config as it was written, checked or not.

    Attributes
    ----------
    path : tuple of str and int
        The section that holds the place.
    kind : str
        Which plugins fit.
    name : str
        The plugin that is named there.
    params : mapping
        What is given to it.
    type_path, params_path : tuple of str and int
        Where the name and the parameters stand.
    """

    path: tuple[str | int, ...]
    kind: str
    name: str
    params: Mapping[str, Any]
    type_path: tuple[str | int, ...]
    params_path: tuple[str | int, ...]


def plugin_slots(raw: Mapping[str, Any]) -> Iterator[PluginSlot]:
    """Yield the places of a raw config that name a plugin; what is malformed is left to the config's own check."""
    if isinstance(mode := raw.get("mode", "pipeline"), str):
        params = raw.get("mode_params")
        yield PluginSlot((), "orchestrators", mode, _mapping(params), ("mode",), ("mode_params",))
    for section, (kind, stem) in PLUGIN_SECTIONS.items():
        yield from _slot(raw.get(section), (section,), kind, stem)
    for section, (kind, stem) in PLUGIN_LISTS.items():
        entries = raw.get(section)
        for position, entry in enumerate(entries if isinstance(entries, (list, tuple)) else ()):
            yield from _slot(entry, (section, position), kind, stem)
    for name, entry in _mapping(_mapping(raw.get("backtest")).get("baselines")).items():
        yield from _slot(entry, ("backtest", "baselines", name), "strategies", "strategy")


def _slot(section: object, path: tuple[str | int, ...], kind: str, stem: str) -> Iterator[PluginSlot]:
    given = _mapping(section)
    name, params = given.get(f"{stem}_type"), given.get(f"{stem}_params", {})
    if isinstance(name, str) and name and isinstance(params, Mapping):
        yield PluginSlot(path, kind, name, params, (*path, f"{stem}_type"), (*path, f"{stem}_params"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
