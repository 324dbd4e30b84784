"""What the browser's tab is called: the screen and, where one is looked at, the run."""

from __future__ import annotations

import streamlit as st

__all__ = ["name_tab"]

_PRODUCT = "QLOP"
_LONGEST = 60


def name_tab(*parts: str) -> None:
    """Call the tab after `parts`, anybody's text, the first of which is cut where it is long."""
    first = " ".join(parts[0].split()) if parts else ""
    shown = first if len(first) <= _LONGEST else f"{first[: _LONGEST - 1]}…"
    st.set_page_config(page_title=" · ".join(part for part in (shown, *parts[1:], _PRODUCT) if part))
