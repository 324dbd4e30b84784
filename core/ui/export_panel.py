"""Export a model: pick a format, fill in its form, watch the run, see how the file was verified, download it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.services.artifact_archive import archive_artifacts
from core.services.model_exports import ModelExport, export_config, exports_of
from core.services.run_artifacts import list_artifacts, read_artifact
from core.services.submit_run import submit_run
from core.ui.catalog import find_plugin, plugin_registry, plugins_to_pick
from core.ui.file_list import OfferedFile, file_list
from core.ui.one_start import has_ended, start_once
from core.ui.params_form import form_problems, params_form, problem_summary
from core.ui.plain_text import heading, problem, problems_shown, quiet
from core.ui.run_columns import state_badge
from core.ui.run_console import run_console

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["export_panel"]

_FIRST = "native"
_ENDED_BADLY = ("failed", "crashed", "cancelled")


def export_panel(workbench: Workbench, model_run: str) -> None:
    """Draw the form of an export, and the exports of this model, newest first."""
    _draw_form(workbench, model_run)
    exports = exports_of(workbench, model_run)
    if not exports:
        st.markdown("This model was not exported yet.")
    for export in exports:
        _draw_export(workbench, export)


def _draw_form(workbench: Workbench, model_run: str) -> None:
    usable = [plugin.name for plugin in plugins_to_pick(workbench, "exporters") if not plugin.problem]
    if not usable:
        problem("No exporter can be used", "See the Plugins screen for what is wrong with them.")
        return
    # First what keeps every bit and needs nothing beside it.
    usable.sort(key=lambda name: name != _FIRST)
    chosen = st.selectbox("Format", usable, key="exporter", bind="query-params")
    plugin = find_plugin(workbench, "exporters", chosen)
    if plugin is None:
        return
    quiet(plugin.summary, "exporter-summary")
    key = f"export-{model_run}-{chosen}"
    params = params_form(plugin.schema, key=key) if plugin.schema.get("properties") else {}
    refused = form_problems(key) if plugin.schema.get("properties") else []
    if st.button("Export", key="export", icon=":material/deployed_code:", type="primary"):
        if refused:
            problem_summary(refused)
            return
        with problems_shown("The export was not started"):
            _export(workbench, export_config(model_run, chosen, params))


def _export(workbench: Workbench, config: dict[str, Any]) -> None:
    start_once(
        f"export-{json.dumps(config, sort_keys=True, default=str)}",
        lambda: submit_run(workbench, config, plugin_registry(workbench)),
        is_over=partial(has_ended, workbench),
    )


def _draw_export(workbench: Workbench, export: ModelExport) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            heading(export.exporter, f"export-{export.run_id}")
            if export.is_done or export.state in _ENDED_BADLY:  # until then the console below says it, live
                state_badge(export.state)
        quiet(f"Run {export.run_id}", f"export-run-{export.run_id}")
        if export.is_done:
            st.text(export.verification)
            _draw_files(workbench, export.run_id)
        elif export.state in _ENDED_BADLY:
            problem("The model was not exported", export.error or f"The run has ended as {export.state}.")
        else:
            run_console(workbench, export.run_id)


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
