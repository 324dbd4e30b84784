"""Whether a JSON value is of the type that a schema describes, so that its widget can show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from core.ui.params_form.durations import seconds_of
from core.ui.params_form.field_shape import Kind, Schema, choices_of, kind_of, nullable, resolved
from core.ui.params_form.place import UNSET, Unset
from core.ui.params_form.timestamps import read_date, read_datetime, read_time

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["fits", "variant_index"]


def fits(value: JsonValue | Unset, schema: Schema, definitions: Schema) -> bool:
    """Whether a value is of the schema's type; bounds and the parts within are not looked at."""
    if isinstance(value, Unset):
        return True
    kind = kind_of(schema)
    if kind == "choice":
        return any(value == choice and type(value) is type(choice) for choice in choices_of(schema))
    if kind == "optional":
        return value is None or fits(value, resolved(nullable(schema), definitions), definitions)
    if kind in {"union", "tagged"}:
        variants = schema.get("anyOf") or schema.get("oneOf") or ()
        return any(fits(value, resolved(variant, definitions), definitions) for variant in variants)
    if kind in {"group", "mapping"}:
        return isinstance(value, dict)
    return _fits_scalar(value, kind, schema)


def variant_index(value: JsonValue | Unset, variants: list[Schema], definitions: Schema) -> int | None:
    """Return which type of a union a value is of: the one that knows all its fields before one that does not."""
    if value is UNSET:
        return None
    fitting = [index for index, variant in enumerate(variants) if fits(value, variant, definitions)]
    if isinstance(value, Mapping):
        fitting.sort(key=lambda index: _strangeness(value, variants[index], definitions))
    return fitting[0] if fitting else None


def _fits_scalar(value: JsonValue, kind: Kind, schema: Schema) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "integer":
        return is_number and (isinstance(value, int) or float(value).is_integer())  # type: ignore[arg-type]
    if kind in _READERS:
        return _READERS[kind](value) is not None
    if kind in _TYPES:
        return isinstance(value, _TYPES[kind]) or (is_number and (kind == "number" or "anyOf" in schema))
    return True


_READERS: dict[Kind, Callable[[JsonValue], object]] = {
    "date": read_date,
    "time": read_time,
    "datetime": read_datetime,
    "duration": seconds_of,
}
# A number is a float here only; `True` is an int to Python.
_TYPES: dict[Kind, type] = {
    "number": float,
    "switch": bool,
    "text": str,
    "plugin": str,
    "secret": str,
    "list": list,
    "tuple": list,
}


def _strangeness(value: Mapping[str, JsonValue], schema: Schema, definitions: Schema) -> int:
    """Count what speaks against a mapping being of a model: unknown fields, missing ones, constants that differ."""
    properties = schema.get("properties", {})
    if not properties:
        return 0 if kind_of(schema) in {"mapping", "json"} else 1
    strange = [name for name in value if name not in properties]
    missing = [name for name in schema.get("required", ()) if name not in value]
    unlike = [
        name
        for name, field in properties.items()
        if not fits(value.get(name, UNSET), resolved(field, definitions), definitions)
    ]
    return len(strange) + len(missing) + 2 * len(unlike)
