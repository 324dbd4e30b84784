"""A chart with its heading, its words and its data to download."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.services.table_export import csv_bytes
from core.ui.charts import show_figure
from core.ui.plain_text import quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from core.ui.tear_sheet.section import Section

__all__ = ["csv_button", "panel_heading", "section_panel"]


def section_panel(section: Section, *, run_id: str, control: Callable[[], object] | None = None) -> None:
    """Draw the chart; its toolbar saves it as PNG, the button beside its heading its data as CSV.

    Parameters
    ----------
    section : Section
    run_id : str
    control : callable or None
        Draws a widget between heading and chart.
    """
    panel_heading(section.title, section.table, name=section.name, run_id=run_id)
    if control is not None:
        control()
    quiet(section.words, f"{section.name}-words")
    file_name = f"{run_id[:8]}-{section.name}"
    show_figure(section.figure, key=f"{section.name}-{run_id}", file_name=file_name, alt=section.title)


def panel_heading(title: str, table: pd.DataFrame, *, name: str, run_id: str) -> None:
    """Draw a heading of our own with a button that downloads `table`."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(title, anchor=False, width="content")
        csv_button(table, name=name, run_id=run_id)


def csv_button(table: pd.DataFrame, *, name: str, run_id: str) -> None:
    """Draw a button that downloads `table`; it is written as CSV when a person asks for it."""
    st.download_button(
        "CSV",
        data=partial(csv_bytes, table),
        file_name=f"{run_id[:8]}-{name}.csv",
        mime="text/csv",
        key=f"csv-{name}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        help="Download the data of this chart.",
    )
