"""Pale boxes where something is about to stand: the page has its shape before its contents are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from core.base.errors import QlopError

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

__all__ = ["emptied_on_error", "waiting_boxes"]

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
