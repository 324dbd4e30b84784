"""The parameters of a plugin in words, from the JSON schema of its Params.

1. A parameter is a row; the fields of a nested model follow it as `outer.inner`, those of a list's models as
   `outer[].inner`, and those of a mapping's as `outer.<name>.inner`.
2. `anyOf` and its kin become "this or that"; a reference is looked up among the schema's definitions.
3. Defaults and choices are written as JSON, which a config file takes as it stands. A nested field's default is what
   the outer default gives it, else its own.
4. Of several models that a field may hold, told apart by a constant, each begins with the constant, which has no
   default; the outer default's fields are those of its own model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["ParameterRow", "allowed_values", "parameter_rows"]

_Schema = Mapping[str, Any]

_DEEPEST = 4
_OF_ITS_KIND = "What follows is of this one."


class ParameterRow(NamedTuple):
    """One parameter as text.

    Attributes
    ----------
    parameter : str
        Its dotted path.
    type : str
        Such as "number or null".
    default : str
        JSON, "required", or empty where the rows of its fields say it.
    allowed : str
        Bounds and choices in words.
    description : str
        As the plugin gives it.
    """

    parameter: str
    type: str
    default: str
    allowed: str
    description: str


def parameter_rows(schema: _Schema) -> list[ParameterRow]:
    """Return the parameters that a JSON schema describes, in its order.

    Parameters
    ----------
    schema : mapping
        As pydantic makes it; empty for a plugin that could not be imported.
    """
    return list(_rows(schema, schema.get("$defs", {}), "", {}))


def allowed_values(field: _Schema, definitions: _Schema) -> str:
    """Return the bounds and choices of one field in words, such as "above 0; at most 1"; empty if there are none."""
    return "; ".join(_allowed(field, definitions))


def _rows(schema: _Schema, definitions: _Schema, outer: str, given_by_outer: _Schema) -> Iterator[ParameterRow]:
    required = set(schema.get("required", ()))
    for name, given in schema.get("properties", {}).items():
        field = _resolved(given, definitions)
        path = f"{outer}{name}"
        is_given = name in given_by_outer
        default = given_by_outer[name] if is_given else field.get("default")
        shown = "required" if name in required and not is_given else json.dumps(default)
        tells_apart = "const" in field
        yield ParameterRow(
            path,
            _type(field, definitions),
            "" if tells_apart or ("properties" in field and shown != "required") else shown,
            allowed_values(field, definitions),
            str(given.get("description") or field.get("description") or (_OF_ITS_KIND if tells_apart else "")),
        )
        # A model may hold itself; its fields are told once and some levels deep.
        if path.count(".") < _DEEPEST:
            for suffix, model in _models(field, definitions):
                inner = default if not suffix and isinstance(default, Mapping) and _fits(model, default) else {}
                yield from _rows(model, definitions, f"{path}{suffix}.", inner)


def _fits(model: _Schema, value: _Schema) -> bool:
    """Return whether `value` is of this model and not of another whose constants differ."""
    fields = model.get("properties", {})
    return all(value.get(name, field["const"]) == field["const"] for name, field in fields.items() if "const" in field)


def _models(field: _Schema, definitions: _Schema) -> Iterator[tuple[str, _Schema]]:
    """Yield the models that a field may hold, each with what stands between the field's name and theirs."""
    if "properties" in field:
        yield "", field
    for suffix, key in (("[]", "items"), (".<name>", "additionalProperties")):
        if isinstance(held := field.get(key), Mapping):
            yield from (
                (f"{suffix}{deeper}", model) for deeper, model in _models(_resolved(held, definitions), definitions)
            )
    for choice in _choices(field, definitions):
        yield from _models(choice, definitions)


def _resolved(field: _Schema, definitions: _Schema) -> _Schema:
    named = definitions.get(str(field.get("$ref", "")).rpartition("/")[2], {})
    return {**named, **field}


def _choices(field: _Schema, definitions: _Schema) -> list[_Schema]:
    found = [choice for key in ("anyOf", "oneOf", "allOf") for choice in field.get(key, ())]
    return [_resolved(choice, definitions) for choice in found]


def _type(field: _Schema, definitions: _Schema) -> str:
    choices = _choices(field, definitions)
    if choices:
        return " or ".join(dict.fromkeys(_type(choice, definitions) for choice in choices))
    if "enum" in field or "const" in field:
        return "choice"
    if "properties" in field:
        return str(field.get("title", "group"))
    if field.get("type") == "array":
        inner: _Schema = field.get("items") or next(iter(field.get("prefixItems", ())), {})
        return f"list of {_type(_resolved(inner, definitions), definitions)}"
    return str(field.get("type", "any"))


def _allowed(field: _Schema, definitions: _Schema) -> Iterator[str]:
    if "enum" in field:
        yield ", ".join(json.dumps(choice) for choice in field["enum"])
    if "const" in field:
        yield json.dumps(field["const"])
    above, below = field.get("exclusiveMinimum"), field.get("exclusiveMaximum")
    spans = (
        "" if above is None else f"above {_number(above)}",
        _span(field.get("minimum"), field.get("maximum")),
        "" if below is None else f"below {_number(below)}",
        _span(field.get("minItems"), field.get("maxItems"), "item"),
        _span(field.get("minLength"), field.get("maxLength"), "character"),
    )
    yield from (span for span in spans if span)
    for choice in _choices(field, definitions):
        yield from _allowed(choice, definitions)
    items = field.get("items")
    within = "; ".join(_allowed(_resolved(items, definitions), definitions)) if isinstance(items, Mapping) else ""
    if within:
        yield f"each {within}"


def _span(least: float | None, most: float | None, unit: str = "") -> str:
    if least is None and most is None:
        return ""
    last = least if most is None else most
    units = f" {unit}" if last == 1 else f" {unit}s"
    if least == most:
        words = _number(least)
    elif least is not None and most is not None:
        words = f"{_number(least)} to {_number(most)}"
    else:
        words = f"at most {_number(most)}" if least is None else f"at least {_number(least)}"
    return words + units if unit else words


def _number(value: object) -> str:
    return f"{value:,.10g}" if isinstance(value, (int, float)) else str(value)
