"""Rows some at a time, so that what is computed on the way stays small however many there are."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["ROWS_AT_ONCE", "row_blocks"]

ROWS_AT_ONCE = 2**18
"""Few enough that a column of them fits the processor's cache, many enough that Python's own time does not count."""


def row_blocks(n_rows: int, rows_at_once: int = ROWS_AT_ONCE) -> Iterator[slice]:
    """Yield the rows from 0 to `n_rows`, some at a time."""
    for start in range(0, n_rows, rows_at_once):
        yield slice(start, min(start + rows_at_once, n_rows))
