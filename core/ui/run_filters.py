"""What narrows a list of runs, and the columns to choose: all of it in the address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.services.run_list import RUNS_A_PAGE, RunFilter
from core.ui.list_page import page_of_list
from core.ui.run_columns import COLUMN_LABELS, STATES, USUAL_COLUMNS

__all__ = ["page_of_runs", "run_filters", "shown_columns"]

_WIDTH = 150


def run_filters(modes: Sequence[str], tags: Sequence[str]) -> RunFilter:
    """Draw the search and the filters, and return what they ask for.

    Parameters
    ----------
    modes, tags : sequence of str
        Those that runs bear.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            "Search",
            key="text",
            placeholder="Title, id, ticker, model, tag, note",
            live=True,
            bind="query-params",
            width=260,
        )
        state = _choice("State", "state", STATES)
        mode = _choice("Mode", "mode", modes)
        tag = _choice("Tag", "tag", tags)
        is_deleted = st.toggle("Trash", key="trash", bind="query-params")
    return RunFilter(text=text or "", state=state, mode=mode, tag=tag, is_deleted=is_deleted)


def page_of_runs(n_runs: int) -> int:
    """Return which page of the list is asked for, and draw the choice where there are several."""
    return page_of_list(n_runs, RUNS_A_PAGE, "runs")


def shown_columns() -> list[str]:
    """Draw the choice of columns and return those chosen."""
    with st.popover("Columns", icon=":material/view_column:"):
        chosen = st.multiselect(
            "Columns",
            list(COLUMN_LABELS),
            default=USUAL_COLUMNS,
            format_func=COLUMN_LABELS.__getitem__,
            key="columns",
            bind="query-params",
            label_visibility="collapsed",
        )
    return list(chosen) or list(USUAL_COLUMNS)


def _choice(label: str, key: str, options: Sequence[str]) -> str | None:
    return st.selectbox(label, options, index=None, key=key, placeholder="Any", bind="query-params", width=_WIDTH)
