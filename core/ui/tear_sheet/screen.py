"""A backtest's charts on a screen."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import streamlit as st

from core.ui.colors import shown_colors
from core.ui.plain_text import notice, problems_shown, quiet
from core.ui.tables import reading_table, right_text
from core.ui.tear_sheet.chart_sections import chart_sections, equity_section
from core.ui.tear_sheet.evidence import comparison_rows, evidence_sentences, ruin_sentence
from core.ui.tear_sheet.html_report import html_report
from core.ui.tear_sheet.reading import USUAL_WINDOW, remembered_tear_sheet
from core.ui.tear_sheet.section_panel import section_panel
from core.ui.tear_sheet.trade_panel import trade_panel

if TYPE_CHECKING:
    from core.services.tear_sheet import TearSheet
    from core.services.workbench import Workbench
    from core.ui.tear_sheet.section import Section

__all__ = ["tear_sheet_screen"]

_WINDOWS = (63, USUAL_WINDOW, 252)


@st.fragment
def tear_sheet_screen(workbench: Workbench, run_id: str, *, n_artifacts: int) -> None:
    """Draw the tear sheet of one run, and say so where there is none; `n_artifacts` is how many it has announced."""
    with problems_shown("The tear sheet cannot be drawn"):
        sheet = remembered_tear_sheet(workbench, run_id, n_artifacts=n_artifacts, window_bars=_chosen_window())
        if sheet is None:
            st.markdown("This run has backtested nothing, so it has no tear sheet.")
            return
        _draw(workbench, sheet)


def _draw(workbench: Workbench, sheet: TearSheet) -> None:
    colors = shown_colors()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        has_log_scale = st.toggle("Logarithmic scale", key="log", bind="query-params")
        _report_button(workbench, sheet.run_id)
    if sheet.ruined_at is not None:
        notice("The account was ruined", ruin_sentence(sheet.ruined_at))
    section_panel(equity_section(sheet, colors, has_log_scale=bool(has_log_scale)), run_id=sheet.run_id)
    _draw_evidence(sheet)
    for is_narrow, group in groupby(chart_sections(sheet, colors), key=lambda section: section.is_narrow):
        _draw_group(list(group), sheet.run_id, is_narrow=is_narrow)
    trade_panel(workbench, sheet)


def _draw_group(sections: list[Section], run_id: str, *, is_narrow: bool) -> None:
    places = st.columns(len(sections), gap="large") if is_narrow else [st.container() for _ in sections]
    for section, place in zip(sections, places, strict=True):
        with place:
            section_panel(section, run_id=run_id, control=_choose_window if section.name == "rolling" else None)


def _choose_window() -> None:
    st.segmented_control(
        "Window of rolling figures",
        _WINDOWS,
        default=USUAL_WINDOW,
        format_func=lambda bars: f"{bars} bars",
        key="window",
        label_visibility="collapsed",
        required=True,
    )


def _draw_evidence(sheet: TearSheet) -> None:
    st.subheader("How sure is it?", anchor=False)
    if sheet.no_test:
        notice("No test of the model", sheet.no_test)
    for number, sentence in enumerate(evidence_sentences(sheet.evidence, n_bars=_n_bars(sheet))):
        quiet(sentence, f"evidence-{number}")
    rows = comparison_rows(sheet.evidence)
    if rows is None:
        return
    columns = {
        "name": "Beside",
        "sharpe": right_text("Sharpe difference"),
        "sharpe_interval": right_text("95 % interval"),
        "growth": right_text("Mean return difference a year"),
        "growth_interval": right_text("95 % interval of it"),
        "verdict": "What that says",
    }
    reading_table(rows, columns=columns, name="Differences to the baselines")


def _report_button(workbench: Workbench, run_id: str) -> None:
    st.download_button(
        "Save as one HTML file",
        data=partial(html_report, workbench, run_id),
        file_name=f"{run_id[:8]}-tear-sheet.html",
        mime="text/html",
        key="tear-sheet-html",
        icon=":material/print:",
        on_click="ignore",
        help="All charts, figures, summary and config, to read anywhere without a network.",
    )


def _chosen_window() -> int:
    return int(st.session_state.get("window") or USUAL_WINDOW)


def _n_bars(sheet: TearSheet) -> int:
    return int((sheet.curves["role"] == "strategy").sum())
