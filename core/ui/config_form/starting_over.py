"""The buttons that throw away what was typed into a form, after asking, and that bring it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.ui.config_form.beginnings import begin_anew, bring_back

if TYPE_CHECKING:
    from core.services.workbench import Workbench
    from core.ui.config_form.drafts import DraftState

__all__ = ["starting_over"]


def starting_over(workbench: Workbench, mode: str, state: DraftState) -> None:
    """Draw "Reset" and, where another config has taken the place of what was typed, the way back to it."""
    of_draft = f"{state['place']}-{state['generation']}"
    with st.popover("Reset", icon=":material/restart_alt:", key=f"reset-{of_draft}"):
        st.markdown("Everything typed into this form goes.")
        st.button("Discard what I typed", key=f"discard-{of_draft}", on_click=begin_anew, args=(workbench, mode))
    if state["replaced"] is not None:
        st.button(
            "Bring back what was typed",
            icon=":material/undo:",
            key=f"bring-back-{of_draft}",
            help="Show again what was typed here before another config took its place.",
            on_click=bring_back,
            args=(mode,),
        )
