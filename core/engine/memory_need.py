"""Whether a training has the memory that it takes: refused with the figures, where it would be killed without a word.

Each row is held at the same time as (in bytes)

1. the label: target, end, payoff and what is reported of it: 26; where it lives on the calendar: 13;
2. its features: 8 each; and once more, with target, end and weight (24), in the rows that the model is given;
3. what the model makes of them: no less than 8 for each feature.

It is a floor: a model may take more, and out-of-sample predictions come on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import RunLimitError
from core.base.machine import machine_memory

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MemoryRoom", "check_training_fits", "memory_room"]

_BYTES_A_ROW = 26 + 13 + 24
_BYTES_A_FEATURE = 2 * 8
_NOT_WORTH_A_WORD = 2**28


@dataclass(frozen=True)
class MemoryRoom:
    """What a run may still take.

    Attributes
    ----------
    free_bytes : int
        Of the machine, or of what `limits.memory_mb` leaves where that is less.
    limit_mb : float or None
        That limit, where it is what counts.
    """

    free_bytes: int
    limit_mb: float | None = None

    def __str__(self) -> str:
        free = f"{self.free_bytes / 1e6:,.0f} MB"
        return f"this machine has {free} free" if self.limit_mb is None else f"of limits.memory_mb {free} are left"


def memory_room(limit_mb: float | None) -> MemoryRoom:
    """Return what this process may still take, now."""
    import psutil

    free = MemoryRoom(machine_memory().free_bytes)
    if limit_mb is None:
        return free
    left = max(0, int(limit_mb * 1e6) - psutil.Process().memory_info().rss)
    return min(free, MemoryRoom(left, limit_mb), key=lambda room: room.free_bytes)


def check_training_fits(panel: pd.DataFrame, n_features: int, room: MemoryRoom) -> None:
    """Refuse a training that takes more memory than there is.

    Parameters
    ----------
    panel : DataFrame
        What it is trained on.
    n_features : int
        At least so many columns the model learns from.
    room : MemoryRoom
        What there is.

    Raises
    ------
    RunLimitError
        If it does; the message says what it takes, what there is, and what to do.
    """
    needed = len(panel) * (_BYTES_A_ROW + n_features * _BYTES_A_FEATURE)
    if needed <= max(room.free_bytes, _NOT_WORTH_A_WORD):
        return
    raise RunLimitError(
        f"Training on {len(panel):,} rows with {n_features} features or more takes at least {needed / 1e6:,.0f} MB of "
        f"memory beside the prices, and {room}. Ask for fewer tickers, a "
        "shorter period, longer bars or fewer features, or give the run more memory."
    )
