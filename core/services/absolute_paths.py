"""Paths in plugins' parameters made absolute: a run's config means the same files in whatever folder it is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from core.base.errors import QlopError
from core.contracts.local_path import LOCAL_PATH

if TYPE_CHECKING:
    from core.contracts.params import Params
    from core.plugin.registry import PluginRegistry

__all__ = ["with_absolute_paths"]

_FILE_REFERENCE = "file:"


def with_absolute_paths(written: dict[str, Any], params: Params, registry: PluginRegistry) -> dict[str, Any]:
    """Return parameters in JSON types with absolute paths, those of the plugins that they name in turn too.

    Paths are the fields of type `LocalPath` or `pathlib.Path`, and files that secrets refer to. A pattern stays one,
    `~` is expanded, and what is a URL is left as it is.

    Parameters
    ----------
    written : dict
        The parameters as `params_json` writes them.
    params : Params
        The same ones, which know their fields' types.
    registry : PluginRegistry
        Knows the plugins that parameters name.
    """
    found: dict[str, Any] = _absolute(written, params, registry)
    return found


def _absolute(written: Any, held: object, registry: PluginRegistry, *, is_path: bool = False) -> Any:  # noqa: ANN401 - JSON
    if isinstance(held, BaseModel) and isinstance(written, Mapping):
        return {name: _of_field(value, held, str(name), registry) for name, value in written.items()}
    if isinstance(held, Mapping) and isinstance(written, Mapping) and len(held) == len(written):
        pairs = zip(written.items(), held.values(), strict=True)
        return {name: _absolute(value, inner, registry, is_path=is_path) for (name, value), inner in pairs}
    if isinstance(held, (list, tuple)) and isinstance(written, list) and len(held) == len(written):
        return [_absolute(*pair, registry, is_path=is_path) for pair in zip(written, held, strict=True)]
    if not isinstance(written, str):
        return written
    if isinstance(held, SecretStr) and written.startswith(_FILE_REFERENCE):
        return _FILE_REFERENCE + _absolute_path(written.removeprefix(_FILE_REFERENCE))
    return _absolute_path(written) if is_path or isinstance(held, Path) else written


def _of_field(written: Any, owner: BaseModel, name: str, registry: PluginRegistry) -> Any:  # noqa: ANN401 - any JSON
    field = type(owner).model_fields[name]
    held = getattr(owner, name)
    if isinstance(plugin_field := _extra_of(field).get("params_of"), str) and isinstance(written, Mapping):
        kind = _extra_of(type(owner).model_fields[plugin_field]).get("plugin_kind")
        return _of_named_plugin(dict(written), str(kind), str(getattr(owner, plugin_field)), registry)
    return _absolute(written, held, registry, is_path=_is_path(field))


def _of_named_plugin(written: dict[str, Any], kind: str, name: str, registry: PluginRegistry) -> dict[str, Any]:
    try:
        params = registry.create(kind, name, written).params
    except QlopError:
        return written  # whoever makes the plugin tells what is wrong
    changed: dict[str, Any] = _absolute(written, params, registry)
    return changed


def _is_path(field: FieldInfo) -> bool:
    return _extra_of(field).get("format") == LOCAL_PATH or any(map(_names_a_path, get_args(field.annotation)))


def _names_a_path(annotation: object) -> bool:
    """Return whether one of the types that an annotation is made of is `LocalPath`."""
    extras = (_extra_of(found) for found in getattr(annotation, "__metadata__", ()) if isinstance(found, FieldInfo))
    return any(extra.get("format") == LOCAL_PATH for extra in extras) or any(map(_names_a_path, get_args(annotation)))


def _extra_of(field: FieldInfo) -> Mapping[str, Any]:
    extra = field.json_schema_extra
    return extra if isinstance(extra, Mapping) else {}


def _absolute_path(text: str) -> str:
    if "://" in text:
        return text
    try:
        return str(Path(text).expanduser().absolute())
    except (OSError, RuntimeError):
        return text  # no such home, or no working folder: the plugin tells what it cannot find
