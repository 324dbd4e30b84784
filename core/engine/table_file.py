"""Reading a table from a CSV or a Parquet file, each row known by its line.

CSV cells stay texts: what they mean is for table_cells.py and table_times.py.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from core.base.errors import DataError

__all__ = ["CsvLayout", "TableFile", "read_table_file"]


@dataclass(frozen=True)
class CsvLayout:
    """How a CSV file is written."""

    delimiter: str = ","
    encoding: str = "utf-8"


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
    _line_of: Callable[[int], str]

    @property
    def names(self) -> Sequence[str]:
        """The columns' names, each once."""
        return [str(name) for name in self.columns.column_names]

    def where(self, row: int) -> str:
        """Return how messages name the row at a position: "prices.csv, line 17" (Parquet: "row 16")."""
        return f"{self.path}, {self._line_of(row)}"


def read_table_file(path: Path, layout: CsvLayout = CsvLayout()) -> TableFile:
    """Read a Parquet file (.parquet, .pq) or a CSV file (any other name; .gz is unpacked).

    Raises
    ------
    DataError
        If the file cannot be read, has no rows, names a column twice, or a row has more or fewer cells than the header.
    """
    is_parquet = path.suffix in {".parquet", ".pq"}
    table, line_of = _read_parquet(path) if is_parquet else _read_csv(path, layout)
    twice = [name for name in table.column_names if table.column_names.count(name) > 1]
    if twice:
        raise DataError(f"{path}: column {twice[0]!r} appears twice; each name may appear once. Rename one of them.")
    if not table.num_rows:
        raise DataError(
            f"{path}: the file has columns and no rows; it needs at least one bar. Check how it was written."
        )
    return TableFile(path, table, line_of)


def _open_text(path: Path, encoding: str) -> Any:  # noqa: ANN401 - a text stream, of a plain or a gzip file
    encoding = "utf-8-sig" if encoding.lower().replace("-", "") == "utf8" else encoding
    return (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding=encoding, newline="")


def _read_csv(path: Path, layout: CsvLayout) -> tuple[pa.Table, Callable[[int], str]]:
    header = _header(path, layout)
    wrong: list[str] = []

    def refuse(row: Any) -> str:  # noqa: ANN401 - pyarrow ships no types
        wrong.append(f"it has {row.actual_columns} cells, and the header has {row.expected_columns}")
        wrong.append(str(row.number))
        return "error"

    options = {
        "read_options": arrow_csv.ReadOptions(use_threads=False, encoding=layout.encoding),
        "parse_options": arrow_csv.ParseOptions(
            delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=refuse
        ),
        "convert_options": arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
    }
    try:
        table = arrow_csv.read_csv(path, **options)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        if wrong:
            where = _csv_line(path, layout, int(wrong[1]) - 2)
            raise DataError(f"{path}, {where}: {wrong[0]}; they must be equal. Quote or complete the row.") from error
        raise DataError(f"{path}: it cannot be read as CSV in {layout.encoding}: {error}. Check the file.") from error
    return table, lambda row: _csv_line(path, layout, row)


def _header(path: Path, layout: CsvLayout) -> list[str]:
    try:
        with _open_text(path, layout.encoding) as lines:
            header = next((cells for cells in csv.reader(lines, delimiter=layout.delimiter) if cells), [])
    except (OSError, UnicodeError, csv.Error) as error:
        raise DataError(
            f"{path}: it cannot be read as CSV in {layout.encoding}: {error}. Check the file, or set encoding."
        ) from error
    if not header:
        raise DataError(f"{path}: the file is empty; it needs a header and at least one bar.")
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise DataError(f"{path}: column {twice[0]!r} appears twice; each name may appear once. Rename one of them.")
    return header


def _csv_line(path: Path, layout: CsvLayout, row: int) -> str:
    # Empty lines and quoted line breaks shift lines against rows, so the line is counted when it is asked for.
    with _open_text(path, layout.encoding) as lines:
        reader = csv.reader(lines, delimiter=layout.delimiter)
        filled = (reader.line_num for cells in reader if cells)
        return f"line {next(islice(filled, row + 1, None))}"


def _read_parquet(path: Path) -> tuple[pa.Table, Callable[[int], str]]:
    try:
        table = parquet.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path}: it cannot be read as Parquet: {error}. Check the file, or rename it if it is CSV."
        ) from error
    return table, lambda row: f"row {row + 1}"
