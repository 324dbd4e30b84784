"""Mappings: a row for each name, with its value."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.markdown_text import escaped
from core.ui.params_form.choice_widgets import names_of_choices
from core.ui.params_form.field import Field
from core.ui.params_form.field_heading import draw_heading
from core.ui.params_form.field_shape import Schema, choices_of, resolved, values_of_mapping
from core.ui.params_form.list_field import is_framed
from core.ui.params_form.place import UNSET, Place
from core.ui.params_form.row_buttons import add_button, remove_button
from core.ui.params_form.start_value import start_value

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["draw_mapping"]


def draw_mapping(field: Field) -> None:
    """Draw the names and values; names are picked where only some are allowed."""
    draw_heading(field)
    held = field.shown if isinstance(field.shown, dict) else {}
    values = resolved(values_of_mapping(field.schema), field.definitions)
    seeded = replace(field, place=replace(field.place, seed=field.default if isinstance(field.default, dict) else {}))
    free = [name for name in _allowed_names(field) if name not in held]
    for index, name in enumerate(held):
        label = f"{field.label}: {name}" if name else f"{field.label}, row {index + 1}"
        _draw_row(seeded, seeded.part(name, values, label, held[name]), index, free)
    is_full = len(held) >= field.schema.get("maxProperties", float("inf"))
    is_full = is_full or (bool(_allowed_names(field)) and not free)
    add_button(field, partial(_add, seeded.place, values, field.definitions, free), is_disabled=is_full)


def _draw_row(field: Field, part: Field, index: int, free: list[str]) -> None:
    name = str(part.place.path[-1])
    is_block = is_framed(part)
    with st.container(border=is_block):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _draw_name(field, name, index, free)
            if not is_block:
                field.draw(replace(part, is_bare=True))
            remove_button(part, partial(_remove, field.place, name))
        if is_block:
            field.draw(replace(part, is_bare=True))


def _draw_name(field: Field, name: str, index: int, free: list[str]) -> None:
    key = field.filled(name, f"name{index}")
    words: dict[str, Any] = {
        "label": f"Name {index + 1} of {escaped(field.label)}",
        "label_visibility": "collapsed",
        "disabled": field.is_disabled,
        "on_change": _rename,
        "args": (field.place, key, name),
    }
    if allowed := _allowed_names(field):
        options = [option for option in allowed if option in free or option == name]
        st.selectbox(options=options if name in options else [name, *options], index=None, key=key, **words)
    else:
        st.text_input(key=key, placeholder="name", **words)


def _allowed_names(field: Field) -> list[str]:
    names = resolved(field.schema.get("propertyNames", {}), field.definitions)
    return list(names_of_choices(choices_of(names)))


def _add(place: Place, values: Schema, definitions: Schema, free: list[str]) -> None:
    held = _held(place)
    name = free[0] if free else ""
    if name in held:
        place.refuse("Name the empty row before adding another.")
        return
    place.replace({**held, name: start_value(values, definitions)})


def _remove(place: Place, name: str) -> None:
    place.replace({other: value for other, value in _held(place).items() if other != name})


def _rename(place: Place, key: str, old: str) -> None:
    new, held = st.session_state[key], _held(place)
    if new is None or (new in held and new != old):
        place.renew()
        place.refuse(f"There is {new!r} already; names are given once." if new else "A row needs a name.")
        return
    place.replace({new if name == old else name: value for name, value in held.items()})


def _held(place: Place) -> dict[str, JsonValue]:
    value = place.get()
    value = place.seed if value is UNSET else value
    return dict(value) if isinstance(value, dict) else {}
