"""A run's state as one character, for where its word has no room."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.base.events import RunState

__all__ = ["state_symbol", "symbol_column"]

_SYMBOLS = {
    RunState.QUEUED: "\N{HORIZONTAL ELLIPSIS}",
    RunState.RUNNING: "\N{BLACK RIGHT-POINTING TRIANGLE}",
    RunState.COMPLETED: "\N{CHECK MARK}",
    RunState.FAILED: "\N{MULTIPLICATION X}",
    RunState.CANCELLED: "\N{CIRCLED DIVISION SLASH}",
    RunState.CRASHED: "\N{WARNING SIGN}",
}


def state_symbol(state: str) -> str:
    """Return the character of a state."""
    return _SYMBOLS[RunState(state)]


def symbol_column(width: int) -> Any:  # noqa: ANN401 - Streamlit gives column configurations no type to name
    """Return how a column of these characters is drawn; its help says what they mean."""
    meaning = ", ".join(f"{symbol} {state.value}" for state, symbol in _SYMBOLS.items())
    return st.column_config.TextColumn(" ", width=width, help=f"State: {meaning}")
