"""Runs: every run in one table, and the chosen one in full."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.services.run_artifacts import list_artifacts, read_artifact, read_config_text
from core.services.run_tables import figure_table, read_equity_curves, run_table
from core.services.runs import RunDetails, list_runs, show_run
from core.services.workbench import Workbench, open_workbench
from core.ui.address import chosen_in_address, keep_in_address
from core.ui.charts import curve_figure, show_figure
from core.ui.file_list import OfferedFile, file_list
from core.ui.key_figures import figure_rows, key_figures
from core.ui.plain_text import heading, monospace, problem, problems_shown, quiet
from core.ui.run_columns import STATES, run_choice, state_badge
from core.ui.watching import redraw_on_change

# What begins, moves or ends is among the newest; looking at these every few seconds costs little.
WATCHED = 50


def main() -> None:
    """Draw the screen."""
    st.title("Runs", anchor=False)
    with problems_shown("The runs cannot be listed"):
        workbench = open_workbench()
        newest = list_runs(workbench, limit=WATCHED)
        if not newest:
            _say_how_to_begin(workbench)
        else:
            _draw_list_and_run(workbench)
        redraw_on_change(lambda: list_runs(workbench, limit=WATCHED), newest)


def _say_how_to_begin(workbench: Workbench) -> None:
    with st.container(border=True):
        st.markdown("**No runs yet.** Start one on the embedded prices; it takes about half a minute:")
        monospace("qlop demo")
        st.markdown("Then this page fills by itself. It looks in:")
        st.text(str(workbench.home.runs_folder))


def _draw_list_and_run(workbench: Workbench) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        text = st.text_input(
            "Search",
            key="text",
            placeholder="Search title, id, ticker, model, tag",
            label_visibility="collapsed",
            live=True,
            bind="query-params",
        )
        state = st.pills("State", STATES, key="state", label_visibility="collapsed", bind="query-params")
    rows = list_runs(workbench, state=state, text=text, limit=None)
    chosen = chosen_in_address("run") or (rows[0].run_id if rows else None)
    if rows:
        # An address may bear the beginning of an id.
        marked = next((row.run_id for row in rows if chosen and row.run_id.startswith(chosen)), None)
        run_choice(run_table(rows), chosen=marked, choose=partial(keep_in_address, "run"))
    else:
        st.info("No run matches the search and the state.", icon=":material/search_off:")
    if chosen:
        with problems_shown("This run cannot be shown"):
            _draw_run(workbench, show_run(workbench, chosen))


def _draw_run(workbench: Workbench, run: RunDetails) -> None:
    row, run_id = run.row, run.row.run_id
    st.space("small")
    with st.container(horizontal=True, vertical_alignment="center"):
        heading(row.title or row.mode, "run")
        state_badge(row.state)
    facts = (
        row.mode,
        run_id,
        f"started {row.started} UTC" if row.started else "",
        row.duration and f"took {row.duration}",
    )
    quiet("  ·  ".join(fact for fact in facts if fact), "facts")
    if row.record.error:
        problem("Why it did not complete", row.record.error)
    elif not row.record.has_ended and row.record.current_status:
        st.text(row.record.current_status)
    figures = figure_table(workbench, run_id)
    key_figures(figures)
    _draw_curves(workbench, run_id)
    summary, all_figures, files, config = st.tabs(
        ["Summary", "Figures", "Files", "Config"], key="tab", bind="query-params"
    )
    with summary:
        _draw_summary(run)
    with all_figures:
        figure_rows(figures)
    with files:
        _draw_files(workbench, run_id)
    with config:
        monospace(read_config_text(workbench, run_id), language="yaml")


def _draw_curves(workbench: Workbench, run_id: str) -> None:
    curves = read_equity_curves(workbench, run_id)
    if curves.empty:
        return
    has_log_scale = st.toggle("Logarithmic scale", key="log", bind="query-params")
    figure = curve_figure(curves, has_log_scale=has_log_scale)
    show_figure(figure, key=f"curves-{run_id}", file_name=f"{run_id[:8]}-equity", alt="Equity and drawdown over time")


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


main()
