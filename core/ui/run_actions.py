"""What can be done with the runs that are chosen in a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.base.errors import QlopError
from core.services.run_again import run_again
from core.services.runs import delete_run, restore_run
from core.services.text_form import counted
from core.ui.config_form.cloning import clone_into_form
from core.ui.navigation import go_to
from core.ui.one_start import may_start_again, start_once
from core.ui.plain_text import problem, problems_shown
from core.ui.run_grid import forget_chosen_runs

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["run_actions", "show_undo"]

_DELETED = "runs-deleted-last"
_MOST_COMPARED = 10


def run_actions(workbench: Workbench, chosen: Sequence[str], *, are_deleted: bool) -> None:
    """Draw the buttons; those that do not fit the number of chosen runs are there, and off."""
    if are_deleted:
        if _button("Restore", ":material/restore_from_trash:", is_on=bool(chosen), key="restore"):
            _for_each(partial(restore_run, workbench), chosen, "cannot be restored")
            forget_chosen_runs()
            st.rerun()
        return
    can_compare = 2 <= len(chosen) <= _MOST_COMPARED
    if _button("Compare", ":material/compare_arrows:", is_on=can_compare, key="compare-chosen"):
        st.query_params["compare"] = ",".join(chosen)
        st.rerun()
    if _button("Rerun", ":material/replay:", is_on=bool(chosen), key="rerun"):
        _rerun(workbench, chosen)
    may_start_again(_rerun_of(chosen))
    if _button("Clone into the form", ":material/content_copy:", is_on=len(chosen) == 1, key="clone"):
        with problems_shown("The run cannot be cloned"):
            clone_into_form(workbench, chosen[0])
    # Another choice is another key, so that the question about the runs of before is closed.
    with st.popover("Delete", icon=":material/delete:", disabled=not chosen, key=f"delete-{' '.join(chosen)}"):
        st.markdown(f"{counted(len(chosen), 'run')} will go to the trash and can be restored from there.")
        if st.button(f"Delete {counted(len(chosen), 'run')}", key="delete-now", type="primary"):
            st.session_state[_DELETED] = _for_each(partial(delete_run, workbench), chosen, "cannot be deleted")
            forget_chosen_runs()
            st.rerun()


def show_undo(workbench: Workbench) -> None:
    """Draw what was deleted last, with the button that brings it back, until it is pressed or closed."""
    _show_failures()
    deleted = st.session_state.get(_DELETED)
    if not deleted:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/delete: {counted(len(deleted), 'run')} went to the trash.")
        if st.button("Undo", key="undo", icon=":material/undo:"):
            _for_each(partial(restore_run, workbench), deleted, "cannot be restored")
            del st.session_state[_DELETED]
            st.rerun()
        if st.button("Close", key="close-undo", type="tertiary"):
            del st.session_state[_DELETED]
            st.rerun()


def _button(label: str, icon: str, *, is_on: bool, key: str) -> bool:
    return st.button(label, icon=icon, disabled=not is_on, key=key)


def _rerun(workbench: Workbench, chosen: Sequence[str]) -> None:
    begun = start_once(_rerun_of(chosen), lambda: _begin_again(workbench, chosen))
    forget_chosen_runs()
    if len(begun) == 1:
        go_to("run", run=begun[0])
    st.rerun()


def _begin_again(workbench: Workbench, chosen: Sequence[str]) -> list[str]:
    begun: list[str] = []
    _for_each(lambda run_id: begun.append(run_again(workbench, run_id)), chosen, "cannot be started again")
    return begun


def _rerun_of(chosen: Sequence[str]) -> str:
    return f"rerun-{' '.join(chosen)}"


def _for_each(act: Callable[[str], object], run_ids: Sequence[str], failing: str) -> list[str]:
    done = []
    for run_id in run_ids:
        try:
            act(run_id)
        except QlopError as error:
            st.session_state.setdefault(_FAILURES, []).append((f"Run {run_id[:8]} {failing}", str(error)))
        else:
            done.append(run_id)
    return done


_FAILURES = "runs-failures"


def _show_failures() -> None:
    for title, text in st.session_state.pop(_FAILURES, []):
        problem(title, text)
