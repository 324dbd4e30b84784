"""The exports of a model so far: those with a file, those at work, and folded away those that came to nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.services.artifact_archive import archive_artifacts
from core.services.run_artifacts import list_artifacts, read_artifact
from core.services.text_form import counted
from core.ui.file_list import OfferedFile, file_list
from core.ui.markdown_text import escaped
from core.ui.moments import shown_moment
from core.ui.plain_text import heading, quiet
from core.ui.run_columns import state_badge
from core.ui.run_console import run_console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.services.model_exports import ModelExport
    from core.services.workbench import Workbench

__all__ = ["draw_exports", "ended_words"]

_ENDED_BADLY = ("failed", "crashed", "cancelled")


def draw_exports(workbench: Workbench, exports: Sequence[ModelExport]) -> None:
    """Draw them as they are given, newest first."""
    if not exports:
        st.markdown("This model was not exported yet.")
    useless = [export for export in exports if export.state in _ENDED_BADLY]
    for export in exports:
        if export not in useless:
            _draw_export(workbench, export)
    if useless:
        with st.expander(f"{counted(len(useless), 'export')} without a file", icon=":material/error:"):
            for export in useless:
                _draw_useless(export)


def ended_words(export: ModelExport) -> str:
    """Return when an export ended, to stand behind other words; empty before its end."""
    return f"  ·  {shown_moment(export.ended_at)}" if export.ended_at else ""


def _draw_export(workbench: Workbench, export: ModelExport) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            heading(export.exporter, f"export-{export.run_id}")
            if export.is_done:  # until then the console below says it, live
                state_badge(export.state)
        quiet(f"Run {export.run_id}{ended_words(export)}", f"export-run-{export.run_id}")
        if export.is_done:
            st.text(export.verification)
            _draw_files(workbench, export.run_id)
        else:
            run_console(workbench, export.run_id)


def _draw_useless(export: ModelExport) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{escaped(export.exporter)}**", width="content")
        state_badge(export.state)
        quiet(f"Run {export.run_id[:8]}{ended_words(export)}", f"export-run-{export.run_id}")
    st.text(export.error or f"The run has ended as {export.state}.")


def _draw_files(workbench: Workbench, run_id: str) -> None:
    made = [found for found in list_artifacts(workbench, run_id) if found.name.startswith("export/")]
    offered = [
        OfferedFile(
            found.name.removeprefix("export/"),
            found.file_name,
            found.size_bytes,
            partial(read_artifact, workbench, run_id, found.name),
        )
        for found in made
    ]
    if len(offered) > 1:
        size_bytes = sum(found.size_bytes for found in made)
        whole = partial(archive_artifacts, workbench, run_id, "export")
        offered.insert(0, OfferedFile("All files in one archive", f"{run_id[:8]}-export.zip", size_bytes, whole))
    file_list(offered, key=f"export-{run_id}")
