"""A field's label and tooltip."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.services.parameter_rows import allowed_values
from core.ui.markdown_text import escaped
from core.ui.params_form.field_shape import Schema, kind_of
from core.ui.params_form.place import Unset
from core.ui.plain_text import without_marks

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["entry_label", "field_help", "label_of", "placeholder_of"]

_UNITS = {
    "bars": "bars",
    "days": "days",
    "hours": "hours",
    "minutes": "minutes",
    "seconds": "seconds",
    "s": "seconds",
    "ms": "milliseconds",
    "bps": "bps",
    "annual": "a year",
    "percent": "%",
    "mb": "MB",
    "gb": "GB",
    "bytes": "bytes",
    "usd": "USD",
}
_SPELLED = {
    word: word.upper() for word in ("id", "url", "auc", "csv", "json", "html", "api", "llm", "rsi", "utc", "l1", "l2")
}
_LONGEST_DEFAULT = 60


def label_of(name: str, schema: Schema) -> str:
    """Return what a field is called: its own title if it was given one, else its name in words with its unit."""
    title = str(schema.get("title", ""))
    if title and title != name.replace("_", " ").title() and "properties" not in schema and "enum" not in schema:
        return title
    words = name.strip("_").split("_")
    if words[-2:-1] == ["per"] and words[-1] in _UNITS:
        words[-1] = _UNITS[words[-1]].removesuffix("s")
    has_unit = len(words) > 1 and words[-2] != "in" and schema.get("type") != "boolean"
    unit = _UNITS.get(words[-1], "") if has_unit else ""
    shown = " ".join(_SPELLED.get(word, word) for word in (words[:-1] if unit else words))
    return f"{shown[:1].upper()}{shown[1:]}{f' ({unit})' if unit else ''}"


def entry_label(label: str, position: int) -> str:
    """Return what one entry of a list is called: `Layers` has a `Layer 1`, `Lags (bars)` a `Lag (bars) 1`."""
    words, bracket, unit = label.partition(" (")
    if words.endswith("ies"):
        words = f"{words[:-3]}y"
    elif words.endswith(("sses", "xes", "ches", "shes")):
        words = words[:-2]
    elif words.endswith("s") and not words.endswith(("ss", "us", "is", "ous")):
        words = words[:-1]
    return f"{words}{bracket}{unit} {position}"


def field_help(schema: Schema, definitions: Schema, default: JsonValue | Unset, *, is_required: bool) -> str | None:
    """Return markdown: the description, what is allowed, the default; None if there is nothing to say."""
    unlisted = {name: value for name, value in schema.items() if name not in {"enum", "const"}}
    parts = [without_marks(str(schema.get("description", "")))]
    parts += [f"Allowed: {allowed}." if (allowed := _allowed(unlisted, definitions)) else ""]
    parts += [REFERENCE_HELP if kind_of(schema) == "secret" else ""]
    parts += ["Must be given." if is_required else _default(default)]
    return escaped(" ".join(part for part in parts if part)) or None


REFERENCE_HELP = (
    "Enter where the secret is kept, not the secret: env:NAME for an environment variable, file:PATH for a file. "
    "A config holds references only."
)


def placeholder_of(schema: Schema, default: JsonValue | Unset, *, is_required: bool) -> str | None:
    """Return what an empty field shows in pale: an example, else what holds while it is empty."""
    if examples := schema.get("examples"):
        return f"such as {_shown(examples[0])}"
    if is_required:
        return "required"
    return None if isinstance(default, Unset) or default in (None, "") else f"default {_shown(default)}"


def _allowed(schema: Schema, definitions: Schema) -> str:
    return "" if kind_of(schema) in {"group", "tagged"} else allowed_values(schema, definitions)


def _default(default: JsonValue | Unset) -> str:
    if isinstance(default, (Unset, dict)) or default is None:
        return ""
    text = _shown(default)
    return f"Default: {text}." if 0 < len(text) <= _LONGEST_DEFAULT else ""


def _shown(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
