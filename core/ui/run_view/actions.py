"""What a person can do with a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.services.runs import delete_run
from core.services.submit_run import submit_run
from core.ui.address import keep_in_address
from core.ui.config_form.drafts import put_draft
from core.ui.navigation import go_to
from core.ui.plain_text import problems_shown
from core.ui.run_view.notes import edit_notes

if TYPE_CHECKING:
    from core.services.runs import RunDetails
    from core.services.workbench import Workbench

__all__ = ["run_actions"]

_MODEL = "model/"


def run_actions(workbench: Workbench, run: RunDetails) -> None:
    """Draw a row of buttons; what fails is told below it."""
    run_id, has_ended = run.row.run_id, run.row.record.has_ended
    with st.container(horizontal=True, gap="small"):
        is_rerun = st.button(
            "Rerun", icon=":material/replay:", key="rerun", help="Start a new run with the same config and seed."
        )
        is_clone = st.button(
            "Clone into the form",
            icon=":material/content_copy:",
            key="clone",
            help="Open the form with this run's config, to change it before starting.",
        )
        has_model = has_ended and any(name.startswith(_MODEL) for name in run.artifacts)
        is_export = has_model and st.button("Export model", icon=":material/deployed_code:", key="export")
        edit_notes(workbench, run)
        is_delete = _asks_to_delete(has_ended=has_ended)
    with problems_shown("That did not work"):
        if is_rerun:
            _rerun(workbench, run)
        if is_clone:
            put_draft(run.row.mode, run.folder.config(), source=("from_run", run_id))
            go_to(run.row.mode)
        if is_export:
            go_to("models", model=run_id)
        if is_delete:
            delete_run(workbench, run_id)
            keep_in_address("run", run_id)
            st.rerun()


def _rerun(workbench: Workbench, run: RunDetails) -> None:
    # As `qlop runs rerun` does: the files of the config's sinks are the first run's.
    new = submit_run(workbench, {**run.folder.config(), "sinks": []})
    keep_in_address("run", new)
    st.rerun()


def _asks_to_delete(*, has_ended: bool) -> bool:
    with st.popover(
        "Delete",
        icon=":material/delete:",
        disabled=not has_ended,
        help=None if has_ended else "A run that has not ended cannot be deleted. Cancel it first.",
    ):
        st.markdown("Move this run to the trash? You can bring it back.")
        return st.button("Delete this run", type="primary", key="delete", disabled=not has_ended)
