"""The few lines of CSS that the theme has no setting for."""

from __future__ import annotations

import streamlit as st

from core.ui.colors import shown_colors

__all__ = ["FIELD_PROBLEM", "HEADING", "ICON_ONLY", "QUIET", "apply_style"]

FIELD_PROBLEM = "field-problem"
HEADING = "plain-heading"
ICON_ONLY = "icon-only"
QUIET = "quiet-text"

# A grid's own download writes cells as they are; core/services/table_export.py writes none that is a formula.
_STYLE = f"""<style>
[class*="st-key-{HEADING}"] [data-testid="stText"] {{ font-size: 1.3rem; font-weight: 600; line-height: 1.3; }}
[class*="st-key-{QUIET}"] [data-testid="stText"] {{ font-size: 0.9rem; opacity: 0.7; }}
[class*="st-key-{FIELD_PROBLEM}"] [data-testid="stText"] {{ font-size: 0.9rem; }}
[class*="st-key-{ICON_ONLY}"] button [data-testid="stMarkdownContainer"] {{
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }}
[data-testid="stText"] {{ overflow-wrap: anywhere; }}
[data-testid="stMetricValue"] {{ font-variant-numeric: tabular-nums; }}
[data-testid="stElementToolbarButton"]:has([aria-label^="Download as CSV"]) {{ display: none; }}
</style>"""


def apply_style() -> None:
    """Add the style to the page; it takes up no room."""
    red = f'[class*="st-key-{FIELD_PROBLEM}"] [data-testid="stText"] * {{ color: {shown_colors().loss or "red"}; }}'
    st.html(_STYLE.replace("</style>", f"{red}\n</style>"))
