"""Plugins that a plugin's own parameters name: their names to pick from and their schemas, written into its schema.

A field with the hint `plugin_kind` names a plugin of that kind; a mapping beside it with the hint `params_of` holds its
parameters. The plugins' schemas become definitions of the one that names them, so that the form needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.plugin.plugin_info import PluginStatus

if TYPE_CHECKING:
    from core.plugin.plugin_info import PluginInfo

__all__ = ["with_nested_plugins"]

_Schema = Mapping[str, Any]
_PluginsOf = Callable[[str], Sequence["PluginInfo"]]
_REFERENCE = "#/$defs/"


def with_nested_plugins(schema: _Schema, plugins_of: _PluginsOf) -> _Schema:
    """Return the schema with what its fields need that name plugins; the schema itself where there are none.

    Parameters
    ----------
    schema : mapping
        JSON schema of a plugin's parameters.
    plugins_of : callable
        The plugins of a kind.
    """
    waiting, done = list(_kinds(schema)), set[str]()
    definitions: dict[str, Any] = {}
    if not waiting:
        return schema
    while waiting:
        kind = waiting.pop()
        if kind in done:
            continue
        done.add(kind)
        for plugin in _usable(plugins_of(kind)):
            waiting += _kinds(plugin.schema)
            definitions |= _as_definitions(plugin)
    whole = {**schema, "$defs": {**schema.get("$defs", {}), **definitions}}
    written: dict[str, Any] = _written(whole, plugins_of)
    return written


def _usable(plugins: Sequence[PluginInfo]) -> list[PluginInfo]:
    return [plugin for plugin in plugins if plugin.status is PluginStatus.AVAILABLE]


def _kinds(node: object) -> Iterator[str]:
    """Yield the kinds that fields of a schema name plugins of."""
    if isinstance(node, Mapping):
        if isinstance(kind := node.get("plugin_kind"), str):
            yield kind
        for inner in node.values():
            yield from _kinds(inner)
    elif isinstance(node, (list, tuple)):
        for inner in node:
            yield from _kinds(inner)


def _as_definitions(plugin: PluginInfo) -> dict[str, Any]:
    """Return a plugin's schema and its definitions under names that no other plugin's have."""
    own = _place(plugin.kind, plugin.name)
    root = {name: value for name, value in plugin.schema.items() if name != "$defs"}
    inner = {f"{own}.{name}": _renamed(value, own) for name, value in plugin.schema.get("$defs", {}).items()}
    return {own: _renamed(root, own), **inner}


def _renamed(node: Any, own: str) -> Any:  # noqa: ANN401 - any part of a JSON schema
    if isinstance(node, Mapping):
        return {name: _renamed(inner, own) for name, inner in node.items()}
    if isinstance(node, (list, tuple)):
        return [_renamed(inner, own) for inner in node]
    is_reference = isinstance(node, str) and node.startswith(_REFERENCE)
    return f"{_REFERENCE}{own}.{node.removeprefix(_REFERENCE)}" if is_reference else node


def _written(node: Any, plugins_of: _PluginsOf) -> Any:  # noqa: ANN401 - as above
    if isinstance(node, (list, tuple)):
        return [_written(inner, plugins_of) for inner in node]
    if not isinstance(node, Mapping):
        return node
    made = {name: _written(inner, plugins_of) for name, inner in node.items()}
    fields: dict[str, Any] = made["properties"] if isinstance(made.get("properties"), dict) else {}
    for name, field in fields.items():
        if isinstance(field, dict) and (named := fields.get(str(field.get("params_of")))) and "plugin_kind" in named:
            kind = named["plugin_kind"]
            usable = _usable(plugins_of(kind))
            field["params_by_name"] = {plugin.name: f"{_REFERENCE}{_place(kind, plugin.name)}" for plugin in usable}
            named["params_field"] = name
    if isinstance(made.get("plugin_kind"), str):
        made["plugins"] = {plugin.name: plugin.summary for plugin in _usable(plugins_of(made["plugin_kind"]))}
    return made


def _place(kind: str, name: str) -> str:
    return f"{kind}.{name}"
