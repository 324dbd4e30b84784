"""A run that was deleted: say so, and offer to bring it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.services.runs import list_runs, restore_run
from core.ui.address import keep_in_address
from core.ui.navigation import go_to
from core.ui.plain_text import heading, problems_shown, quiet

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["deleted_run"]

_FEWEST_LETTERS = 4


def deleted_run(workbench: Workbench, named: str) -> bool:
    """Draw the deleted run whose id begins with `named`, and return whether there is one."""
    if len(named) < _FEWEST_LETTERS:
        return False
    rows = list_runs(workbench, deleted=True, limit=None)
    found = next((row for row in rows if row.run_id.startswith(named.lower())), None)
    if found is None:
        return False
    heading(found.title or found.mode, "deleted")
    quiet(found.run_id, "deleted-id")
    st.info("This run was deleted. It lies in the trash until you bring it back.", icon=":material/delete:")
    with st.container(horizontal=True):
        if st.button("Undo", icon=":material/undo:", type="primary", key="undo-delete"):
            _bring_back(workbench, found.run_id)
        if st.button("Show all runs", icon=":material/history:", key="all-runs"):
            go_to("runs")
    return True


def _bring_back(workbench: Workbench, run_id: str) -> None:
    with problems_shown("The run cannot be brought back"):
        restore_run(workbench, run_id)
        keep_in_address("run", run_id)
        st.rerun()
