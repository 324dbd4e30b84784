"""The runs that wait or work now: how far they are, with a way to watch and to cancel each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from core.base.errors import QlopError
from core.services.runs import cancel_run
from core.services.unfinished_runs import UnfinishedRun, unfinished_runs
from core.ui.markdown_text import escaped
from core.ui.navigation import go_to
from core.ui.plain_text import heading, problem, problems_shown, quiet
from core.ui.run_columns import state_badge

if TYPE_CHECKING:
    from core.services.unfinished_runs import StepProgress
    from core.services.workbench import Workbench

__all__ = ["duration_in_words", "running_panel"]

_EVERY_S = 2.0
_FIRST_SEEN = "overview-unfinished"


def running_panel(workbench: Workbench) -> None:
    """Draw them; they are looked at every two seconds, and the page is drawn anew when one begins or ends."""

    @st.fragment(run_every=_EVERY_S)
    def panel() -> None:
        with problems_shown("The running runs cannot be read"):
            found = unfinished_runs(workbench)
            _redraw_page_on_change([run.run_id for run in found])
            if not found:
                st.markdown("Nothing runs now.")
            for run in found:
                _draw(workbench, run)

    st.session_state.pop(_FIRST_SEEN, None)
    panel()


def duration_in_words(seconds: float) -> str:
    """Return "45 s", "3 min 20 s" or "2 h 05 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _redraw_page_on_change(run_ids: list[str]) -> None:
    before = st.session_state.setdefault(_FIRST_SEEN, run_ids)
    if before != run_ids:
        st.session_state[_FIRST_SEEN] = run_ids
        st.rerun()


def _draw(workbench: Workbench, run: UnfinishedRun) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            heading(run.title or run.mode, f"running-{run.run_id}")
            state_badge(run.state)
            st.space("stretch")
            if st.button("Watch", key=f"watch-{run.run_id}", icon=":material/visibility:"):
                go_to("run", run=run.run_id)
            _draw_cancel(workbench, run)
        _draw_progress(run)


def _draw_progress(run: UnfinishedRun) -> None:
    progress = run.progress
    if progress is None:
        quiet(run.current_status, f"status-{run.run_id}")
        return
    counted = " · ".join(f"{one.step}: {_counted(one)}" for one in (progress, progress.part) if one is not None)
    if progress.is_done:
        then = progress.status_since or "at work on what follows"
        quiet(f"{counted}, done  ·  {then}", f"status-{run.run_id}")
        return
    left = "unknown" if progress.eta_s is None else f"about {duration_in_words(progress.eta_s)}"
    st.progress(progress.fraction or 0.0, text=f"{escaped(counted)}  ·  this step ends in: {left}")


def _counted(progress: StepProgress) -> str:
    total = f" of {progress.total:,.0f}" if progress.total else ""
    return f"{math.floor(progress.done):,}{total} {progress.unit}".strip()


def _draw_cancel(workbench: Workbench, run: UnfinishedRun) -> None:
    with st.popover("Cancel", icon=":material/cancel:"):
        st.markdown("The run and every process that it started end. What it has written stays.")
        if st.button("Cancel this run", key=f"cancel-{run.run_id}", type="primary"):
            try:
                with st.spinner("Cancelling the run", show_time=True):
                    cancel_run(workbench, run.run_id)
            except QlopError as error:
                problem("The run was not cancelled", str(error))
                return
            st.rerun()
