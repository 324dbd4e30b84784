"""The latest runs with their key figures and a spark line of the equity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.ui.run_columns import drawn_values, run_columns
from core.ui.tables import choice_table
from core.ui.window_width import is_narrow

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["draw_latest_runs"]


_COLUMNS = ("title", "state", "cagr", "sharpe", "max_drawdown", "auc", "started_at", "duration_s")
_EQUITY_WIDTH = 96
_EQUITY_AFTER = 2


def draw_latest_runs(latest: pd.DataFrame, *, choose: Callable[[str], None]) -> None:
    """Draw the table of `latest_runs`; `choose` gets the run that a person clicks."""
    narrow = is_narrow()
    columns = list(run_columns(latest, _COLUMNS, is_narrow=narrow).items())
    place = len(columns) if narrow else _EQUITY_AFTER
    columns.insert(place, ("equity", st.column_config.LineChartColumn("Equity", width=_EQUITY_WIDTH)))
    titled = latest.assign(title=latest["title"].where(latest["title"] != "", latest["mode"]))
    choice_table(
        drawn_values(titled, is_narrow=narrow),
        list(titled["run_id"]),
        chosen=None,
        choose=choose,
        columns=dict(columns),
        name="Latest runs",
    )
