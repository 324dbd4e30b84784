"""A field that may be null: a switch, and the field itself while it is on."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.ui.params_form.field import Field
from core.ui.params_form.field_problems import draw_problems
from core.ui.params_form.field_shape import Schema, nullable, resolved
from core.ui.params_form.form_state import state_of
from core.ui.params_form.place import UNSET, Place, Unset
from core.ui.params_form.start_value import start_value

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["draw_optional"]


def draw_optional(field: Field) -> None:
    """Draw the switch that says whether the field is set; what was typed comes back when it is switched on again."""
    inner = resolved(nullable(field.schema), field.definitions)
    is_set = field.value is not None and field.value is not UNSET
    key = field.filled(is_set, "set", is_within=False)
    st.toggle(
        key=key,
        **field.words,
        on_change=_switch,
        args=(field.place, key, inner, field.definitions),
    )
    if is_set:
        field.draw(replace(field, schema=inner, is_bare=True, is_required=False))
    else:
        draw_problems(field)


def _switch(place: Place, key: str, inner: Schema, definitions: Schema) -> None:
    kept = state_of(place.form)["kept"]
    if st.session_state[key]:
        place.replace(kept.pop(place.key) if place.key in kept else _first_value(place, inner, definitions))
        return
    held = place.get()
    if held is not None and not isinstance(held, Unset):
        kept[place.key] = copy.deepcopy(held)
    if place.seed is None:
        place.drop()
        place.renew()
    else:
        place.replace(None)


def _first_value(place: Place, inner: Schema, definitions: Schema) -> JsonValue:
    if place.seed is None or isinstance(place.seed, Unset):
        return start_value(inner, definitions)
    return copy.deepcopy(place.seed)
