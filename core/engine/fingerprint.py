"""A fingerprint of data: equal data give equal digests, on any machine.

1. The index, level by level: its name, its distinct values in order, and each row's position among them.
2. The columns in order of their names: name, kind and values.

Numbers are hashed as little-endian float64 or int64, times as microseconds since 1970 in UTC, texts as UTF-8. All NaNs
are one value, and so are 0.0 and -0.0. Rows are fed some at a time, so that large data are not there twice.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.panel_index import ranks_of_level
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash

    from numpy.typing import NDArray

__all__ = ["data_fingerprint"]


def data_fingerprint(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of a frame's index, column names and values, as 64 hexadecimal digits.

    The order of rows counts; the order of columns, the frame's `attrs` and how pandas stores it do not.

    Parameters
    ----------
    frame : DataFrame
        Columns and index levels of numbers, booleans, times or texts.

    Raises
    ------
    DataError
        If a column holds anything else.
    """
    digest = hashlib.sha256()
    digest.update(f"rows {len(frame)};".encode())
    for level in range(frame.index.nlevels):
        _feed_level(digest, frame.index, level)
    for column in sorted(map(str, frame.columns)):
        _feed(digest, f"column {column}", frame[column])
    return digest.hexdigest()


def _feed_level(digest: _Hash, index: pd.Index, level: int) -> None:
    """Feed the sorted values that occur, and each row's position among them."""
    if isinstance(index, pd.MultiIndex):
        (ranks, values), codes = ranks_of_level(index, level), index.codes[level]
        _feed(digest, f"index {index.names[level]}", pd.Series(values))
        _feed_positions(digest, len(index), lambda rows: ranks[codes[rows]])
    else:
        positions, values = pd.factorize(index, sort=True)
        _feed(digest, f"index {index.names[level]}", pd.Series(values))
        _feed_positions(digest, len(index), lambda rows: positions[rows])


def _feed_positions(digest: _Hash, n_rows: int, positions: Callable[[slice], NDArray[np.int64]]) -> None:
    digest.update(f"positions integer {8 * n_rows};".encode())
    for rows in row_blocks(n_rows):
        digest.update(np.ascontiguousarray(positions(rows), dtype="<i8").data)


def _feed(digest: _Hash, label: str, values: pd.Series) -> None:
    kind, bytes_of, n_bytes = _form_of(label, values)
    digest.update(f"{label} {kind} {n_bytes};".encode())
    for rows in row_blocks(len(values)):
        digest.update(bytes_of(values.iloc[rows]))


def _form_of(label: str, values: pd.Series) -> tuple[str, Callable[[pd.Series], Any], int]:
    """Return what the values are, what makes bytes of some of them, and how many bytes that are in all."""
    dtype = values.dtype
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind == "M":
        return "time", _time_bytes, 8 * len(values)
    if dtype.kind in "iub":
        return "integer", lambda some: np.ascontiguousarray(some.to_numpy(), dtype="<i8").data, 8 * len(values)
    if dtype.kind == "f":
        return "number", _number_bytes, 8 * len(values)
    if all(isinstance(text, str) for text in values):
        return "text", _text_bytes, sum(len(_text_bytes(values.iloc[rows])) for rows in row_blocks(len(values)))
    raise DataError(
        f"{label} has dtype {dtype}, which has no fingerprint; it must hold numbers, booleans, times or texts. "
        "Convert the column."
    )


def _time_bytes(values: pd.Series) -> bytes:
    has_zone = isinstance(values.dtype, pd.DatetimeTZDtype)
    in_utc = values.dt.tz_convert("UTC").dt.tz_localize(None) if has_zone else values
    return in_utc.to_numpy("datetime64[us]").view("int64").astype("<i8").tobytes()


def _number_bytes(values: pd.Series) -> memoryview:
    numbers = values.to_numpy().astype("<f8", copy=False) + 0.0  # -0.0 + 0.0 is 0.0
    is_missing = np.isnan(numbers)
    if is_missing.any():
        numbers[is_missing] = np.nan
    return numbers.data


def _text_bytes(values: pd.Series) -> bytes:
    return b"".join(len(text).to_bytes(4, "little") + text for text in (each.encode() for each in values))
