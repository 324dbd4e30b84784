"""The table of runs: boxes choose runs to do something with, and a click into a row opens the run.

What is chosen is kept by the runs' ids, in the address where it fits there, so that a list that changed meanwhile still
has the same runs chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.run_columns import drawn_values, run_columns
from core.ui.tables import picked_row
from core.ui.window_width import is_narrow

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["chosen_runs", "forget_chosen_runs", "run_grid", "run_to_open"]

_CHOSEN = "runs-chosen"
_TO_OPEN = "runs-to-open"
_PARAMETER = "chosen"
_MOST_IN_ADDRESS = 10
_ROW_HEIGHT = 32
_MOST_ROWS = 16


def chosen_runs() -> tuple[str, ...]:
    """Return the ids of the runs whose boxes are ticked, in the order of the table when they were."""
    if _CHOSEN not in st.session_state:
        address = st.query_params.get(_PARAMETER, "")
        st.session_state[_CHOSEN] = tuple(found for found in address.split(",") if found)
    return tuple(st.session_state[_CHOSEN])


def forget_chosen_runs() -> None:
    """Leave no box ticked."""
    _keep(())


def run_to_open() -> str | None:
    """Return the run into whose row a person has just clicked; asked once, it is None until the next click."""
    opened = st.session_state.pop(_TO_OPEN, None)
    return None if opened is None else str(opened)


def run_grid(table: pd.DataFrame, columns: Sequence[str], *, opens: bool) -> None:
    """Draw the runs.

    Parameters
    ----------
    table : DataFrame
        As `run_list` returns it, one run or more.
    columns : sequence of str
        Those that are drawn, of COLUMN_LABELS.
    opens : bool
        Whether a click into a row opens the run.
    """
    ids = table["run_id"].tolist()
    place = {run_id: row for row, run_id in enumerate(ids)}
    rows = sorted(place[run_id] for run_id in chosen_runs() if run_id in place)
    narrow = is_narrow()
    shown = run_columns(table, columns, is_narrow=narrow)
    key = f"runs-{sha256(chr(10).join([*ids, *shown]).encode()).hexdigest()[:16]}"
    if key in st.session_state and sorted(st.session_state[key]["selection"]["rows"]) != rows:
        st.session_state[key] = _selection(rows)

    def clicked() -> None:
        selection = st.session_state[key]["selection"]
        ticked = sorted(selection["rows"])
        if ticked != rows:
            hidden = [run_id for run_id in chosen_runs() if run_id not in place]
            _keep([*hidden, *(ids[row] for row in ticked)])
        elif opens and (row := picked_row({**selection, "rows": ticked}, rows)) is not None:
            st.session_state[_TO_OPEN] = ids[row]

    titled = table.assign(title=table["title"].where(table["title"] != "", table["mode"]))
    st.dataframe(
        drawn_values(titled[list(shown)], is_narrow=narrow),
        key=key,
        on_select=clicked,
        selection_mode=["multi-row", "single-cell"] if opens else "multi-row",
        selection_default=_selection(rows),
        column_config=shown,
        hide_index=True,
        height=(min(len(table), _MOST_ROWS) + 1) * _ROW_HEIGHT + 3,
        row_height=_ROW_HEIGHT,
        placeholder="",
        alt="Runs",
    )


def _keep(run_ids: Sequence[str]) -> None:
    st.session_state[_CHOSEN] = tuple(run_ids)
    if 0 < len(run_ids) <= _MOST_IN_ADDRESS:
        st.query_params[_PARAMETER] = ",".join(run_ids)
    elif _PARAMETER in st.query_params:
        del st.query_params[_PARAMETER]


def _selection(rows: list[int]) -> Any:  # noqa: ANN401 - a state that Streamlit takes as a plain dictionary
    return {"selection": {"rows": rows, "columns": [], "cells": []}}
