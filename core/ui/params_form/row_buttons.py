"""The icon buttons of a row in a list or a mapping."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.ui.markdown_text import escaped
from core.ui.params_form.field import Field
from core.ui.style import ICON_ONLY

__all__ = ["add_button", "move_buttons", "remove_button"]


def move_buttons(field: Field, move: Callable[[int], None], *, is_first: bool, is_last: bool) -> None:
    """Draw what moves a row of a list up and down; `move` gets -1 or 1."""
    _icon(field, "up", "arrow_upward", f"Move {field.label} up", lambda: move(-1), is_disabled=is_first)
    _icon(field, "down", "arrow_downward", f"Move {field.label} down", lambda: move(1), is_disabled=is_last)


def remove_button(field: Field, remove: Callable[[], None], *, is_disabled: bool = False) -> None:
    """Draw what removes a row."""
    _icon(field, "remove", "delete", f"Remove {field.label}", remove, is_disabled=is_disabled)


def add_button(field: Field, add: Callable[[], None], *, is_disabled: bool = False) -> None:
    """Draw what adds a row to a list or a mapping."""
    st.button(
        f"Add to {escaped(field.label)}",
        key=field.key("add", is_within=False),
        icon=":material/add:",
        type="tertiary",
        on_click=add,
        disabled=field.is_disabled or is_disabled,
    )


def _icon(field: Field, part: str, icon: str, says: str, act: Callable[[], None], *, is_disabled: bool) -> None:
    """Draw a button that shows its icon; its label is read aloud, and the tooltip says it to the others."""
    key = field.key(part)
    with st.container(key=f"{ICON_ONLY}-{key}", width="content"):
        st.button(
            escaped(says),
            key=key,
            icon=f":material/{icon}:",
            type="tertiary",
            help=escaped(says),
            on_click=act,
            disabled=field.is_disabled or is_disabled,
        )
