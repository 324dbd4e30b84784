"""Screens that follow what happens outside of them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.base.errors import QlopError

__all__ = ["redraw_on_change"]

_EVERY_S = 3.0


def redraw_on_change(look: Callable[[], object], seen: object) -> None:
    """Look again every few seconds, and draw the page anew when it is no longer what was `seen`.

    Parameters
    ----------
    look : callable
        Cheap, and changes nothing; what it returns is compared with `seen`. Where it raises a QlopError the page stays
        as it is.
    """
    is_drawn_now = True

    @st.fragment(run_every=_EVERY_S)
    def watch() -> None:
        nonlocal is_drawn_now
        if is_drawn_now:
            # What the page drew a moment ago is not looked at a second time.
            is_drawn_now = False
            return
        try:
            has_changed = look() != seen
        except QlopError:
            return
        if has_changed:
            st.rerun()

    watch()
