"""Fields with a set of values to pick from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.markdown_text import escaped
from core.ui.params_form.field import Field
from core.ui.params_form.field_shape import Schema, choices_of
from core.ui.params_form.place import UNSET, Unset
from core.ui.params_form.widget_state import on_typed

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["draw_choice", "draw_choices", "draw_switch", "names_of_choices"]


def draw_choice(field: Field) -> None:
    """Draw a Literal or an Enum; one with a single value can only be looked at."""
    by_name = names_of_choices(choices_of(field.schema))
    if "const" in field.schema and len(by_name) == 1:
        st.text_input(key=field.filled(next(iter(by_name))), **{**field.words, "disabled": True})
    else:
        _pick_one(field, by_name)


def draw_switch(field: Field) -> None:
    """Draw a yes or no: a switch, or a picker where neither is the default."""
    if field.is_required and isinstance(field.place.get(), Unset):
        _pick_one(field, {"Yes": True, "No": False})
        return
    key = field.filled(field.shown is True)
    st.toggle(key=key, **field.words, **on_typed(field.place, key, bool))


def draw_choices(field: Field, items: Schema) -> None:
    """Draw a list of picked values, in the order in which they were picked; each once."""
    by_name = names_of_choices(choices_of(items))
    held = field.shown if isinstance(field.shown, list) else []
    key = field.filled([name for value in held for name, choice in by_name.items() if _is_same(choice, value)])
    st.multiselect(
        options=list(by_name),
        key=key,
        placeholder="none chosen",
        **field.words,
        **on_typed(field.place, key, lambda names: [by_name[name] for name in names]),
    )


def names_of_choices(values: Sequence[Any]) -> dict[str, JsonValue]:
    """Return the values by distinct names: a text's is itself, any other value's, and that of a blank, is its JSON."""
    texts = {value for value in values if isinstance(value, str)}
    named: dict[str, JsonValue] = {}
    for value in values:
        written = json.dumps(value, ensure_ascii=False)
        is_itself = isinstance(value, str) and value.strip()
        named[value if is_itself else f"{written} (not a text)" if written in texts else written] = value
    return named


def _pick_one(field: Field, by_name: dict[str, JsonValue]) -> None:
    names = list(by_name)
    shown = field.shown
    held = None if isinstance(shown, Unset) else next((name for name in names if _is_same(by_name[name], shown)), None)
    key = field.filled(held)
    typed = on_typed(field.place, key, lambda name: UNSET if name is None else by_name[name])
    if field.schema.get("widget") == "radio":
        st.radio(
            options=names,
            key=key,
            index=None if held is None else 0,
            format_func=escaped,
            horizontal=True,
            **field.words,
            **typed,
        )
    else:
        placeholder = "required" if field.is_required else "none chosen"
        st.selectbox(
            options=names, key=key, index=None if held is None else 0, placeholder=placeholder, **field.words, **typed
        )


def _is_same(choice: JsonValue, value: JsonValue) -> bool:
    return choice == value and type(choice) is type(value)
