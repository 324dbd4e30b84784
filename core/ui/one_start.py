"""A button that starts something starts it once, however fast it is pressed.

A press that comes while the one before is being answered ends that answer, at its next word to the screen, and has one
of its own, in a thread of its own and at the same time. So the answers of one button wait for each other. What the
first has started is noted in the session, in an object that stands there before anything starts: to write into the
session afterwards would be too late, as an answer that is to end ends there.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, cast

import streamlit as st

from core.base.errors import RunIdError
from core.services.run_events import run_snapshot

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["has_ended", "may_start_again", "start_once"]

T = TypeVar("T")


def start_once(place: str, start: Callable[[], T], *, is_over: Callable[[T], bool] | None = None) -> T:
    """Call `start` and return its answer; for a press that follows on another one, only return the answer of that.

    Parameters
    ----------
    place : str
        What is pressed, and what it would start.
    start : callable
        Starts it; where it raises, the next press starts anew.
    is_over : callable, optional
        Whether what an answer names has come to its end, after which a press starts anew.
    """
    with st.spinner("Starting", show_time=True), _lock_of(place):
        noted = cast("list[T]", st.session_state.setdefault(_key(place), []))
        if noted and is_over is not None and is_over(noted[0]):
            noted.clear()
        if not noted:
            noted.append(start())
        return noted[0]


def may_start_again(place: str) -> None:
    """Have the next press count: the screen was drawn without one. Not while one is being answered."""
    lock = _lock_of(place)
    if lock.acquire(blocking=False):
        try:
            st.session_state.pop(_key(place), None)
        finally:
            lock.release()


def has_ended(workbench: Workbench, run_id: str) -> bool:
    """Whether a run that was started lives no more, or is gone."""
    try:
        return run_snapshot(workbench, run_id).has_ended
    except RunIdError:
        return True


@st.cache_resource(scope="session", show_spinner=False)
def _lock_of(place: str) -> Lock:
    del place  # each has its own
    return Lock()


def _key(place: str) -> str:
    return f"started-{place}"
