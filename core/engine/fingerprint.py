"""A fingerprint of data: equal data give equal digests, on any machine.

1. The index, level by level: its name, its distinct values in order, and each row's position among them.
2. The columns in order of their names: name, kind and values.

Numbers are hashed as little-endian float64 or int64, times as microseconds since 1970 in UTC, texts as UTF-8. All NaNs
are one value, and so are 0.0 and -0.0.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.panel_index import rank_codes

if TYPE_CHECKING:
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
        codes, values = _positions(frame.index, level)
        _feed(digest, f"index {frame.index.names[level]}", pd.Series(values))
        _feed(digest, "positions", pd.Series(codes))
    for column in sorted(map(str, frame.columns)):
        _feed(digest, f"column {column}", frame[column])
    return digest.hexdigest()


def _positions(index: pd.Index, level: int) -> tuple[NDArray[np.int64], pd.Index]:
    """Return each row's position among the sorted values that occur, and those."""
    if isinstance(index, pd.MultiIndex):
        return rank_codes(index, level)
    codes, values = pd.factorize(index, sort=True)
    return codes, pd.Index(values)


def _feed(digest: _Hash, label: str, values: pd.Series) -> None:
    kind, data = _bytes_of(label, values)
    digest.update(f"{label} {kind} {memoryview(data).nbytes};".encode())
    digest.update(data)


def _bytes_of(label: str, values: pd.Series) -> tuple[str, bytes | memoryview]:
    dtype = values.dtype
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind == "M":
        in_utc = values.dt.tz_convert("UTC").dt.tz_localize(None) if isinstance(dtype, pd.DatetimeTZDtype) else values
        return "time", in_utc.to_numpy("datetime64[us]").view("int64").astype("<i8").tobytes()
    if dtype.kind in "iub":
        return "integer", np.ascontiguousarray(values.to_numpy(), dtype="<i8").data
    if dtype.kind == "f":
        numbers = values.to_numpy().astype("<f8", copy=False) + 0.0  # -0.0 + 0.0 is 0.0
        is_missing = np.isnan(numbers)
        if is_missing.any():
            numbers[is_missing] = np.nan
        return "number", numbers.data
    texts = [text for text in values if isinstance(text, str)]
    if len(texts) == len(values):
        return "text", b"".join(len(text).to_bytes(4, "little") + text for text in (each.encode() for each in texts))
    raise DataError(
        f"{label} has dtype {dtype}, which has no fingerprint; it must hold numbers, booleans, times or texts. "
        "Convert the column."
    )
