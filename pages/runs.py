"""Runs: every run in one table, to search, to act upon, to compare."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.services.run_list import list_version
from core.services.table_export import csv_bytes, excel_bytes
from core.services.text_form import counted
from core.services.workbench import Workbench, open_workbench
from core.ui.navigation import go_to
from core.ui.plain_text import monospace, problems_shown
from core.ui.run_actions import run_actions, show_undo
from core.ui.run_comparison import runs_to_compare, show_comparison
from core.ui.run_filters import page_of_runs, run_filters, shown_columns
from core.ui.run_grid import chosen_runs, run_grid, run_to_open
from core.ui.run_listing import count_of_listed, listed_runs, listed_words
from core.ui.watching import redraw_on_change

if TYPE_CHECKING:
    import pandas as pd

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def main() -> None:
    """Draw the screen."""
    if (opened := run_to_open()) is not None:
        go_to("run", run=opened)
    st.title("Runs", anchor=False)
    with problems_shown("The runs cannot be shown"):
        workbench = open_workbench()
        if compared := runs_to_compare():
            show_comparison(workbench, compared)
            return
        version = list_version(workbench)
        modes, tags = listed_words(workbench, version)
        if modes:
            _draw_list(workbench, version, modes, tags)
        else:
            _say_how_to_begin(workbench)
        redraw_on_change(lambda: list_version(workbench), version)


def _say_how_to_begin(workbench: Workbench) -> None:
    with st.container(border=True):
        st.markdown("**No runs yet.** Start one on the embedded prices; it takes about half a minute:")
        monospace("qlop demo")
        st.markdown("Then this page fills by itself. It looks in:")
        st.text(str(workbench.home.runs_folder))


def _draw_list(workbench: Workbench, version: str, modes: list[str], tags: list[str]) -> None:
    wanted = run_filters(modes, tags)
    n_runs = count_of_listed(workbench, version, wanted)
    table = listed_runs(workbench, version, wanted, page_of_runs(n_runs))
    there = set(table["run_id"])
    chosen = [run_id for run_id in chosen_runs() if run_id in there]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        run_actions(workbench, chosen, are_deleted=wanted.is_deleted)
        columns = shown_columns()
        _offer_export(table[table["run_id"].isin(chosen)] if chosen else table)
    show_undo(workbench)
    if not table.empty:
        run_grid(table, columns, opens=not wanted.is_deleted)
        of_these = f"{counted(len(chosen), 'run')} chosen of {n_runs:,}" if chosen else counted(n_runs, "run")
        st.caption(f"{of_these}. Tick boxes to compare, delete or export; click into a row to open the run.")
    elif wanted.is_deleted and not wanted.narrows:
        st.info("The trash is empty.", icon=":material/delete:")
    else:
        st.info("No run matches the search and the filters.", icon=":material/search_off:")


def _offer_export(table: pd.DataFrame) -> None:
    with st.popover("Export", icon=":material/download:", disabled=table.empty):
        st.markdown(f"{counted(len(table), 'run')} with every column:")
        for label, file_name, mime, write in (
            ("CSV", "runs.csv", "text/csv", csv_bytes),
            ("Excel", "runs.xlsx", EXCEL, excel_bytes),
        ):
            data = partial(write, table)
            st.download_button(label, data, file_name, mime, key=f"export-{label}", on_click="ignore")


main()
