"""A frame as bytes that bear their key: Parquet, with the key and the frame's attrs in its metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.base.errors import StoreError
from core.store.json_form import json_text

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

__all__ = ["frame_from_bytes", "frame_to_bytes"]

_METADATA = b"qlop"


def frame_to_bytes(frame: pd.DataFrame, key: Mapping[str, JsonValue]) -> bytes:
    """Return the frame, its attrs and the key; two keys never give the same bytes, so that each may drop its own.

    Raises
    ------
    StoreError
        If the frame has no Parquet form, or its attrs no JSON form.
    """
    import pyarrow as pa
    from pyarrow import parquet

    bare = frame.copy(deep=False)
    bare.attrs = {}
    sink = pa.BufferOutputStream()
    try:
        table = pa.Table.from_pandas(bare)
        described = json_text({"key": key, "attrs": frame.attrs}).encode()
        named = table.replace_schema_metadata({**(table.schema.metadata or {}), _METADATA: described})
        parquet.write_table(named, sink, compression="zstd", use_dictionary=False)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise StoreError(f"These bars cannot be written as Parquet: {error}.") from error
    content: bytes = sink.getvalue().to_pybytes()
    return content


def frame_from_bytes(content: bytes, key: Mapping[str, JsonValue]) -> pd.DataFrame | None:
    """Return the frame that `frame_to_bytes` was given with this key; None if the content is anything else."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(pa.BufferReader(content), use_threads=False)
        described = json.loads(table.schema.metadata[_METADATA])
        frame: pd.DataFrame = table.to_pandas()
        frame.attrs, its_key = described["attrs"], described["key"]
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError, RecursionError):
        return None
    return frame if its_key == json.loads(json_text(key)) else None
