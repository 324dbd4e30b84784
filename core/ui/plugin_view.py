"""How the list of plugins and one plugin are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.colors import pale, shown_colors
from core.ui.plain_text import monospace, problem, without_marks
from core.ui.tables import choice_table, reading_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

__all__ = ["parameter_rows", "plugin_choice", "plugin_trouble", "status_badge"]

_BADGES: dict[str, tuple[str, Any]] = {
    "available": (":material/check_circle:", "primary"),
    "broken": (":material/error:", "red"),
    "duplicate": (":material/content_copy:", "orange"),
    "incompatible": (":material/update:", "orange"),
    "disabled": (":material/block:", "gray"),
}


def plugin_choice(
    table: pd.DataFrame, keys: Sequence[str], *, chosen: str | None, choose: Callable[[str], None]
) -> None:
    """Draw the list of plugins.

    Parameters
    ----------
    table : DataFrame
        As `plugin_table` returns it, one plugin or more.
    keys, chosen, choose
        As `choice_table` takes them.
    """
    colors = shown_colors()
    by_status = {
        "available": colors.accent,
        "broken": colors.loss,
        "duplicate": colors.warning,
        "incompatible": colors.warning,
        "disabled": colors.muted,
    }
    config = st.column_config
    columns = {
        "status": config.MultiselectColumn(
            "Status", options=list(by_status), color=[pale(color) for color in by_status.values()], width=105
        ),
        "kind": config.TextColumn("Kind"),
        "name": config.TextColumn("Name"),
        "version": config.TextColumn("Version", width=70),
        "origin": config.TextColumn("Origin", width=190),
        "summary": config.TextColumn("What it is", width="large"),
    }
    drawn = table.assign(
        status=table["status"].map(lambda status: [status]), summary=table["summary"].map(without_marks)
    )
    choice_table(drawn, keys, chosen=chosen, choose=choose, columns=columns, name="Plugins")


def status_badge(status: str) -> None:
    """Draw whether a plugin can be used; `status` is one of the registry's."""
    icon, color = _BADGES[status]
    st.badge(status, icon=icon, color=color)


def parameter_rows(table: pd.DataFrame) -> None:
    """Draw parameters, as `parameter_table` returns them."""
    if table.empty:
        st.markdown("No parameters.")
        return
    config = st.column_config
    columns = {
        "parameter": config.TextColumn("Parameter"),
        "type": config.TextColumn("Type"),
        "default": config.TextColumn("Default"),
        "allowed": config.TextColumn("Allowed"),
        "description": config.TextColumn("Meaning", width="large"),
    }
    drawn = table.assign(description=table["description"].map(without_marks))
    reading_table(drawn, columns=columns, name="Parameters")


def plugin_trouble(text: str, traceback: str) -> None:
    """Draw why a plugin cannot be used, and the traceback of its import, folded."""
    problem("It cannot be used", text)
    if traceback:
        with st.expander("Traceback"):
            monospace(traceback)
