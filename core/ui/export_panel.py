"""Export a model: pick a format, fill in its form, start the run; below stands what came of the exports so far."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.services.model_exports import ModelExport, export_config
from core.services.run_list import list_version
from core.services.submit_run import submit_run
from core.ui.catalog import plugin_registry
from core.ui.export_choice import export_choice
from core.ui.export_list import draw_exports, ended_words
from core.ui.one_start import has_ended, start_once
from core.ui.params_form import form_problems, params_form, problem_summary
from core.ui.plain_text import notice, problem, problems_shown
from core.ui.run_listing import listed_exports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.services.workbench import Workbench

__all__ = ["export_panel"]


def export_panel(workbench: Workbench, model_run: str, version: str, *, is_shown: bool) -> None:
    """Draw the form of an export and, where the panel is shown, the exports of this model, newest first.

    `version` is `list_version`'s. A panel behind another tab keeps what its form holds, and looks at no export.
    """
    exports = listed_exports(workbench, version, model_run) if is_shown else []
    if _draw_form(workbench, model_run, exports):
        exports = listed_exports(workbench, list_version(workbench), model_run)
    if is_shown:
        draw_exports(workbench, exports)


def _draw_form(workbench: Workbench, model_run: str, exports: Sequence[ModelExport]) -> bool:
    """Return whether something was started."""
    chosen = export_choice(workbench, model_run)
    if chosen is None:
        problem("No exporter can be used", "See the Plugins screen for what is wrong with them.")
        return False
    plugin, name = chosen.plugin, chosen.plugin.name
    if chosen.refusal:
        # Why, stands beside the format.
        st.button("Export", key="export", icon=":material/deployed_code:", type="primary", disabled=True)
        return False
    last = next((export for export in exports if export.exporter == name), None)
    if last is not None and last.has_failed:
        notice(f"This format failed for this model{ended_words(last)}", last.error)
    key = f"export-{model_run}-{name}"
    params = params_form(plugin.schema, key=key) if plugin.schema.get("properties") else {}
    refused = form_problems(key) if plugin.schema.get("properties") else []
    if st.button("Export", key="export", icon=":material/deployed_code:", type="primary"):
        if refused:
            problem_summary(refused)
            return False
        with problems_shown("The export was not started"):
            _export(workbench, export_config(model_run, name, params))
            return True
    return False


def _export(workbench: Workbench, config: dict[str, Any]) -> None:
    start_once(
        f"export-{json.dumps(config, sort_keys=True, default=str)}",
        lambda: submit_run(workbench, config, plugin_registry(workbench)),
        is_over=partial(has_ended, workbench),
    )
