"""Plugins: everything that can be picked, what it takes, and what is wrong with it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.services.parameter_table import parameter_table
from core.services.plugin_catalog import PluginShown, list_plugins
from core.services.plugin_tables import plugin_key, plugin_table
from core.ui.address import chosen_in_address, keep_in_address
from core.ui.plain_text import heading, notice, problems_shown, prose, quiet
from core.ui.plugin_view import parameter_rows, plugin_choice, plugin_trouble, status_badge


def main() -> None:
    """Draw the screen."""
    st.title("Plugins", anchor=False)
    with problems_shown("The plugins cannot be listed"):
        found = list_plugins(None)
        for text in found.notices:
            notice("A folder of plugins is left out", text)
        _draw_list_and_plugin({plugin_key(plugin): PluginShown(plugin) for plugin in found.plugins})


def _draw_list_and_plugin(everything: dict[str, PluginShown]) -> None:
    kinds = list(dict.fromkeys(shown.plugin.kind for shown in everything.values()))
    kind = st.pills("Kind", kinds, key="kind", label_visibility="collapsed", bind="query-params")
    listed = {key: shown for key, shown in everything.items() if kind in {None, shown.plugin.kind}}
    picked = chosen_in_address("plugin")
    chosen = picked or next(iter(listed), None)
    table = plugin_table([shown.plugin for shown in listed.values()])
    plugin_choice(table, list(listed), chosen=chosen, choose=partial(keep_in_address, "plugin"))
    if chosen in everything:
        _draw_plugin(everything[chosen])
    elif chosen:
        notice("No such plugin", f"The address names {chosen}, which is not there. Choose one from the list.")


def _draw_plugin(shown: PluginShown) -> None:
    plugin = shown.plugin
    st.space("small")
    with st.container(horizontal=True, vertical_alignment="center"):
        heading(plugin.name, "plugin")
        status_badge(plugin.status.value)
    facts = (
        plugin.kind,
        plugin.version,
        plugin.origin.shown,
        plugin.requires_qlop and f"needs QLOP {plugin.requires_qlop}",
    )
    quiet("  ·  ".join((*filter(None, facts), *plugin.capabilities)), "facts")
    if plugin.problem:
        plugin_trouble(plugin.problem, plugin.traceback)
    if plugin.documentation:
        prose(plugin.documentation)
    if plugin.class_name:
        st.subheader("Parameters", anchor=False)
        parameter_rows(parameter_table(plugin.schema))


main()
