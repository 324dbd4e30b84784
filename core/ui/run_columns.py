"""How the list of runs is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.base.events import RunState
from core.ui.colors import pale, shown_colors
from core.ui.tables import choice_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["STATES", "run_choice", "state_badge"]

STATES = tuple(state.value for state in RunState)

_ICONS = {
    RunState.QUEUED: ":material/schedule:",
    RunState.RUNNING: ":material/progress_activity:",
    RunState.COMPLETED: ":material/check_circle:",
    RunState.FAILED: ":material/error:",
    RunState.CANCELLED: ":material/cancel:",
    RunState.CRASHED: ":material/power_off:",
}
_BADGE_COLORS: dict[RunState, Any] = {
    RunState.QUEUED: "gray",
    RunState.RUNNING: "green",
    RunState.COMPLETED: "primary",
    RunState.FAILED: "red",
    RunState.CANCELLED: "orange",
    RunState.CRASHED: "red",
}


def state_badge(state: str) -> None:
    """Draw a run's state."""
    known = RunState(state)
    st.badge(known.value, icon=_ICONS[known], color=_BADGE_COLORS[known])


def run_choice(table: pd.DataFrame, *, chosen: str | None, choose: Callable[[str], None]) -> None:
    """Draw the list of runs.

    Parameters
    ----------
    table : DataFrame
        As `run_table` returns it, one run or more. A column without a single value is not drawn.
    chosen, choose
        As `choice_table` takes them, by run id.
    """
    columns = {name: column for name, column in _columns().items() if _has_values(table[name])}
    percentages = {name: 100.0 * table[name] for name in ("cagr", "max_drawdown")}
    drawn = table.assign(state=table["state"].map(lambda state: [state]), **percentages)
    choice_table(drawn, list(table["run_id"]), chosen=chosen, choose=choose, columns=columns, name="Runs")


def _columns() -> dict[str, Any]:
    config = st.column_config
    zone = st.context.timezone
    return {
        "state": config.MultiselectColumn("State", options=STATES, color=_state_colors(), width=95),
        "title": config.TextColumn("Title", width=260),
        "cagr": config.NumberColumn("Growth a year", format="%.2f%%", width=110),
        "sharpe": config.NumberColumn("Sharpe", format="%.2f", width=70),
        "max_drawdown": config.NumberColumn("Max drawdown", format="%.2f%%", width=115),
        "auc": config.NumberColumn("AUC", format="%.3f", width=65),
        "started_at": config.DatetimeColumn("Started", format="YYYY-MM-DD HH:mm", timezone=zone),
        "duration_s": config.NumberColumn("Took", format="%.1f s"),
        "mode": config.TextColumn("Mode"),
        "strategy": config.TextColumn("Strategy"),
        "model": config.TextColumn("Model"),
        "run_id": config.TextColumn("Run"),
    }


def _state_colors() -> list[str]:
    colors = shown_colors()
    by_state = {
        RunState.QUEUED: colors.muted,
        RunState.RUNNING: colors.gain,
        RunState.COMPLETED: colors.accent,
        RunState.FAILED: colors.loss,
        RunState.CANCELLED: colors.warning,
        RunState.CRASHED: colors.loss,
    }
    return [pale(by_state[state]) for state in RunState]


def _has_values(column: pd.Series) -> bool:
    return bool((column != "").any()) if column.dtype == "str" else bool(column.notna().any())
