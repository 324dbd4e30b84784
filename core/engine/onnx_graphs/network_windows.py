"""Rows of features asked of an ONNX file, as windows of bars where its model reads histories.

1. Such a file says in its metadata how many bars a window has, and after which time without one a history begins anew.
2. A row's history is found as for the model itself: the last bars of its ticker up to the row, across no hole.
3. A window holds them oldest first, the row's own bar last. Where there are fewer, the first ones are repeated before
   them, and `history_bars` says how many count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError
from core.contracts.model import HistoryReading
from core.engine.onnx_graphs.onnx_graph import FEATURES, HISTORY_BARS
from core.engine.torch_training.histories import histories_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.engine.onnx_graphs.onnx_session import OnnxSession
    from core.engine.torch_training.histories import Histories

__all__ = ["LONGEST_GAP_KEY", "SEQUENCE_BARS_KEY", "answers_of_file", "history_reading"]

SEQUENCE_BARS_KEY = "qlop.sequence_bars"
LONGEST_GAP_KEY = "qlop.longest_gap_us"
# Blocks that a processor's cache holds: a large matrix passes through memory at every node.
_ROWS_AT_ONCE, _BARS_AT_ONCE = 1_024, 16_384


def history_reading(session: OnnxSession) -> HistoryReading | None:
    """Return how a file reads histories; None where it reads a row by itself.

    Raises
    ------
    DataError
        If its metadata say it in part, or no numbers.
    """
    said = [session.metadata.get(key) for key in (SEQUENCE_BARS_KEY, LONGEST_GAP_KEY)]
    if said == [None, None]:
        return None
    try:
        sequence_bars, longest_gap_us = (int(text or "") for text in said)
    except ValueError as error:
        raise DataError(
            f"The ONNX file's metadata {SEQUENCE_BARS_KEY} and {LONGEST_GAP_KEY} are {said}; both must be "
            "whole numbers, or neither be there."
        ) from error
    if sequence_bars < 1 or longest_gap_us < 1:
        raise DataError(f"The ONNX file's windows have {sequence_bars} bars, with gaps of {longest_gap_us} us at most.")
    return HistoryReading(sequence_bars, longest_gap_us)


def answers_of_file(
    session: OnnxSession, features: pd.DataFrame, outputs: Sequence[str] | None = None, columns: Sequence[str] = ()
) -> dict[str, NDArray[np.generic]]:
    """Return a file's outputs by name for rows of features.

    Parameters
    ----------
    session : OnnxSession
        The file.
    features : DataFrame of shape (n_rows, n_features)
        Index (timestamp, ticker), in any order, where the file reads histories: they are found among these rows.
    outputs, columns : sequence of str
        As `OnnxSession.ask` takes them.

    Raises
    ------
    DataError
        If the file's operators fail on these rows, or the index says no history.
    """
    reading, values = history_reading(session), features.to_numpy(dtype=np.float64)
    wanted = [output.name for output in session.outputs] if outputs is None else list(outputs)
    if reading is None:
        parts = [session.ask(values[rows], wanted, columns) for rows in _blocks(len(values), 1)]
    else:
        histories = histories_of(features, reading.sequence_bars, reading.longest_gap_us)
        blocks = _blocks(len(values), reading.sequence_bars)
        given = (_windows(values, histories, rows, reading.sequence_bars) for rows in blocks)
        parts = [session.ask_inputs(inputs, wanted) for inputs in given]
    return {name: np.concatenate([part[name] for part in parts]) for name in wanted}


def _windows(
    values: NDArray[np.float64], histories: Histories, rows: slice, sequence_bars: int
) -> dict[str, NDArray[np.generic]]:
    """Return the inputs of a file for some rows."""
    first, last = histories.first[rows], histories.last[rows]
    positions = np.maximum(last[:, None] + np.arange(1 - sequence_bars, 1), first[:, None])
    return {FEATURES: values[histories.order[positions]], HISTORY_BARS: last - first + 1}


def _blocks(n_rows: int, sequence_bars: int) -> list[slice]:
    """Return the rows in blocks; one without rows where there are none."""
    size = max(1, min(_ROWS_AT_ONCE, _BARS_AT_ONCE // sequence_bars))
    return [slice(start, start + size) for start in range(0, max(1, n_rows), size)]
