"""A person's note and tags of a run, to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.services.runs import annotate_run
from core.ui.plain_text import notice, problems_shown

if TYPE_CHECKING:
    from core.services.runs import RunDetails
    from core.services.workbench import Workbench

__all__ = ["edit_notes"]


def edit_notes(workbench: Workbench, run: RunDetails) -> None:
    """Draw a button that opens two fields; saving draws the page anew."""
    record = run.row.record
    with st.popover("Note and tags", icon=":material/edit_note:"):
        note = st.text_area("Note", value=record.notes, key=f"note-{record.run_id}", height=120)
        tags = st.text_input(
            "Tags, with commas between them", value=", ".join(record.tags), key=f"tags-{record.run_id}"
        )
        drawn, stored = f"drawn-notes-{record.run_id}", (record.notes, tuple(record.tags))
        st.session_state.setdefault(drawn, stored)
        if st.button("Save", key="save-notes", type="primary"):
            if st.session_state[drawn] != stored:
                st.session_state[drawn] = stored
                notice("Changed by somebody else meanwhile", _told(*stored))
                return
            with problems_shown("The note cannot be saved"):
                annotate_run(workbench, record.run_id, tags=_tags(tags), notes=note)
                del st.session_state[drawn]
                st.rerun()


def _told(note: str, tags: tuple[str, ...]) -> str:
    said = f"Note: {note or 'none'}\nTags: {', '.join(tags) or 'none'}"
    return f"{said}\nSave again to replace them by what stands above."


def _tags(text: str) -> list[str]:
    return list(dict.fromkeys(tag.strip() for tag in text.split(",") if tag.strip()))
