"""The screen of one run, from its head down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.base.errors import QlopError, RunIdError
from core.services.plugin_slots import PLUGIN_SECTIONS
from core.services.run_tables import figure_table
from core.services.runs import RunDetails, list_runs, show_run
from core.ui.key_figures import key_figures
from core.ui.moments import shown_moment
from core.ui.navigation import go_to
from core.ui.page_title import name_tab
from core.ui.plain_text import heading, problem, problems_shown, quiet
from core.ui.run_columns import state_badge
from core.ui.run_console import run_console
from core.ui.run_view.actions import run_actions
from core.ui.run_view.results import run_results
from core.ui.run_view.trash import deleted_run
from core.ui.tear_sheet.reading import remembered_tear_sheet
from core.ui.tear_sheet.spark_lines import spark_lines
from core.ui.watching import redraw_on_change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.services.workbench import Workbench

__all__ = ["run_view", "used_plugins"]

_PARTS = ("head", "reason", "console", "tiles", "results")


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
    # Every part has its place whatever the run's state: one that comes or goes moves no other out of its own.
    head, reason, console, tiles, results = (st.container(key=f"run-{part}") for part in _PARTS)
    with head:
        _draw_head(run)
        run_actions(workbench, run)
    if run.row.record.error:
        with reason:
            problem("Why it did not complete", run.row.record.error)
    is_console_first = run.row.state != "completed"
    with console:
        if is_console_first:
            run_console(workbench, run.row.run_id)
        else:
            st.empty()  # takes away at once what a living run had here
    with results, problems_shown("The figures cannot be read"):
        figures = figure_table(workbench, run.row.run_id)
        with tiles:
            key_figures(figures, _lines(workbench, run))
        run_results(workbench, run, figures, has_console=not is_console_first)


def _lines(workbench: Workbench, run: RunDetails) -> dict[str, list[float]]:
    if "equity" not in run.artifacts:
        return {}
    try:
        sheet = remembered_tear_sheet(workbench, run.row.run_id, n_artifacts=len(run.artifacts))
    except QlopError:
        return {}  # the tear sheet says what is wrong
    return {} if sheet is None else spark_lines(sheet)


def _draw_head(run: RunDetails) -> None:
    row = run.row
    name_tab(row.title or row.mode, row.state)
    with st.container(horizontal=True, vertical_alignment="center"):
        heading(row.title or row.mode, "run")
        state_badge(row.state)
    facts = (
        row.mode,
        *used_plugins(run.folder.config()),
        row.run_id,
        f"started {shown_moment(row.record.started_at)}" if row.record.started_at else "",
        row.duration and f"took {row.duration}",
    )
    quiet("  ·  ".join(fact for fact in facts if fact), "facts")
    if row.record.tags:
        quiet("Tags: " + ", ".join(row.record.tags), "tags")
    if row.record.notes:
        st.text(row.record.notes)


def used_plugins(config: Mapping[str, Any]) -> list[str]:
    """Return what tells runs of one title apart: the model, the strategy, the format of an export."""
    sections = ("export",) if config.get("mode") == "export" else ("model", "strategy")
    named = [(config.get(section) or {}).get(f"{PLUGIN_SECTIONS[section][1]}_type") for section in sections]
    return [str(name) for name in named if name]


def _way_back() -> None:
    if st.button("Show all runs", icon=":material/history:", key="all-runs"):
        go_to("runs")


def _state_of(workbench: Workbench, run_id: str) -> str:
    found = list_runs(workbench, text=run_id, limit=1)
    return found[0].state if found else ""
