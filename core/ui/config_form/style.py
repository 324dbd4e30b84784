"""The CSS of a form's two columns."""

from __future__ import annotations

import streamlit as st

__all__ = ["SIDE", "apply_form_style"]

SIDE = "config-side"

# The column beside the form stays in view while the form is longer than the window; on a narrow one it comes below.
_STYLE = f"""<style>
@media (min-width: 768px) {{
  [data-testid="stColumn"]:has([class*="st-key-{SIDE}"]) {{ position: sticky; top: 4rem; align-self: flex-start; }}
}}
</style>"""


def apply_form_style() -> None:
    """Add the style to the page; it takes up no room."""
    st.html(_STYLE)
