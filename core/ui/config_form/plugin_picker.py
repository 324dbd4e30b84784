"""A picker of plugins, and the form of the one that is picked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.plugin.plugin_info import PluginStatus
from core.ui.catalog import find_plugin, plugins_to_pick, reload_plugins
from core.ui.config_form.form_context import FormContext
from core.ui.option_words import option_words
from core.ui.plain_text import problem, quiet, without_marks

if TYPE_CHECKING:
    from core.plugin.plugin_info import PluginInfo

__all__ = ["add_picker", "picked_params", "plugin_section", "problem_line"]

_NONE = ""
_Path = tuple[str | int, ...]


def plugin_section(
    context: FormContext, path: _Path, kind: str, stem: str, values: Mapping[str, Any], *, label: str, optional: bool
) -> dict[str, Any] | None:
    """Draw a picker and the picked plugin's form.

    Parameters
    ----------
    context : FormContext
        The form's.
    path : tuple
        Where the section stands in the config.
    kind, stem : str
        Which plugins fit; `<stem>_type` and `<stem>_params` are the fields.
    values : mapping
        The section as the draft holds it; empty where it is left out.
    label : str
        What is picked.
    optional : bool
        Whether nothing may be picked.

    Returns
    -------
    dict or None
        The two fields; None where nothing is picked.
    """
    chosen = values.get(f"{stem}_type")
    plugins = plugins_to_pick(context.workbench, kind)
    names = _options(plugins, chosen)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        picked = st.selectbox(
            label,
            [_NONE, *names] if optional else names,
            index=names.index(chosen) + int(optional) if chosen in names else 0 if optional else None,
            key=context.key(*path, "pick"),
            format_func=lambda name: _shown(name, plugins),
            placeholder="Choose one",
        )
        _reload_button(context, path)
    if not picked:
        _draw_problems(context, path)
        return None
    params = values.get(f"{stem}_params") if picked == chosen else None
    given = picked_params(context, path, kind, stem, picked, params or {})
    return {f"{stem}_type": picked, f"{stem}_params": given}


def picked_params(
    context: FormContext, path: _Path, kind: str, stem: str, name: str, params: Mapping[str, Any], *owner: str | int
) -> dict[str, Any]:
    """Draw what a plugin is and its form; return what is typed there.

    `owner` identifies what has the form where that is not the place in the config, which changes in a list.
    """
    plugin = find_plugin(context.workbench, kind, name)
    key = context.key(*(owner or path), name)
    if plugin is None or plugin.status in {PluginStatus.BROKEN, PluginStatus.INCOMPATIBLE, PluginStatus.DISABLED}:
        problem("It cannot be used", plugin.problem if plugin else f"No plugin is named {name}.")
        return dict(params)
    quiet(without_marks(plugin.summary), f"{key}-summary")
    _draw_problems(context, (*path, f"{stem}_type"))
    return context.form((*path, f"{stem}_params"), plugin.schema, key, params)


def add_picker(context: FormContext, place: str, kind: str, *, label: str, add: Callable[[str], None]) -> None:
    """Draw a picker; what is picked is added at once, by calling `add` with its name."""
    plugins = plugins_to_pick(context.workbench, kind)
    key = context.key(place, "add", context.state["last_id"])

    def picked() -> None:
        name = st.session_state[key]
        if name:
            add(name)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            label,
            [plugin.name for plugin in plugins if plugin.status is PluginStatus.AVAILABLE],
            index=None,
            key=key,
            format_func=lambda name: _shown(name, plugins),
            placeholder="Choose one to add",
            on_change=picked,
        )
        _reload_button(context, (place,))


def _options(plugins: Sequence[PluginInfo], chosen: str | None) -> list[str]:
    names = list(
        dict.fromkeys(
            plugin.qualified_name if plugin.status is PluginStatus.DUPLICATE else plugin.name for plugin in plugins
        )
    )
    return names if chosen is None or chosen in names else [chosen, *names]


def _shown(name: str, plugins: Sequence[PluginInfo]) -> str:
    if name == _NONE:
        return "Not used"
    plugin = next((plugin for plugin in plugins if name in {plugin.name, plugin.qualified_name}), None)
    if plugin is None:
        return f"{name} (not found)"
    if plugin.status not in {PluginStatus.AVAILABLE, PluginStatus.DUPLICATE}:
        return f"{name} ({plugin.status.value}: {plugin.problem})"
    return option_words(name, plugin.summary)


def _reload_button(context: FormContext, path: _Path) -> None:
    st.button(
        "",
        key=context.key(*path, "reload"),
        icon=":material/refresh:",
        help="Look for plugins again",
        on_click=reload_plugins,
        type="tertiary",
    )


def _draw_problems(context: FormContext, path: _Path) -> None:
    for found in context.problems_at(path):
        if not found.path:
            problem_line(found.message)


def problem_line(message: str) -> None:
    """Draw what is wrong with what stands above."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(":red[:material/error:]", width="content")
        st.text(message)
