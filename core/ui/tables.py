"""Tables: rows to choose from, and rows to read.

A choice is kept by what the row is (a run's id), never by where it stands: a list that grew while somebody looked at it
still has their row chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from core.ui.shown_row import show_row

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["choice_table", "picked_row", "reading_table", "right_text", "table_height"]

_ROW_HEIGHT = 32
_MOST_ROWS = 9


def choice_table(
    table: pd.DataFrame,
    ids: Sequence[str],
    *,
    chosen: str | None,
    choose: Callable[[str], None],
    columns: Mapping[str, Any],
    name: str,
) -> None:
    """Draw rows of which one is chosen.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
        One row or more; `columns` are drawn, in their order.
    ids : sequence of str
        What each row is, unique.
    chosen : str or None
        The row that is chosen now; one that is not among `ids` leaves all rows without a mark.
    choose : callable
        Called with the id of the row that a person picks.
    columns : mapping of str to column configuration
        How each column is drawn.
    name : str
        What the table lists, for its key and for screen readers.
    """
    key = f"{name}-{sha256(chr(10).join(ids).encode()).hexdigest()[:16]}"
    rows = [ids.index(chosen)] if chosen in ids else []
    # The address may have changed since the person last clicked: what is chosen wins over what was clicked.
    if key in st.session_state and list(st.session_state[key]["selection"]["rows"]) != rows:
        st.session_state[key] = _selection(rows)

    def clicked() -> None:
        picked = picked_row(st.session_state[key]["selection"], rows)
        if picked is not None:
            choose(ids[picked])

    st.dataframe(
        table[list(columns)],
        key=key,
        on_select=clicked,
        selection_mode=["single-row-required" if rows else "single-row", "single-cell"],
        selection_default=_selection(rows),
        column_config=dict(columns),
        hide_index=True,
        height=_height(len(table)),
        row_height=_ROW_HEIGHT,
        placeholder="",
        alt=name,
    )
    if rows and len(table) > _MOST_ROWS:
        show_row(name, rows[0], row_height=_ROW_HEIGHT)


def picked_row(selection: Mapping[str, Any], marked: Sequence[int]) -> int | None:
    """Return the row that a click chose, None where it chose none.

    Parameters
    ----------
    selection : mapping
        What the grid reports: `rows` that bear a mark, and `cells` (row, column) that were clicked into, now or
        earlier.
    marked : sequence of int
        The rows that bore a mark before the click. Where these are the same as now, the click went into a cell.
    """
    if list(selection["rows"]) == list(marked):
        return next((row for row, _ in selection["cells"]), None)
    return next(iter(selection["rows"]), None)


def reading_table(table: pd.DataFrame, *, columns: Mapping[str, Any], name: str, most_rows: int | None = None) -> None:
    """Draw rows to read, all of them at once or `most_rows` and a scroll; `columns` as in `choice_table`."""
    st.dataframe(
        table[list(columns)],
        column_config=dict(columns),
        hide_index=True,
        height=table_height(len(table), most_rows=most_rows),
        row_height=_ROW_HEIGHT,
        placeholder="",
        alt=name,
    )


def right_text(label: str) -> Any:  # noqa: ANN401 - Streamlit gives column configurations no type to name
    """Return the configuration of a column of figures that are text already."""
    return st.column_config.TextColumn(label, alignment="right")


def table_height(n_rows: int, *, most_rows: int | None) -> int | Literal["content"]:
    """Return what shows all rows and none below them, or `most_rows` of more in pixels."""
    return "content" if most_rows is None or n_rows <= most_rows else _height(n_rows, most_rows)


def _selection(rows: list[int]) -> Any:  # noqa: ANN401 - a state that Streamlit takes as a plain dictionary
    return {"selection": {"rows": rows, "columns": [], "cells": []}}


def _height(n_rows: int, most_rows: int = _MOST_ROWS) -> int:
    return (min(n_rows, most_rows) + 1) * _ROW_HEIGHT + 3
