"""What a page shows before its contents are read: pale boxes in its shape, and words that say what is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from core.base.errors import QlopError
from core.ui.long_fill_told import long_fill_told
from core.ui.style import WAITING

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

__all__ = ["emptied_on_error", "told_in_view", "waiting_boxes"]

_BOX = '<div class="waiting-box" style="height: {}px" aria-hidden="true"></div>'


def waiting_boxes(*heights: int) -> None:
    """Draw one box below the other, each as many pixels high; whoever listens hears that something is read."""
    st.html(f'<div role="status" aria-label="Loading">{"".join(map(_BOX.format, heights))}</div>')


@contextmanager
def emptied_on_error(place: DeltaGenerator) -> Iterator[None]:
    """Leave nothing at `place`, an `st.empty`, where the block ends in a QlopError: nothing will stand there."""
    try:
        yield
    except QlopError:
        place.empty()
        raise


@contextmanager
def told_in_view(words: str) -> Iterator[None]:
    """Draw what the block draws and, once that takes longer than half a second, `words` and the time.

    They stand in the window's lower corner, above what a rerun has not yet replaced: below it nobody would see them.
    """
    body, corner = st.container(), st.container(key=WAITING)
    with ExitStack() as told:
        with corner:
            told.enter_context(st.spinner(words, show_time=True))
            told.enter_context(long_fill_told(st.empty()))
        with body:
            yield
