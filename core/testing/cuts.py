"""Cut the future off, and hold the past against what it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import pandas as pd

__all__ = ["assert_same_values", "cuts_of", "until"]

RELATIVE_TOLERANCE = 1e-9

_Frame = TypeVar("_Frame", pd.DataFrame, pd.Series)


def cuts_of(panel: pd.DataFrame, count: int = 4) -> Iterator[pd.Timestamp]:
    """Yield timestamps of the panel, evenly spread between its first quarter and its last bar but one."""
    timestamps = panel.index.unique("timestamp")
    for position in np.linspace(len(timestamps) // 4, len(timestamps) - 2, count).astype(int):
        yield timestamps[position]


def until(frame: _Frame, cut: pd.Timestamp) -> _Frame:
    """Return the rows up to and with `cut`."""
    return frame[frame.index.get_level_values("timestamp") <= cut]


def assert_same_values(
    expected: pd.DataFrame | pd.Series, found: pd.DataFrame | pd.Series, what: str, rtol: float = RELATIVE_TOLERANCE
) -> None:
    """Assert equal index, columns and values, NaN beside NaN; the message names the first row that differs."""
    before, after = pd.DataFrame(expected), pd.DataFrame(found)
    assert list(before.columns) == list(after.columns), f"{what}: columns {list(after.columns)}"
    assert before.index.equals(after.index), f"{what}: the index is another"
    left, right = before.to_numpy(dtype=np.float64), after.to_numpy(dtype=np.float64)
    is_close = np.isclose(left, right, rtol=rtol, atol=1e-12, equal_nan=True)
    if not is_close.all():
        row, column = np.argwhere(~is_close)[0]
        at = before.index[row]
        raise AssertionError(
            f"{what}: {before.columns[column]} at {at} is {right[row, column]!r}, and was {left[row, column]!r}"
        )
