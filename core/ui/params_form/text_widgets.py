"""Fields that are typed as text: plain text, paths, secrets' references, and JSON for what has no widget."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from core.ui.params_form.field import Field
from core.ui.params_form.field_words import placeholder_of
from core.ui.params_form.place import UNSET, Place, Unset
from core.ui.params_form.widget_state import on_typed

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["CLEAR_TEXT_REFUSED", "REFERENCE_MISSING", "draw_json", "draw_secret", "draw_text", "is_reference"]

CLEAR_TEXT_REFUSED = (
    "A secret is not kept here: enter env:NAME (an environment variable) or file:PATH (a file that holds it). "
    "What was typed has been dropped."
)

REFERENCE_MISSING = "Enter where the secret is kept: env:NAME or file:PATH."


def draw_text(field: Field) -> None:
    """Draw a line of text, or some lines where the field or its value asks for them."""
    shown = "" if isinstance(field.shown, Unset) else str(field.shown)
    key = field.filled(shown)
    has_lines = field.schema.get("widget") == "textarea" or "\n" in shown
    drawn = st.text_area if has_lines else st.text_input
    drawn(
        key=key,
        placeholder=placeholder_of(field.schema, field.default, is_required=field.is_required),
        **field.words,
        **on_typed(field.place, key, _unset_if_missing if _is_missing_if_empty(field) else str),
    )


def draw_secret(field: Field) -> None:
    """Draw a password field that takes references only."""
    key = field.filled(str(field.shown) if is_reference(field.shown) else "")
    st.text_input(
        key=key,
        type="password",
        autocomplete="off",
        placeholder="env:NAME or file:PATH",
        **field.words,
        on_change=_write_reference,
        args=(field.place, key),
    )


def is_reference(value: JsonValue | Unset) -> bool:
    """Whether a value names where a secret is kept."""
    if not isinstance(value, str):
        return False
    kind, _, rest = value.partition(":")
    return kind in {"env", "file"} and bool(rest.strip())


def draw_json(field: Field) -> None:
    """Draw a value as JSON to be edited."""
    value = field.value
    kept = field.place.unread_text
    shown = kept or ("" if isinstance(value, Unset) else json.dumps(value, indent=2, ensure_ascii=False))
    key = field.filled(shown)
    st.text_area(key=key, placeholder="JSON", **field.words, on_change=_write_json, args=(field.place, key))


def _is_missing_if_empty(field: Field) -> bool:
    return field.is_required and bool(
        field.schema.get("minLength") or field.schema.get("format") or "anyOf" in field.schema
    )


def _unset_if_missing(text: str) -> JsonValue | Unset:
    return text or UNSET


def _write_reference(place: Place, key: str) -> None:
    typed = str(st.session_state[key]).strip()
    if is_reference(typed):
        place.put(typed)
        return
    # The widget's own state holds what was typed: with the key it goes as well.
    del st.session_state[key]
    place.drop()
    place.renew()
    if typed:
        place.refuse(CLEAR_TEXT_REFUSED)


def _write_json(place: Place, key: str) -> None:
    text = str(st.session_state[key])
    if not text.strip():
        place.drop()
        return
    try:
        place.put(json.loads(text, parse_constant=_refuse_constant))
    except ValueError as error:
        place.keep_unread(text, f"This is no JSON: {error}. Texts stand in double quotes.")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number that JSON knows")
