"""What a run came to, in tabs; the address bears which is open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.services.run_artifacts import list_artifacts, read_artifact, read_config_text
from core.services.training_report import read_training_report
from core.ui.file_list import OfferedFile, file_list
from core.ui.key_figures import figure_rows
from core.ui.plain_text import monospace, problems_shown
from core.ui.run_console import run_console
from core.ui.run_view.training import training_view
from core.ui.tear_sheet.screen import tear_sheet_screen

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from core.services.runs import RunDetails
    from core.services.workbench import Workbench

__all__ = ["run_results"]


def run_results(workbench: Workbench, run: RunDetails, figures: pd.DataFrame, *, has_console: bool) -> None:
    """Draw the tabs of what the run has; only the open one is worked out."""
    run_id = run.row.run_id
    drawn: dict[str, Callable[[], None]] = {}
    if "equity" in run.artifacts:
        drawn["Tear sheet"] = partial(tear_sheet_screen, workbench, run_id, n_artifacts=len(run.artifacts))
    if "fold_scores" in run.artifacts or "labels" in run.artifacts:
        drawn["Training"] = partial(_draw_training, workbench, run_id)
    drawn["Summary"] = partial(_draw_summary, run)
    if not figures.empty:
        drawn["Figures"] = partial(figure_rows, figures)
    drawn["Files"] = partial(_draw_files, workbench, run_id)
    drawn["Config"] = partial(_draw_config, workbench, run)
    if has_console:
        drawn["Console"] = partial(run_console, workbench, run_id)
    has_ended = run.row.record.has_ended
    # A living run has tabs of its own: once it has ended, the first of the new ones opens, or what the address says.
    if has_ended:
        st.empty()  # takes away at once the tabs that the living run had here
        with st.container(key="ended-results"):
            tabs = st.tabs(list(drawn), key="tab", bind="query-params")
    else:
        with st.container(key="living-results"):
            tabs = st.tabs(list(drawn), key="tab-of-living-run", on_change="rerun")
    for tab, draw in zip(tabs, drawn.values(), strict=True):
        if tab.open:
            with tab, problems_shown("This cannot be shown"):
                draw()


def _draw_training(workbench: Workbench, run_id: str) -> None:
    report = read_training_report(workbench, run_id)
    if report is not None:
        training_view(report, run_id=run_id)


def _draw_summary(run: RunDetails) -> None:
    if run.summary:
        monospace(run.summary)
    else:
        st.markdown(
            "This run wrote no summary." if run.row.record.has_ended else "The summary comes when the run ends."
        )


def _draw_files(workbench: Workbench, run_id: str) -> None:
    found = list_artifacts(workbench, run_id)
    if not found:
        st.markdown("This run made no files.")
    offered = [
        OfferedFile(file.name, file.file_name, file.size_bytes, partial(read_artifact, workbench, run_id, file.name))
        for file in found
    ]
    file_list(offered, key=run_id)


def _draw_config(workbench: Workbench, run: RunDetails) -> None:
    run_id, text = run.row.run_id, read_config_text(workbench, run.row.run_id)
    st.download_button(
        "Download",
        data=text,
        file_name=f"{run_id[:8]}-config.yaml",
        mime="application/yaml",
        key="config-yaml",
        icon=":material/download:",
        on_click="ignore",
    )
    st.markdown("The same from a terminal:")
    monospace(f"qlop run {run.row.mode} --config {run_id[:8]}-config.yaml", language="bash")
    monospace(text, language="yaml")
