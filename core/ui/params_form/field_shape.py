"""Which kind of field a piece of JSON schema describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

__all__ = [
    "HINTS",
    "Kind",
    "Schema",
    "choices_of",
    "kind_of",
    "nullable",
    "part_of_model",
    "resolved",
    "values_of_mapping",
    "variants_of",
]

Schema = Mapping[str, Any]

Kind = Literal[
    "choice",
    "plugin",
    "switch",
    "integer",
    "number",
    "text",
    "secret",
    "date",
    "time",
    "datetime",
    "duration",
    "optional",
    "tagged",
    "union",
    "group",
    "mapping",
    "list",
    "tuple",
    "json",
]

HINTS = ("widget", "group", "order", "advanced", "step", "readOnly", "examples")
"""What a field's `json_schema_extra` may say about how it is drawn, and what else is told outside an Optional."""

_TEXTS: dict[str, Kind] = {
    "date": "date",
    "time": "time",
    "date-time": "datetime",
    "duration": "duration",
    "password": "secret",
}
_SCALARS: dict[str, Kind] = {"boolean": "switch", "integer": "integer", "number": "number"}


def resolved(schema: Schema, definitions: Schema) -> Schema:
    """Return the schema with its reference looked up; what stands beside a reference goes first."""
    seen: set[str] = set()
    while (reference := str(schema.get("$ref", ""))) and reference not in seen:
        seen.add(reference)
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        schema = {**definitions.get(reference.rpartition("/")[2], {}), **beside}
    if len(schema.get("allOf", ())) == 1:
        beside = {name: value for name, value in schema.items() if name != "allOf"}
        return resolved({**schema["allOf"][0], **beside}, definitions)
    return schema


def kind_of(schema: Schema) -> Kind:
    """Return the kind of a resolved schema; what is not known is edited as JSON."""
    if variants := schema.get("anyOf") or schema.get("oneOf"):
        return _kind_of_union(schema, variants)
    if "plugins" in schema or choices_of(schema):
        return "plugin" if "plugins" in schema else "choice"
    named = schema.get("type")
    if named == "string":
        return _TEXTS.get(str(schema.get("format", "")), "text")
    if named == "array":
        return _kind_of_array(schema)
    if named == "object":
        return _kind_of_object(schema)
    return _SCALARS.get(str(named), "json")


def nullable(schema: Schema) -> Schema:
    """Return what an optional schema may hold besides null, with the hints that stand outside."""
    for key in ("anyOf", "oneOf"):
        if key in schema:
            others = [variant for variant in schema[key] if variant.get("type") != "null"]
            outside = {name: schema[name] for name in HINTS if name in schema}
            within = others[0] if len(others) == 1 else {key: others}
            return {**within, **outside}
    return schema


def variants_of(schema: Schema, definitions: Schema) -> dict[str, Schema]:
    """Return the types of a union by the name that a picker shows: the tag, or the type in words."""
    tags = schema.get("discriminator", {}).get("mapping")
    if tags:
        return {tag: resolved({"$ref": reference}, definitions) for tag, reference in tags.items()}
    found: dict[str, Schema] = {}
    for given in schema.get("anyOf") or schema.get("oneOf") or ():
        variant = resolved(given, definitions)
        name = _type_in_words(variant, definitions)
        found[f"{name} ({len(found) + 1})" if name in found else name] = variant
    return found


def choices_of(schema: Schema) -> Sequence[Any]:
    """Return the values that a Literal or an Enum allows; empty for anything else."""
    return list(schema["enum"]) if "enum" in schema else [schema["const"]] if "const" in schema else []


def part_of_model(given: Schema, model: Schema, holder: object, definitions: Schema) -> Schema:
    """Return the resolved schema of a model's field: of parameters, that of the plugin which the field beside names.

    Parameters
    ----------
    given : mapping
        The field's schema as the model has it.
    model : mapping
        The model's.
    holder : object
        The model's value, which may name the plugin.
    definitions : mapping
        What references name.
    """
    field = resolved(given, definitions)
    beside, places = field.get("params_of"), field.get("params_by_name")
    if not places:
        return field
    by_default = resolved(model["properties"][beside], definitions).get("default")
    named = holder.get(beside, by_default) if isinstance(holder, Mapping) else by_default
    if not isinstance(named, str) or not named:
        return {"type": "object", "properties": {}, "params_for": ""}
    # Of a plugin that is not there they are edited as they are.
    return {**resolved({"$ref": places[named]}, definitions), "params_for": named} if named in places else field


def values_of_mapping(schema: Schema) -> Schema:
    """Return what a mapping's values may be, whether or not its names have a pattern; empty for anything else."""
    patterns = schema.get("patternProperties", {})
    values = schema.get("additionalProperties")
    if len(patterns) == 1:
        values = next(iter(patterns.values()))
    return values if isinstance(values, Mapping) and len(patterns) <= 1 else {}


def _kind_of_union(schema: Schema, variants: Sequence[Schema]) -> Kind:
    if any(variant.get("type") == "null" for variant in variants):
        return "optional"
    if {variant.get("type") for variant in variants} == {"number", "string"} and len(variants) == 2:
        return "text" if all(not variant.get("title") for variant in variants) else "union"
    return "tagged" if schema.get("discriminator", {}).get("mapping") else "union"


def _kind_of_array(schema: Schema) -> Kind:
    if "prefixItems" in schema:
        return "tuple"
    return "list" if isinstance(schema.get("items"), Mapping) else "json"


def _kind_of_object(schema: Schema) -> Kind:
    if "properties" in schema:
        return "group"
    return "mapping" if values_of_mapping(schema) else "json"


def _type_in_words(schema: Schema, definitions: Schema) -> str:
    kind = kind_of(schema)
    if kind in {"list", "tuple"}:
        inner = schema.get("items") or {}
        return f"list of {_type_in_words(resolved(inner, definitions), definitions)}" if inner else "list"
    words: dict[str, Any] = {
        "integer": "whole number",
        "switch": "yes or no",
        "json": "JSON",
        "datetime": "date and time",
    }
    return str(schema.get("title") or words.get(kind, kind))
