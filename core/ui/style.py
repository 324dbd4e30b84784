"""The few lines of CSS that the theme has no setting for."""

from __future__ import annotations

import streamlit as st

__all__ = ["HEADING", "QUIET", "apply_style"]

HEADING = "plain-heading"
QUIET = "quiet-text"

_STYLE = f"""<style>
[class*="st-key-{HEADING}"] [data-testid="stText"] {{ font-size: 1.3rem; font-weight: 600; line-height: 1.3; }}
[class*="st-key-{QUIET}"] [data-testid="stText"] {{ font-size: 0.9rem; opacity: 0.7; }}
[data-testid="stText"] {{ overflow-wrap: anywhere; }}
[data-testid="stMetricValue"] {{ font-variant-numeric: tabular-nums; }}
</style>"""


def apply_style() -> None:
    """Add the style to the page; it takes up no room."""
    st.html(_STYLE)
