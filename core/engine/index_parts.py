"""Whether an index holds rows of another, told by the codes of both where they are in order: without a hash table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["is_part_in_order"]


def is_part_in_order(rows: pd.Index, whole: pd.Index) -> bool:
    """Return whether `rows` are some of `whole`, each once and in its order, as far as that can be told cheaply.

    Parameters
    ----------
    rows, whole : Index
        (timestamp, ticker).

    Returns
    -------
    bool
        False also where an index is not a MultiIndex, lacks a value, or `whole` does not ascend by its levels.
    """
    if not isinstance(rows, pd.MultiIndex) or not isinstance(whole, pd.MultiIndex) or not len(rows):
        return False
    own = [level.get_indexer(theirs) for level, theirs in zip(whole.levels, rows.levels, strict=True)]
    wanted = _cells(rows, own, len(whole.levels[1]))
    held = _cells(whole, [np.arange(len(level)) for level in whole.levels], len(whole.levels[1]))
    if not _ascends(wanted) or not _ascends(held):
        return False
    for block in row_blocks(len(wanted)):
        places = np.minimum(np.searchsorted(held, wanted[block]), len(held) - 1)
        if not (held[places] == wanted[block]).all():
            return False
    return True


def _cells(index: pd.MultiIndex, positions: list[NDArray[np.intp]], n_second: int) -> NDArray[np.int64]:
    """Return each row's place in a table of first by second level; all -1 where a row has a value of neither."""
    first, second = (np.append(found, -1)[codes] for found, codes in zip(positions, index.codes, strict=True))
    if (first < 0).any() or (second < 0).any():
        return np.full(2, -1, dtype=np.int64)
    first *= n_second
    first += second
    return first


def _ascends(values: NDArray[np.int64]) -> bool:
    return bool((values[1:] > values[:-1]).all())
