"""The label of a field that has no widget of its own: a list, a mapping."""

from __future__ import annotations

import streamlit as st

from core.ui.markdown_text import escaped
from core.ui.params_form.field import Field

__all__ = ["draw_heading"]


def draw_heading(field: Field, note: str = "") -> None:
    """Draw the label with its tooltip, as a widget's label looks; nothing where it stands elsewhere already."""
    if field.is_bare:
        return
    st.markdown(f":small[{escaped(field.label)}]{f' :gray[:small[{escaped(note)}]]' if note else ''}", help=field.help)
