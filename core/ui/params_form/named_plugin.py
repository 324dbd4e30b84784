"""A field that names a plugin, and the field beside it that holds that plugin's parameters.

In a schema the first bears `plugins` (each name's summary) and `params_field`, the second `params_of` and
`params_by_name` (where each plugin's own schema stands). `core.ui.config_form.nested_plugins` writes them.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from core.ui.option_words import option_words
from core.ui.params_form.field import Field
from core.ui.params_form.form_state import state_of
from core.ui.params_form.place import Place, Unset

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["draw_plugin_name"]


def draw_plugin_name(field: Field) -> None:
    """Draw the plugins to pick from, each with what it is; one that is not there stays until another is picked."""
    plugins: Mapping[str, str] = field.schema["plugins"]
    held = field.shown if isinstance(field.shown, str) and field.shown else None
    options = [*plugins] if held is None or held in plugins else [held, *plugins]
    key = field.filled(held)
    st.selectbox(
        options=options,
        index=None if held is None else 0,
        key=key,
        format_func=lambda name: option_words(name, plugins[name]) if name in plugins else f"{name} (not found)",
        placeholder="Choose one",
        on_change=_switch,
        args=(field.place, key, held, field.schema.get("params_field")),
        **field.words,
    )


def _switch(place: Place, key: str, old: str | None, params_field: str | None) -> None:
    """Write the name; its parameters take the place of the old plugin's, which come back when that is picked again."""
    new: JsonValue = st.session_state[key]
    if new is None:
        place.drop()
    else:
        place.put(new)
    if place.outer is None or params_field is None:
        return
    params, kept = place.outer.child(params_field), state_of(place.form)["kept"]
    typed = params.get()
    if old is not None and not isinstance(typed, Unset):
        kept[f"{params.key}#{old}"] = copy.deepcopy(typed)
    params.replace(kept.pop(f"{params.key}#{new}", {}))
