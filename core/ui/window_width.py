"""Whether the window is narrow, such as a phone's: a grid cannot ask for that itself, and shows what fits by it."""

from __future__ import annotations

import streamlit as st

from core.ui.style import UNSEEN

__all__ = ["is_narrow", "watch_width"]

_KEY = "window-width"
# It speaks only when what it sees is not what was said last: a wide window costs no drawing.
_COMPONENT = st.components.v2.component(
    "qlop_window_width",
    js="""
export default function ({ data, setStateValue }) {
  const narrow = window.matchMedia("(max-width: 640px)");
  let said = data.is_narrow;
  const tell = () => {
    if (narrow.matches !== said) setStateValue("is_narrow", (said = narrow.matches));
  };
  narrow.addEventListener("change", tell);
  tell();
  return () => narrow.removeEventListener("change", tell);
}
""",
)


def is_narrow() -> bool:
    """Return whether the viewer's window was narrow when it was last looked at; at first it is taken for wide."""
    return bool((st.session_state.get(_KEY) or {}).get("is_narrow"))


def watch_width() -> None:
    """Have the page drawn anew when its window becomes narrow or wide; once a page."""
    with st.container(key=UNSEEN):
        _COMPONENT(key=_KEY, data={"is_narrow": is_narrow()}, on_is_narrow_change=_nothing)


def _nothing() -> None:
    """Ask for nothing more than that the page is drawn."""
