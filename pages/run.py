"""Run: one run in full. The address bears which."""

from __future__ import annotations

import streamlit as st

from core.services.workbench import open_workbench
from core.ui.address import chosen_in_address
from core.ui.navigation import go_to
from core.ui.plain_text import problems_shown
from core.ui.run_view import run_view


def main() -> None:
    """Draw the screen."""
    with problems_shown("This run cannot be shown"):
        workbench = open_workbench()
        chosen = chosen_in_address("run")
        if chosen is None:
            _ask_for_a_run()
        else:
            run_view(workbench, chosen)


def _ask_for_a_run() -> None:
    st.title("Run", anchor=False)
    with st.container(border=True):
        st.markdown("**No run is chosen.** Pick one from the list of all runs.")
        if st.button("Show all runs", icon=":material/history:", key="all-runs"):
            go_to("runs")


main()
