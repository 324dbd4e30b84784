"""What a person can do with a run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.services.runs import delete_run
from core.services.submit_run import submit_run
from core.ui.address import keep_in_address
from core.ui.config_form.cloning import clone_into_form
from core.ui.navigation import go_to
from core.ui.one_start import has_ended, start_once
from core.ui.plain_text import problems_shown
from core.ui.run_view.notes import edit_notes

if TYPE_CHECKING:
    from core.services.runs import RunDetails
    from core.services.workbench import Workbench

__all__ = ["run_actions"]

_MODEL = "model/"


def run_actions(workbench: Workbench, run: RunDetails) -> None:
    """Draw a row of buttons; what fails is told below it."""
    run_id, is_ended = run.row.run_id, run.row.record.has_ended
    with st.container(horizontal=True, gap="small"):
        # The screen of the new run comes under the pointer, and a further press is not meant for that one.
        is_rerun = st.button(
            "Rerun",
            icon=":material/replay:",
            key="rerun",
            disabled=not is_ended,
            help="Start a new run with the same config and seed." if is_ended else "This run has not ended.",
        )
        is_clone = st.button(
            "Clone into the form",
            icon=":material/content_copy:",
            key="clone",
            help="Open the form with this run's config, to change it before starting.",
        )
        has_model = is_ended and any(name.startswith(_MODEL) for name in run.artifacts)
        is_export = has_model and st.button("Export model", icon=":material/deployed_code:", key="export")
        edit_notes(workbench, run)
        is_delete = _asks_to_delete(is_ended=is_ended)
    with problems_shown("That did not work"):
        if is_rerun and is_ended:
            _rerun(workbench, run)
        if is_clone:
            clone_into_form(workbench, run_id)
        if is_export:
            go_to("models", model=run_id)
        if is_delete:
            with st.spinner("Moving the run to the trash", show_time=True):
                delete_run(workbench, run_id)
            keep_in_address("run", run_id)
            st.rerun()


def _rerun(workbench: Workbench, run: RunDetails) -> None:
    # As `qlop runs rerun` does: the files of the config's sinks are the first run's.
    config = {**run.folder.config(), "sinks": []}
    place, is_over = f"rerun-{run.row.run_id}", partial(has_ended, workbench)
    new = start_once(place, lambda: submit_run(workbench, config, source_run=run.row.run_id), is_over=is_over)
    keep_in_address("run", new)
    st.rerun()


def _asks_to_delete(*, is_ended: bool) -> bool:
    with st.popover(
        "Delete",
        icon=":material/delete:",
        disabled=not is_ended,
        help=None if is_ended else "A run that has not ended cannot be deleted. Cancel it first.",
    ):
        st.markdown("Move this run to the trash? You can bring it back.")
        return st.button("Delete this run", type="primary", key="delete", disabled=not is_ended)
