"""Lists, sets and tuples: a row for each entry, with buttons that move, remove and add."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.ui.markdown_text import escaped
from core.ui.params_form.choice_widgets import draw_choices
from core.ui.params_form.field import Field
from core.ui.params_form.field_heading import draw_heading
from core.ui.params_form.field_shape import Kind, Schema, choices_of, kind_of, resolved
from core.ui.params_form.field_words import entry_label
from core.ui.params_form.place import UNSET, Place
from core.ui.params_form.row_buttons import add_button, move_buttons, remove_button
from core.ui.params_form.start_value import start_value

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["draw_list", "draw_tuple", "is_framed", "is_picker"]

_FRAMED: frozenset[Kind] = frozenset({"group", "tagged", "union", "mapping", "list", "tuple", "optional", "json"})

_MOST_ON_A_LINE = 3


def draw_list(field: Field) -> None:
    """Draw the entries below each other; entries to be picked from a few values as one picker."""
    items = resolved(field.schema["items"], field.definitions)
    held = _entries(field)
    if is_picker(field):
        draw_choices(field, items)
        return
    draw_heading(field, "" if held else "none")
    for index in range(len(held)):
        _draw_row(field, items, index, held)
    add = partial(_add, field.place, items, field.definitions)
    most = field.schema.get("maxItems")
    add_button(field, add, is_disabled=most is not None and len(held) >= most)


def draw_tuple(field: Field) -> None:
    """Draw a tuple of a fixed length: its entries side by side where they are short."""
    draw_heading(field)
    held, items = _entries(field), [resolved(item, field.definitions) for item in field.schema["prefixItems"]]
    is_short = all(kind_of(item) not in _FRAMED for item in items)
    seed: list[JsonValue] = [*held, *(start_value(item, field.definitions) for item in items[len(held) :])]
    place = replace(field.place, seed=seed)
    with st.container(horizontal=is_short):
        for index, item in enumerate(items):
            part = replace(field, place=place).part(index, item, entry_label(field.label, index + 1), seed[index])
            field.draw(replace(part, is_bare=is_short))


def is_framed(part: Field) -> bool:
    """Whether an entry of a list or a mapping takes a frame of its own: it is more than a line."""
    if part.kind == "tuple":
        items = [resolved(item, part.definitions) for item in part.schema["prefixItems"]]
        return len(items) > _MOST_ON_A_LINE or any(kind_of(item) in _FRAMED for item in items)
    return part.kind in _FRAMED


def _draw_row(field: Field, items: Schema, index: int, held: list[JsonValue]) -> None:
    part = _listed(field).part(index, items, entry_label(field.label, index + 1), held[index])
    bare = replace(part, is_bare=True)
    is_block = is_framed(part)
    with st.container(border=is_block):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            if is_block:
                st.markdown(f"**{escaped(part.label)}**", width="stretch")
            else:
                field.draw(bare)
            _draw_buttons(field, part, index, len(held))
        if is_block:
            field.draw(bare)


def _draw_buttons(field: Field, part: Field, index: int, count: int) -> None:
    least = int(field.schema.get("minItems", 0))
    with st.container(horizontal=True, width="content", horizontal_alignment="right", gap=None):
        move = partial(_move, field.place, index)
        move_buttons(part, move, is_first=index == 0, is_last=index == count - 1)
        remove_button(part, partial(_remove, field.place, index), is_disabled=count <= least)


def _listed(field: Field) -> Field:
    """Return the field with an empty list as its default if it has none, so that a first entry has where to go."""
    return replace(field, place=replace(field.place, seed=field.default if isinstance(field.default, list) else []))


def _entries(field: Field) -> list[JsonValue]:
    return field.shown if isinstance(field.shown, list) else []


def is_picker(field: Field) -> bool:
    """Whether a list is drawn as one picker: its entries come from a few values, and none is in it twice."""
    held, choices = _entries(field), choices_of(resolved(field.schema["items"], field.definitions))
    can_hold = all(entry in choices for entry in held) and all(held.count(entry) == 1 for entry in held)
    return bool(choices) and can_hold and field.schema.get("widget") != "rows"


def _add(place: Place, items: Schema, definitions: Schema) -> None:
    held = _held(place)
    held.append(start_value(items, definitions))
    place.replace(held)


def _remove(place: Place, index: int) -> None:
    held = _held(place)
    del held[index]
    place.replace(held)


def _move(place: Place, index: int, by: int) -> None:
    held = _held(place)
    held[index], held[index + by] = held[index + by], held[index]
    place.replace(held)


def _held(place: Place) -> list[JsonValue]:
    value = place.get()
    value = place.seed if value is UNSET else value
    return list(value) if isinstance(value, list) else []
