"""The few lines of CSS that the theme has no setting for."""

from __future__ import annotations

import streamlit as st

from core.ui.colors import shown_colors

__all__ = ["FIELD_PROBLEM", "HEADING", "ICON_ONLY", "NAMED_BY_FILE", "QUIET", "UNSEEN", "WAITING", "apply_style"]

FIELD_PROBLEM = "field-problem"
HEADING = "plain-heading"
ICON_ONLY = "icon-only"
NAMED_BY_FILE = "named-by-file"
QUIET = "quiet-text"
UNSEEN = "unseen"
WAITING = "waiting"

# A grid's own download writes cells as they are; core/services/table_export.py writes none that is a formula.
_STYLE = f"""<style>
[class*="st-key-{HEADING}"] h2 {{ font-size: 1.3rem; font-weight: 600; line-height: 1.3; margin: 0; padding: 0;
  overflow-wrap: anywhere; white-space: pre-wrap; }}
[class*="st-key-{QUIET}"] [data-testid="stText"] {{ font-size: 0.9rem; opacity: 0.7; }}
[class*="st-key-{FIELD_PROBLEM}"] [data-testid="stText"] {{ font-size: 0.9rem; }}
[class*="st-key-{ICON_ONLY}"] button [data-testid="stMarkdownContainer"],
[class*="st-key-{NAMED_BY_FILE}"] button strong {{
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }}
[data-testid="stText"] {{ overflow-wrap: anywhere; }}
[data-testid="stCaptionContainer"] {{ opacity: 0.75; }}
[data-testid="stMetricValue"] {{ font-variant-numeric: tabular-nums; }}
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-{UNSEEN}"]),
[data-testid="stElementContainer"]:has(> .stHtml > script) {{
  position: absolute; height: 0; overflow: hidden; }}
[data-testid="stLayoutWrapper"]:has(> .st-key-{WAITING}) {{ position: absolute; height: 0; }}
.st-key-{WAITING} {{ position: fixed; bottom: 1rem; right: 1rem; z-index: 99; width: auto;
  max-width: calc(100vw - 2rem); padding: 0.5rem 0.75rem; border: 1px solid; border-radius: 0.375rem; gap: 0.25rem; }}
.st-key-{WAITING}:not(:has([data-testid="stSpinner"], [data-testid="stCaptionContainer"])) {{ visibility: hidden; }}
.waiting-box {{ border-radius: 0.375rem; background: rgba(127, 140, 145, 0.12); margin-bottom: 1rem; }}
[data-testid="stHeading"] h1 {{ padding-top: 0.25rem; }}
[data-testid="stHeader"] {{ height: 2.75rem; min-height: 2.75rem; }}
[data-testid="stMainBlockContainer"] {{ padding-top: 3.25rem; }}
@media (min-width: 768px) {{ [data-testid="stMainBlockContainer"] {{ padding-left: 2rem; padding-right: 2rem; }} }}
[data-testid="stElementToolbarButton"]:has([aria-label^="Download as CSV"]) {{ display: none; }}
</style>"""


def apply_style() -> None:
    """Add the style to the page; it takes up no room."""
    colors = shown_colors()
    caption = '[data-testid="stCaptionContainer"]'
    primary = 'button[data-testid^="stBaseButton-primary"]:not(:disabled)'
    back, edge = colors.panel or "Canvas", colors.border or "GrayText"
    painted = (
        f'[class*="st-key-{FIELD_PROBLEM}"] [data-testid="stText"] * {{ color: {colors.loss or "red"}; }}\n'
        f".st-key-{WAITING} {{ background: {back}; border-color: {edge}; }}\n"
        # A caption's own colour is too faint for small text.
        f"{caption}, {caption} p {{ color: {colors.text or 'inherit'}; }}\n"
        # Streamlit writes white on the accent, whatever the accent is, and darkens it under the pointer.
        f"{primary} {{ color: {colors.on_accent or 'white'}; }}\n"
        f"{primary}:hover {{ background: color-mix(in srgb, {colors.accent or 'teal'} 85%, {colors.text or 'gray'}); }}"
    )
    st.html(_STYLE.replace("</style>", f"{painted}\n</style>"))
