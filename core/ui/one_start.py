"""A button that starts something starts it once, however fast it is pressed.

A press that comes while the one before is being answered ends that answer and draws the screen anew, pressed again. So
what a press has started is noted in the session, in an object that stands there before anything starts: to write into
the session afterwards would be too late, as that is where the next press takes over.
"""

from __future__ import annotations

from collections.abc import Callable
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
    noted = cast("list[T]", st.session_state.setdefault(_key(place), []))
    if noted and is_over is not None and is_over(noted[0]):
        noted.clear()
    if not noted:
        noted.append(start())
    return noted[0]


def may_start_again(place: str) -> None:
    """Have the next press count: the screen was drawn without one."""
    st.session_state.pop(_key(place), None)


def has_ended(workbench: Workbench, run_id: str) -> bool:
    """Whether a run that was started lives no more, or is gone."""
    try:
        return run_snapshot(workbench, run_id).has_ended
    except RunIdError:
        return True


def _key(place: str) -> str:
    return f"started-{place}"
