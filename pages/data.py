"""Data: load prices, see them, and see what is odd about them before anything is learned from them."""

from __future__ import annotations

import streamlit as st

from core.services.disk_use import disk_use
from core.services.inspection import MODE, find_inspection, mode_of, newest_inspection, open_inspection
from core.services.run_events import RunSnapshot, run_snapshot
from core.services.workbench import Workbench, open_workbench
from core.ui.address import chosen_in_address, keep_in_address
from core.ui.data_form import data_form, submit_inspection
from core.ui.disk_table import CACHES, disk_table
from core.ui.inspection_view import (
    draw_correlations,
    draw_coverage,
    draw_features,
    draw_prices,
    inspection_figures,
)
from core.ui.moments import shown_moment
from core.ui.navigation import go_to
from core.ui.plain_text import notice, problem, problems_shown, quiet
from core.ui.run_console import run_console

ASKED = "inspection"
SEEN = "inspected-config"


def main() -> None:
    """Draw the screen."""
    st.title("Data", anchor=False)
    with problems_shown("The data cannot be shown"):
        workbench = open_workbench()
        context, check, is_pressed = data_form(workbench)
        if is_pressed:
            with problems_shown("The inspection was not started"):
                keep_in_address(ASKED, submit_inspection(context))
        same = None if check["problems"] else find_inspection(workbench, check["yaml_text"])
        _follow_form(check["yaml_text"], same, is_pressed=is_pressed)
        asked = chosen_in_address(ASKED)
        if asked is None:
            _draw_results(workbench, same or newest_inspection(workbench), same)
        else:
            _draw_asked(workbench, run_snapshot(workbench, asked), same)


def _follow_form(config_text: str, same: str | None, *, is_pressed: bool) -> None:
    """Show the inspection of what the form says, once the form says something else."""
    before = st.session_state.get(SEEN)
    st.session_state[SEEN] = config_text
    if before is not None and before != config_text and same is not None and not is_pressed:
        keep_in_address(ASKED, same)


def _draw_asked(workbench: Workbench, run: RunSnapshot, same: str | None) -> None:
    if (mode := mode_of(workbench, run.run_id)) != MODE:
        _say_it_is_none(workbench, run.run_id, mode)
        return
    if run.state == "completed":
        _draw_results(workbench, run.run_id, same)
        return
    if run.has_ended:
        problem("The data were not inspected", run.error or run.current_status)
    run_console(workbench, run.run_id)


def _say_it_is_none(workbench: Workbench, run_id: str, mode: str) -> None:
    notice("This run is no inspection", f"Run {run_id} is of mode {mode!r}; this screen shows runs of {MODE!r}.")
    with st.container(horizontal=True):
        if st.button("Open the run", icon=":material/open_in_new:"):
            go_to("run", run=run_id)
        if newest := newest_inspection(workbench):
            st.button("Show the newest inspection", on_click=keep_in_address, args=(ASKED, newest))


def _draw_results(workbench: Workbench, run_id: str | None, same: str | None) -> None:
    if run_id is None:
        st.info(
            "Nothing was inspected yet. Choose the data above and press Load and inspect.", icon=":material/database:"
        )
        return
    inspection = open_inspection(workbench, run_id)
    st.space("small")
    run = run_snapshot(workbench, run_id)
    loaded = f"loaded {shown_moment(run.finished_at)}" if run.finished_at else ""
    fingerprint = f"fingerprint {str(inspection.facts.get('fingerprint', ''))[:12]}"
    quiet("  ·  ".join(filter(None, (f"Inspection {run_id[:8]}", loaded, fingerprint))), "inspection")
    if run_id != same:
        st.caption(":material/info: The form says something else than what is shown; load it to see it.")
    inspection_figures(inspection)
    prices, coverage, features, correlations, caches = st.tabs(
        ["Prices", "Coverage", "Features", "Correlations", "Caches"], key="tab", bind="query-params"
    )
    with prices:
        draw_prices(inspection)
    with coverage:
        draw_coverage(inspection)
    with features:
        draw_features(inspection)
    with correlations:
        draw_correlations(inspection)
    with caches:
        st.markdown(
            "Prices are not cached: every run asks its source, and its fingerprint says whether two runs saw the same. "
            "What is kept between runs:"
        )
        disk_table(disk_use(workbench), only=CACHES)


main()
