"""The screen of one run, from its head down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.base.errors import RunIdError
from core.services.run_tables import figure_table
from core.services.runs import RunDetails, list_runs, show_run
from core.ui.key_figures import key_figures
from core.ui.navigation import go_to
from core.ui.plain_text import heading, problem, problems_shown, quiet
from core.ui.run_columns import state_badge
from core.ui.run_console import run_console
from core.ui.run_view.actions import run_actions
from core.ui.run_view.results import run_results
from core.ui.run_view.trash import deleted_run
from core.ui.watching import redraw_on_change

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["run_view"]


def run_view(workbench: Workbench, named: str) -> None:
    """Draw the run that `named` means, an id or the beginning of one; say so where there is none."""
    try:
        run = show_run(workbench, named)
    except RunIdError as error:
        if not deleted_run(workbench, named):
            problem("There is no such run", str(error))
            _way_back()
        return
    _draw(workbench, run)
    if not run.row.record.has_ended:
        state = run.row.state
        redraw_on_change(lambda: _state_of(workbench, run.row.run_id), state)


def _draw(workbench: Workbench, run: RunDetails) -> None:
    record = run.row.record
    _draw_head(run)
    run_actions(workbench, run)
    if record.error:
        problem("Why it did not complete", record.error)
    is_console_first = run.row.state != "completed"
    if is_console_first:
        run_console(workbench, run.row.run_id)
    with problems_shown("The figures cannot be read"):
        figures = figure_table(workbench, run.row.run_id)
        key_figures(figures)
        run_results(workbench, run, figures, has_console=not is_console_first)


def _draw_head(run: RunDetails) -> None:
    row = run.row
    with st.container(horizontal=True, vertical_alignment="center"):
        heading(row.title or row.mode, "run")
        state_badge(row.state)
    facts = (
        row.mode,
        row.run_id,
        f"started {row.started} UTC" if row.started else "",
        row.duration and f"took {row.duration}",
    )
    quiet("  ·  ".join(fact for fact in facts if fact), "facts")
    if row.record.tags:
        quiet("Tags: " + ", ".join(row.record.tags), "tags")
    if row.record.notes:
        st.text(row.record.notes)


def _way_back() -> None:
    if st.button("Show all runs", icon=":material/history:", key="all-runs"):
        go_to("runs")


def _state_of(workbench: Workbench, run_id: str) -> str:
    found = list_runs(workbench, text=run_id, limit=1)
    return found[0].state if found else ""
