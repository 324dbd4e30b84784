"""What stands in a field at first when it is switched on or added to a list."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.ui.params_form.field_shape import Schema, choices_of, kind_of, resolved, variants_of

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["start_value"]


def start_value(schema: Schema, definitions: Schema) -> JsonValue:
    """Return the default, an example, or the plainest value of a resolved schema's type."""
    given = schema.get("default")
    if given is None and schema.get("examples"):
        given = schema["examples"][0]
    return copy.deepcopy(given) if given is not None else _plainest(schema, definitions)


def _plainest(schema: Schema, definitions: Schema) -> JsonValue:
    kind = kind_of(schema)
    if kind == "choice":
        return choices_of(schema)[0]  # type: ignore[no-any-return]
    if kind in {"integer", "number"}:
        return _number(schema, is_whole=kind == "integer")
    if kind in {"tagged", "union"}:
        return _first_variant(schema, definitions)
    if kind in {"group", "list", "tuple", "mapping"}:
        return _container(schema, kind, definitions)
    return datetime.now(UTC).date().isoformat() if kind == "date" else _PLAIN[kind]


_PLAIN: dict[str, JsonValue] = {
    "switch": False,
    "text": "",
    "plugin": "",
    "secret": "",
    "time": "00:00:00",
    "datetime": "",
    "duration": "PT0S",
    "json": None,
    "optional": None,
}


def _number(schema: Schema, *, is_whole: bool) -> int | float:
    """Return the number within the bounds that is nearest to zero; one step inside where a bound is excluded."""
    step = 1 if is_whole else 0.1
    least = schema.get("minimum", schema["exclusiveMinimum"] + step if "exclusiveMinimum" in schema else None)
    most = schema.get("maximum", schema["exclusiveMaximum"] - step if "exclusiveMaximum" in schema else None)
    number = 0 if is_whole else 0.0
    number = number if least is None else max(number, least)
    number = number if most is None else min(number, most)
    return int(number) if is_whole else float(number)


def _first_variant(schema: Schema, definitions: Schema) -> JsonValue:
    tag, variant = next(iter(variants_of(schema, definitions).items()))
    name = schema.get("discriminator", {}).get("propertyName")
    return {name: tag} if name else start_value(variant, definitions)


def _container(schema: Schema, kind: str, definitions: Schema) -> JsonValue:
    if kind in {"group", "mapping"}:
        return {}
    items: Sequence[Schema] = schema.get("prefixItems", ())
    if kind == "list":
        items = [schema["items"]] * int(schema.get("minItems", 0))
    return [start_value(resolved(item, definitions), definitions) for item in items]
