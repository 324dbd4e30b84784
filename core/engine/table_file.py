"""A table from a CSV or a Parquet file, all of it at once: for files that are small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from core.engine.table_reader import USUAL_LAYOUT, CsvLayout, TableReader, open_table_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CsvLayout", "TableFile", "read_table_file"]


@dataclass(frozen=True)
class TableFile:
    """A file as it was read.

    Attributes
    ----------
    path : Path
        The file.
    columns : pyarrow.Table
        Its columns; texts where the file is CSV.
    """

    path: Path
    columns: pa.Table
    _reader: TableReader

    @property
    def names(self) -> Sequence[str]:
        """The columns' names, each once."""
        return self._reader.names

    def where(self, row: int) -> str:
        """Return how messages name the row at a position: "prices.csv, line 17" (Parquet: "row 16")."""
        return self._reader.where(row)


def read_table_file(path: Path, layout: CsvLayout = USUAL_LAYOUT) -> TableFile:
    """Read a Parquet file (.parquet, .pq) or a CSV file (any other name; .gz is unpacked).

    Raises
    ------
    DataError
        If the file cannot be read, has no rows, names a column twice, or a row has more or fewer cells than the header.
    """
    reader = open_table_file(path, layout)
    return TableFile(path, pa.concat_tables(block.columns for block in reader.blocks(reader.names)), reader)
