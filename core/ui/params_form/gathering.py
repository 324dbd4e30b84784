"""What a form gives back: the values that were typed, without those whose field is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from core.ui.params_form.field_shape import (
    Schema,
    kind_of,
    nullable,
    part_of_model,
    resolved,
    values_of_mapping,
    variants_of,
)
from core.ui.params_form.fitting import variant_index
from core.ui.params_form.text_widgets import is_reference

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["clear_secrets", "gathered", "set_aside"]

Path = tuple[str | int, ...]


def gathered(value: JsonValue, schema: Schema, definitions: Schema) -> JsonValue:
    """Return a value of a resolved schema without fields that the schema no longer has.

    A field with a single possible value is added where it must be given.
    """
    schema = _narrowed(value, schema, definitions)
    if isinstance(value, dict) and "properties" in schema:
        return _gathered_group(value, schema, definitions)
    return _rebuilt(value, schema, definitions)


def set_aside(
    value: JsonValue, schema: Schema, definitions: Schema, path: Path = ()
) -> Iterator[tuple[Path, JsonValue]]:
    """Yield the values whose field is gone, each with its path."""
    schema = _narrowed(value, schema, definitions)
    if isinstance(value, dict) and "properties" in schema:
        for name, inner in value.items():
            if _is_gone(name, schema):
                yield (*path, name), inner
    for step, inner, part in _parts(value, schema, definitions):
        yield from set_aside(inner, part, definitions, (*path, step))


def clear_secrets(value: JsonValue, schema: Schema, definitions: Schema, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of secrets that stand in the clear, or that are not given yet."""
    schema = _narrowed(value, schema, definitions)
    if kind_of(schema) == "secret" and value is not None and not is_reference(value):
        yield path
    for step, inner, part in _parts(value, schema, definitions):
        yield from clear_secrets(inner, part, definitions, (*path, step))


def _gathered_group(value: dict[str, JsonValue], schema: Schema, definitions: Schema) -> JsonValue:
    kept = {name: inner for name, inner in value.items() if not _is_gone(name, schema)}
    held: dict[str, JsonValue] = dict(kept)
    held.update(
        {str(step): gathered(inner, part, definitions) for step, inner, part in _parts(kept, schema, definitions)}
    )
    for name in schema.get("required", ()):
        field = resolved(schema["properties"].get(name, {}), definitions)
        if name not in held and "const" in field:
            held[name] = field["const"]
    return held


def _rebuilt(value: JsonValue, schema: Schema, definitions: Schema) -> JsonValue:
    parts = {step: gathered(inner, part, definitions) for step, inner, part in _parts(value, schema, definitions)}
    if isinstance(value, dict):
        return {name: parts.get(name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [parts.get(index, inner) for index, inner in enumerate(value)]
    return value


def _parts(value: JsonValue, schema: Schema, definitions: Schema) -> Iterator[tuple[str | int, JsonValue, Schema]]:
    """Yield the parts of a value that have a schema."""
    if isinstance(value, dict):
        others = values_of_mapping(schema)
        for name, inner in value.items():
            field = schema.get("properties", {}).get(name, others)
            if field:
                yield name, inner, part_of_model(field, schema, value, definitions)
    if isinstance(value, list):
        fixed = schema.get("prefixItems", ())
        for index, inner in enumerate(value):
            field = fixed[index] if index < len(fixed) else schema.get("items")
            if isinstance(field, Mapping):
                yield index, inner, resolved(field, definitions)


def _narrowed(value: JsonValue, schema: Schema, definitions: Schema) -> Schema:
    """Return the schema of the type that a value of a union or of an optional field is of."""
    kind = kind_of(schema)
    if kind == "optional" and value is not None:
        return _narrowed(value, resolved(nullable(schema), definitions), definitions)
    if kind == "tagged":
        tag = value.get(schema["discriminator"]["propertyName"]) if isinstance(value, dict) else None
        return variants_of(schema, definitions).get(tag, schema) if isinstance(tag, str) else schema
    if kind == "union":
        variants = list(variants_of(schema, definitions).values())
        index = variant_index(value, variants, definitions)
        return schema if index is None else variants[index]
    return schema


def _is_gone(name: str, schema: Schema) -> bool:
    return name not in schema["properties"] and not schema.get("additionalProperties")
