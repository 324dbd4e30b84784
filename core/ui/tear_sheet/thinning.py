"""Long series, made short enough for a browser without losing a peak or a trough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["MOST_ROWS", "thinned", "thinning_note"]

MOST_ROWS = 4000
"""Rows of one series that are drawn as they are."""


def thinned(table: pd.DataFrame, columns: Sequence[str], most_rows: int = MOST_ROWS) -> pd.DataFrame:
    """Return the rows to draw: all of them, or of each stretch the first, the last and those where a column is extreme.

    Parameters
    ----------
    table : DataFrame
        One series in time.
    columns : sequence of str
        Numbers whose least and greatest values must stay; NaN is passed over.
    most_rows : int
        About how many rows to keep.
    """
    if len(table) <= most_rows:
        return table
    n_stretches = max(1, most_rows // (2 + 2 * len(columns)))
    length = -(-len(table) // n_stretches)
    starts = np.arange(0, len(table), length)
    kept = [starts, np.minimum(starts + length, len(table)) - 1]
    for name in columns:
        values = table[name].to_numpy(dtype=np.float64)
        padded = np.full(len(starts) * length, np.nan)
        padded[: len(values)] = values
        stretches = padded.reshape(len(starts), length)
        has_value = ~np.isnan(stretches).all(axis=1)
        low, high = np.where(np.isnan(stretches), np.inf, stretches), np.where(np.isnan(stretches), -np.inf, stretches)
        kept += [(starts + low.argmin(axis=1))[has_value], (starts + high.argmax(axis=1))[has_value]]
    return table.iloc[np.unique(np.concatenate(kept))]


def thinning_note(n_rows: int) -> str:
    """Return a sentence about what is not drawn; empty where all of `n_rows` are."""
    if n_rows <= MOST_ROWS:
        return ""
    return f"Drawn are the extremes of {n_rows:,} bars, not each of them; the CSV holds all."
