"""Numbers and pairs as text for a person."""

from __future__ import annotations

from collections.abc import Sequence

from core.base.run_state import RunState

__all__ = ["FIGURES_WORTH_A_LINE", "STATE_IN_WORDS", "counted", "figure", "lines_of"]

FIGURES_WORTH_A_LINE = (
    "sharpe",
    "cagr",
    "max_drawdown",
    "auc",
    "brier",
    "r2_out_of_sample",
    "rows_compared",
    "largest_difference",
)


_AS_GOOD_AS_ZERO = 1e-9

STATE_IN_WORDS = {
    RunState.QUEUED: "is queued",
    RunState.RUNNING: "is running",
    RunState.COMPLETED: "has completed",
    RunState.FAILED: "has failed",
    RunState.CANCELLED: "was cancelled",
    RunState.CRASHED: "has crashed",
}
"""A state as it follows "The run"."""


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return "1 process", "2 processes"; the plural is the singular with an s unless given."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def figure(value: object) -> str:
    """Return a figure with four decimals at most; text and whole numbers as they are.

    Below 1e-9 in magnitude it is a rounding error of zero, and shown as 0.
    """
    if isinstance(value, float):
        if abs(value) < _AS_GOOD_AS_ZERO:
            return "0"
        return f"{value:,.0f}" if value.is_integer() else f"{value:.4g}" if abs(value) < 1e-3 else f"{value:,.4f}"
    return "undefined" if value is None else str(value)


def lines_of(pairs: Sequence[tuple[str, str]]) -> str:
    """Return names and values in two aligned columns."""
    width = max((len(name) for name, _ in pairs), default=0)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in pairs)
