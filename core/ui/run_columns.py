"""The columns of a list of runs: what they are called, how they are drawn, and which are there unless chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.base.events import RunState
from core.services.run_list import FIGURE_COLUMNS
from core.ui.colors import pale, shown_colors
from core.ui.figures import figure_label, is_percentage
from core.ui.state_symbols import state_symbol, symbol_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["COLUMN_LABELS", "STATES", "USUAL_COLUMNS", "drawn_values", "run_columns", "state_badge", "state_column"]

STATES = tuple(state.value for state in RunState)

COLUMN_LABELS: dict[str, str] = {
    "title": "Title",
    "state": "State",
    "model": "Model",
    **{name: figure_label(name) for name in FIGURE_COLUMNS},
    "started_at": "Started",
    "finished_at": "Ended",
    "duration_s": "Took",
    "tags": "Tags",
    "notes": "Notes",
    "mode": "Mode",
    "strategy": "Strategy",
    "tickers": "Tickers",
    "data_source": "Data source",
    "run_id": "Run",
}
"""Every column that can be chosen, in the order in which columns stand."""

USUAL_COLUMNS = ("title", "state", "model", "cagr", "sharpe", "max_drawdown", "auc", "started_at", "duration_s", "tags")

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
    RunState.COMPLETED: "blue",  # the accent, as blueColor has it; a badge called primary is too faint in the dark
    RunState.FAILED: "red",
    RunState.CANCELLED: "orange",
    RunState.CRASHED: "red",
}
# Pixels. Together the usual columns fit beside the navigation of a window of 1,280 pixels.
_WIDTHS = {
    "title": 198,
    "state": 88,
    "model": 104,
    "cagr": 98,
    "sharpe": 60,
    "max_drawdown": 102,
    "auc": 54,
    "started_at": 122,
    "duration_s": 64,
    "tags": 76,
}
# State, title, growth and Sharpe ratio fit into a window of 390 pixels.
_NARROW_WIDTHS = {**_WIDTHS, "state": 30, "title": 138, "cagr": 82, "sharpe": 62}
_NARROW_FIRST = ("state", "title", "cagr", "sharpe")


def state_badge(state: str) -> None:
    """Draw a run's state."""
    known = RunState(state)
    st.badge(known.value, icon=_ICONS[known], color=_BADGE_COLORS[known])


def run_columns(table: pd.DataFrame, names: Sequence[str], *, is_narrow: bool = False) -> dict[str, Any]:
    """Return how each of the named columns is drawn, without those that are empty.

    They stand in the order of COLUMN_LABELS; in a narrow window those come first that a run is known by.
    """
    first = _NARROW_FIRST if is_narrow else ()
    asked = [name for name in dict.fromkeys((*first, *COLUMN_LABELS)) if name in names]
    kept = [name for name in asked if name == "title" or _has_values(table[name])]
    return {name: _column(name, is_narrow=is_narrow) for name in kept}


def drawn_values(table: pd.DataFrame, *, is_narrow: bool = False) -> pd.DataFrame:
    """Return the table of `run_list` with values as `run_columns` draws them: percentages, and states."""
    changed = {name: 100.0 * table[name] for name in table.columns if is_percentage(name)}
    if "state" in table:
        changed["state"] = table["state"].map(state_symbol if is_narrow else lambda state: [state])
    return table.assign(**changed)


def state_column() -> Any:  # noqa: ANN401 - Streamlit gives column configurations no type to name
    """Return how a column of states, each a list of one, is drawn."""
    colors = [pale(color) for color in _state_colors()]
    return st.column_config.MultiselectColumn("State", options=STATES, color=colors, width=_WIDTHS["state"])


def _column(name: str, *, is_narrow: bool) -> Any:  # noqa: ANN401 - as above
    config, label = st.column_config, COLUMN_LABELS[name]
    width = (_NARROW_WIDTHS if is_narrow else _WIDTHS).get(name)
    if name == "state":
        return symbol_column(_NARROW_WIDTHS["state"]) if is_narrow else state_column()
    if name == "title":
        return config.TextColumn(label, width=width, pinned=is_narrow)
    if name in {"started_at", "finished_at"}:
        return config.DatetimeColumn(label, format="YYYY-MM-DD HH:mm", timezone=st.context.timezone, width=width)
    if name == "duration_s":
        return config.NumberColumn(label, format="%.1f s", width=width)
    if name in FIGURE_COLUMNS:
        return config.NumberColumn(label, format=_figure_format(name), width=width)
    return config.TextColumn(label, width=width)


def _figure_format(name: str) -> str:
    if is_percentage(name):
        return "%.2f%%"
    if name in {"final_equity", "cost_total", "n_trades"}:
        return "localized"
    return "%.3f" if name in {"auc", "brier_skill"} else "%.2f"


def _state_colors() -> list[str | None]:
    colors = shown_colors()
    by_state = {
        RunState.QUEUED: colors.muted,
        RunState.RUNNING: colors.gain,
        RunState.COMPLETED: colors.accent,
        RunState.FAILED: colors.loss,
        RunState.CANCELLED: colors.warning,
        RunState.CRASHED: colors.loss,
    }
    return [by_state[state] for state in RunState]


def _has_values(column: pd.Series) -> bool:
    return bool((column != "").any()) if column.dtype == "str" else bool(column.notna().any())
