"""Canonical JSON: equal values give equal bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from enum import Enum
from pathlib import PurePath
from typing import TypeAlias

from pydantic import BaseModel

from core.base.errors import StoreError

__all__ = ["Json", "json_text", "json_value", "storable"]

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def json_text(value: object) -> str:
    """Return `value` as JSON: keys sorted, two spaces, a line end; a float is the shortest text that reads back equal.

    NaN and the infinities become null, since JSON has no words for them.

    Raises
    ------
    StoreError
        If a value has no JSON form, or a key is no text; the message says where.
    """
    return json.dumps(json_value(value), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_value(value: object, where: str = "$") -> Json:
    """Return `value` in plain JSON types; numpy scalars and arrays, dates, enums and pydantic models are turned."""
    if isinstance(value, Enum):
        return json_value(value.value, where)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (str, int, float)):
        return _scalar(value)
    if isinstance(value, Mapping):
        return {_key(key, where): json_value(item, f"{where}.{key}") for key, item in value.items()}
    return _turned(value, where)


def storable(text: str) -> str:
    """Return a text as every database can keep it."""
    # PostgreSQL stores no NUL character, and no database half of one.
    whole = text.encode("utf-8", errors="backslashreplace").decode()
    return whole.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _scalar(value: str | float) -> Json:
    if isinstance(value, str):
        return value.encode("utf-8", errors="backslashreplace").decode()  # half a surrogate pair has no UTF-8
    if isinstance(value, int):
        return int(value)
    return float(value) if math.isfinite(value) else None


def _turned(value: object, where: str) -> Json:
    if isinstance(value, BaseModel):
        return json_value(value.model_dump(mode="json"), where)
    if isinstance(value, date):
        return None if value != value else value.isoformat()  # noqa: PLR0124 - pandas' NaT is a date unequal to itself
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, AbstractSet):
        return [json_value(item, where) for item in sorted(value, key=str)]
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [json_value(item, f"{where}[{position}]") for position, item in enumerate(value)]
    to_plain = getattr(value, "tolist", None)  # numpy scalars and arrays, without importing numpy
    if callable(to_plain):
        return json_value(to_plain(), where)
    raise StoreError(
        f"{where} is a {type(value).__name__}, which has no JSON form. Turn it into numbers or text first."
    )


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise StoreError(f"{where} has the key {key!r}, a {type(key).__name__}; keys of JSON objects are text.")
    return str(key.value) if isinstance(key, Enum) else key
