"""A list of plugins to add to, to take from and to put in order: feature steps, baselines, sinks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from core.base.validation import FieldProblem
from core.ui.config_form.drafts import ids_of, new_id
from core.ui.config_form.form_context import FormContext
from core.ui.config_form.plugin_picker import add_picker, picked_params, problem_line
from core.ui.markdown_text import escaped

__all__ = ["EntryList", "plugin_entries"]

_Path = tuple[str | int, ...]
_Entries = list[dict[str, Any]]


@dataclass(frozen=True)
class EntryList:
    """A list of the config.

    Attributes
    ----------
    place : str
        Its own name in the form.
    kind, stem : str
        Which plugins fit; `<stem>_type` and `<stem>_params` are an entry's fields.
    label : str
        What is added.
    has_names : bool
        Whether each entry has a `name` of its own.
    path_of : callable
        Where the entry at a position, with its name, stands in the config.
    """

    place: str
    kind: str
    stem: str
    label: str
    has_names: bool
    path_of: Callable[[int, str], _Path]


def plugin_entries(context: FormContext, shape: EntryList, entries: _Entries) -> _Entries:
    """Draw the entries and the picker below them; return them as they are now."""
    ids = ids_of(context.state, shape.place, len(entries))
    _do_what_was_asked(context, shape, entries, ids)
    for position, entry_id in enumerate(ids):
        _draw_entry(context, shape, entries, position, entry_id)
    add_picker(context, shape.place, shape.kind, label=shape.label, add=partial(_ask, context, shape, "add", 0))
    return entries


def _ask(context: FormContext, shape: EntryList, what: str, position: int, plugin: str = "") -> None:
    """Note what a button asks for; it is done before the list is drawn again."""
    st.session_state[context.key(shape.place, "asked")] = (what, position, plugin)


def _do_what_was_asked(context: FormContext, shape: EntryList, entries: _Entries, ids: list[int]) -> None:
    what, position, plugin = st.session_state.pop(context.key(shape.place, "asked"), ("", 0, ""))
    if what == "remove":
        del entries[position], ids[position]
    elif what in {"up", "down"}:
        to = position + (1 if what == "down" else -1)
        for items in (entries, ids):
            items[position], items[to] = items[to], items[position]
    elif what == "add":
        entry = {f"{shape.stem}_type": plugin, f"{shape.stem}_params": {}}
        entries.append({"name": _free_name(plugin, entries), **entry} if shape.has_names else entry)
        ids.append(new_id(context.state))
        context.state["unfolded"].append(f"{shape.place}-{ids[-1]}")


def _draw_entry(context: FormContext, shape: EntryList, entries: _Entries, position: int, entry_id: int) -> None:
    entry = entries[position]
    name, plugin = str(entry.get("name", "")), str(entry.get(f"{shape.stem}_type", ""))
    path = shape.path_of(position, name)
    key = context.key(shape.place, entry_id)
    n_problems = len(context.problems_at(path))
    title = context.head(lambda: _title(str(entry.get("name", "")), plugin, n_problems))
    with context.folded(title, shape.place, entry_id, is_within=True) as is_unfolded:
        if not is_unfolded:
            return
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            if shape.has_names:
                _name_field(context, entries, entry, path, key)
            _buttons(context, shape, len(entries), position, key)
        for found in context.problems_at(path):
            if not found.path or found.path == ("name",):
                problem_line(found.message)
        params_field, owner = f"{shape.stem}_params", (shape.place, entry_id)
        params = entry.get(params_field) or {}
        entry[params_field] = picked_params(context, path, shape.kind, shape.stem, plugin, params, *owner)


def _title(name: str, plugin: str, n_problems: int) -> str:
    shown = f"**{escaped(name)}** · {escaped(plugin)}" if name else f"**{escaped(plugin)}**"
    return f"{shown} :red-badge[{n_problems}]" if n_problems else shown


def _name_field(context: FormContext, entries: _Entries, entry: dict[str, Any], path: _Path, key: str) -> None:
    typed = st.text_input("Name", value=str(entry.get("name", "")), key=f"{key}-name", max_chars=60)
    if any(typed == other.get("name") for other in entries if other is not entry):
        told = f"name: another entry is named {typed!r}; give each its own."
        context.refused.append(FieldProblem((*path, "name"), told))
    else:
        entry["name"] = typed


def _buttons(context: FormContext, shape: EntryList, count: int, position: int, key: str) -> None:
    buttons = (
        ("up", ":material/arrow_upward:", "Move up", position == 0),
        ("down", ":material/arrow_downward:", "Move down", position == count - 1),
        ("remove", ":material/delete:", "Remove", False),
    )
    for what, icon, told, is_idle in buttons:
        asked = partial(_ask, context, shape, what, position)
        st.button("", key=f"{key}-{what}", icon=icon, help=told, on_click=asked, disabled=is_idle, type="tertiary")


def _free_name(plugin: str, entries: _Entries) -> str:
    taken = {entry.get("name") for entry in entries}
    if plugin not in taken:
        return plugin
    return next(f"{plugin}_{number}" for number in range(2, len(entries) + 3) if f"{plugin}_{number}" not in taken)
