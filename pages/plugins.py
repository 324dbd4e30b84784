"""Plugins: everything that can be picked, what it takes, and what is wrong with it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.services.parameter_table import parameter_table
from core.services.plugin_catalog import PluginShown
from core.services.plugin_tables import plugin_key, plugin_table
from core.services.scaffold import scaffold_command
from core.services.workbench import Workbench, open_workbench
from core.ui.address import chosen_in_address, keep_in_address
from core.ui.catalog import all_plugins, plugin_notices, reload_plugins
from core.ui.conformance_view import conformance_panel
from core.ui.plain_text import heading, monospace, notice, problems_shown, prose, quiet
from core.ui.plugin_view import parameter_rows, plugin_choice, plugin_trouble, status_badge


def main() -> None:
    """Draw the screen."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title("Plugins", anchor=False)
        # Before the script begins: the navigation lists modes too.
        st.button(
            "Reload",
            icon=":material/refresh:",
            help="Look for new, changed and removed plugins.",
            on_click=reload_plugins,
        )
    with problems_shown("The plugins cannot be listed"):
        workbench = open_workbench()
        for text in plugin_notices(workbench):
            notice("A folder of plugins is left out", text)
        everything = {plugin_key(plugin): PluginShown(plugin) for plugin in all_plugins(workbench)}
        _draw_list_and_plugin(workbench, everything)


def _draw_list_and_plugin(workbench: Workbench, everything: dict[str, PluginShown]) -> None:
    kinds = list(dict.fromkeys(shown.plugin.kind for shown in everything.values()))
    kind = st.pills("Kind", kinds, key="kind", label_visibility="collapsed", bind="query-params")
    listed = {key: shown for key, shown in everything.items() if kind in {None, shown.plugin.kind}}
    picked = chosen_in_address("plugin")
    chosen = picked or next(iter(listed), None)
    table = plugin_table([shown.plugin for shown in listed.values()])
    plugin_choice(table, list(listed), chosen=chosen, choose=partial(keep_in_address, "plugin"))
    if chosen in everything:
        _draw_plugin(workbench, everything[chosen])
    elif chosen:
        notice("No such plugin", f"The address names {chosen}, which is not there. Choose one from the list.")
    _say_how_to_write_one(kind or "models")


def _draw_plugin(workbench: Workbench, shown: PluginShown) -> None:
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
        plugin.load_seconds and f"imported in {1000 * plugin.load_seconds:,.0f} ms",
    )
    quiet("  ·  ".join((*filter(None, facts), *plugin.capabilities)), "facts")
    if plugin.problem:
        plugin_trouble(plugin.problem, plugin.traceback)
    if plugin.documentation:
        prose(plugin.documentation)
    if plugin.class_name:
        st.subheader("Parameters", anchor=False)
        parameter_rows(parameter_table(plugin.schema))
    if not plugin.problem:
        st.subheader("Contract", anchor=False)
        conformance_panel(workbench, shown)


def _say_how_to_write_one(kind: str) -> None:
    st.space("small")
    with st.expander("Write one of your own", icon=":material/add:"):
        st.markdown("This writes a plugin that works as it stands and keeps its contract, to be changed into yours:")
        monospace(scaffold_command(kind, "my_own"), language="bash")
        st.markdown(
            "It says where the file lies and how to let it run. Press Reload here when it is there; after each change "
            "of a trusted folder, trust it again."
        )


main()
