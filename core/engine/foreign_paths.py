"""Paths of this machine in what is handed to others: a file keeps its name there, and not the folder it lay in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

    from core.contracts.plugin import Plugin

__all__ = ["config_without_folders", "shown_params", "without_folders"]

_PREFIXES = ("file:", "sqlite:///")
_PARAMS = "_params"


def config_without_folders(config: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return sections of a run's config, in which the plugins' parameters (`..._params`) name files without folders."""
    return {name: _section(name, value) for name, value in config.items()}


def shown_params(plugin: Plugin) -> dict[str, JsonValue]:
    """Return a plugin's parameters in JSON types, the files among them without their folders."""
    return {name: without_folders(value) for name, value in plugin.params.model_dump(mode="json").items()}


def without_folders(params: JsonValue) -> JsonValue:
    """Return parameters in JSON types, in which each text that is an absolute path is the last part of it.

    A run's config holds paths absolute, also those that secrets refer to. Whoever is handed the model learns by the
    folder whose machine it was, and nothing else. What lies in no folder, such as the ticker `/ES`, stays.
    """
    if isinstance(params, Mapping):
        return {name: without_folders(inner) for name, inner in params.items()}
    if isinstance(params, (list, tuple)):
        return [without_folders(inner) for inner in params]
    return _name(params) if isinstance(params, str) else params


def _section(name: str, value: JsonValue) -> JsonValue:
    if name.endswith(_PARAMS):
        return without_folders(value)
    if isinstance(value, Mapping):
        return config_without_folders(value)
    if isinstance(value, (list, tuple)):
        return [_section("", inner) for inner in value]
    return value


def _name(text: str) -> str:
    prefix = next((found for found in _PREFIXES if text.startswith(found)), "")
    path = text.removeprefix(prefix)
    kinds: tuple[type[PurePath], ...] = (PurePosixPath, PureWindowsPath)
    for kind in kinds:
        found = kind(path)
        if found.is_absolute() and found.parent != found.parent.parent:
            return f"{prefix}{found.name}"
    return text
