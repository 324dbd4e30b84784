"""Which fields of a config's plugins take secrets: for advice, and for what is shown of a draft."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from core.base.errors import QlopError
from core.base.validation import is_secret_field
from core.config.secrets_in_clear import blotted
from core.services.plugin_slots import PluginSlot, plugin_slots

if TYPE_CHECKING:
    from core.config.secrets_in_clear import Advise, FieldPath
    from core.contracts.params import Params
    from core.plugin.registry import PluginRegistry

__all__ = ["advice_on_secrets", "without_secrets"]

_REFERENCES = ("env:", "file:")


def advice_on_secrets(raw: Mapping[str, Any], registry: PluginRegistry) -> Advise:
    """Return a function that says which field of a plugin takes the secret that stands in the clear at a path."""

    def advise(path: FieldPath) -> str:
        slot = next((slot for slot in plugin_slots(raw) if path[: len(slot.params_path)] == slot.params_path), None)
        params = None if slot is None else _params_of(slot, registry)
        if slot is None or params is None:
            return "Take it out."
        if is_secret_field(params, path[len(slot.params_path) :]):
            return ""
        places = [".".join(map(str, (*slot.params_path, name))) for name in _fields_of_secrets(params)]
        if not places:
            return f"{slot.name!r} takes none; take it out."
        return f"{slot.name!r} takes one in {' or '.join(places)}."

    return advise


def without_secrets(raw: Mapping[str, Any], registry: PluginRegistry) -> dict[str, Any]:
    """Return a copy of a config, right or wrong, with stars where a secret stands in the clear."""
    return blotted(raw, [path for slot in plugin_slots(raw) for path in _in_clear(slot, registry)])


def _in_clear(slot: PluginSlot, registry: PluginRegistry) -> Iterator[FieldPath]:
    params = _params_of(slot, registry)
    if params is None:
        return
    waiting: list[tuple[FieldPath, object, bool]] = [((), slot.params, False)]
    while waiting:
        path, value, is_secret = waiting.pop()
        is_secret = is_secret or (bool(path) and is_secret_field(params, path))
        if isinstance(value, Mapping):
            waiting += [((*path, str(name)), part, is_secret) for name, part in value.items()]
        elif isinstance(value, (list, tuple)):
            waiting += [((*path, place), part, is_secret) for place, part in enumerate(value)]
        elif is_secret and not _is_reference(value):
            yield (*slot.params_path, *path)


def _is_reference(value: object) -> bool:
    return value is None or (isinstance(value, str) and (not value or value.startswith(_REFERENCES)))


def _fields_of_secrets(params: type[Params]) -> list[str]:
    return [name for name in params.model_fields if is_secret_field(params, (name,))]


def _params_of(slot: PluginSlot, registry: PluginRegistry) -> type[Params] | None:
    try:
        found: type[Params] = registry.load(slot.kind, slot.name).Params
    except QlopError:
        return None
    return found
