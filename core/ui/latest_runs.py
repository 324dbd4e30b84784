"""The latest runs with their key figures and a spark line of the equity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.ui.run_listing import latest_with_equity
from core.ui.tables import choice_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.services.workbench import Workbench

__all__ = ["draw_latest_runs"]


def draw_latest_runs(workbench: Workbench, limit: int, *, choose: Callable[[str], None]) -> None:
    """Draw them, newest first; `choose` gets the run that a person clicks."""
    latest = latest_with_equity(workbench, limit)
    config = st.column_config
    columns = {
        "state": config.TextColumn("State", width=85),
        "title": config.TextColumn("Title", width=215),
        "equity": config.LineChartColumn("Equity", width=105),
        "cagr": config.NumberColumn("Growth a year", format="percent", width=100),
        "sharpe": config.NumberColumn("Sharpe", format="%.2f", width=62),
        "max_drawdown": config.NumberColumn("Max drawdown", format="percent", width=102),
        "auc": config.NumberColumn("AUC", format="%.3f", width=58),
        "started_at": config.DatetimeColumn(
            "Started", format="YYYY-MM-DD HH:mm", timezone=st.context.timezone, width=130
        ),
        "duration_s": config.NumberColumn("Took", format="%.1f s", width=80),
        "mode": config.TextColumn("Mode"),
    }
    shown = latest.assign(title=latest["title"].where(latest["title"] != "", latest["mode"]))
    choice_table(shown, list(shown["run_id"]), chosen=None, choose=choose, columns=columns, name="Latest runs")
