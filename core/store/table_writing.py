"""Writing a frame as Parquet a group of rows at a time, so that a large one is not there twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["ROWS_A_GROUP", "write_parquet"]

ROWS_A_GROUP = 2**20


def write_parquet(frame: pd.DataFrame, path: Path, *, rows_a_group: int = ROWS_A_GROUP) -> None:
    """Write a frame; index levels become columns, a RangeIndex costs nothing.

    Raises
    ------
    pyarrow.ArrowException, TypeError, ValueError
        If a column has no Parquet form.
    """
    import pyarrow as pa
    from pyarrow import parquet

    first = pa.Table.from_pandas(frame.iloc[:rows_a_group])
    # What pandas reads the index from is that of all rows.
    schema = first.schema if len(frame) <= rows_a_group else pa.Schema.from_pandas(frame)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        writer.write_table(first.cast(schema), row_group_size=rows_a_group)
        del first
        for start in range(rows_a_group, len(frame), rows_a_group):
            rows = pa.Table.from_pandas(frame.iloc[start : start + rows_a_group], schema=schema)
            writer.write_table(rows.cast(schema), row_group_size=rows_a_group)
