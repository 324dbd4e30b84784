"""Reading a table out of a CSV or a Parquet file some rows at a time, each row known by its line.

1. CSV is split into rows of texts, a few megabytes at a time; what the texts mean is for table_cells.py and
   table_times.py.
2. Parquet is read page by page, only the columns that are asked for.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from core.base.errors import DataError
from core.engine.csv_header import NOT_CSV, header_hint, named_columns

__all__ = ["USUAL_LAYOUT", "CsvLayout", "TableBlock", "TableReader", "open_table_file"]

_BYTES_READ = 2**20  # Arrow reads up to 32 times as many ahead
_BATCHES_AT_ONCE = 4
_ROWS_AT_ONCE = 2**16
_LONGEST_CELL = 2**31 - 1  # what Arrow reads as one cell


@dataclass(frozen=True)
class CsvLayout:
    """How a CSV file is written."""

    delimiter: str = ","
    encoding: str = "utf-8"


USUAL_LAYOUT = CsvLayout()


@dataclass(frozen=True)
class TableBlock:
    """Some rows of a file that follow each other.

    Attributes
    ----------
    first_row : int
        Where the first of them stands among all.
    columns : pyarrow.Table
        Their cells; texts where the file is CSV.
    """

    first_row: int
    columns: pa.Table


class TableReader(ABC):
    """A file whose header has been read.

    Attributes
    ----------
    path : Path
        The file.
    names : sequence of str
        The columns' names, each once.
    n_rows : int or None
        How many rows there are, None where the file does not say.
    hint : str
        The next step where the header is none of a table of prices, "" where it may be one.
    """

    path: Path
    names: Sequence[str]
    n_rows: int | None = None
    hint: str = ""

    @abstractmethod
    def blocks(self, names: Sequence[str]) -> Iterator[TableBlock]:
        """Yield all rows of these columns, some at a time.

        Raises
        ------
        DataError
            If the file cannot be read, has no rows, or a row has more or fewer cells than the header.
        """

    @abstractmethod
    def where(self, row: int) -> str:
        """Return how messages name the row at a position: "prices.csv, line 17" (Parquet: "row 16")."""


def open_table_file(path: Path, layout: CsvLayout = USUAL_LAYOUT) -> TableReader:
    """Open a Parquet file (.parquet, .pq) or a CSV file (any other name; .gz is unpacked).

    Raises
    ------
    DataError
        If the file cannot be read, or names a column twice.
    """
    is_parquet = path.suffix.lower() in {".parquet", ".pq"}
    opened: TableReader = _ParquetReader(path) if is_parquet else _CsvReader(path, layout)
    twice = [name for name in opened.names if opened.names.count(name) > 1]
    if twice:
        next_step = opened.hint or "Rename one of them."
        raise DataError(f"{path}: column {twice[0]!r} appears twice; each name may appear once. {next_step}")
    return opened


class _CsvReader(TableReader):
    def __init__(self, path: Path, layout: CsvLayout) -> None:
        self.path = path
        self._layout = layout
        self._is_packed = path.suffix.lower() == ".gz"
        header, last_line = self._header()
        self.names, self.hint = named_columns(header), header_hint(header)
        # Arrow reads the header itself, but where a name is empty: then it is told them all.
        self._lines_skipped = last_line if "" in header else 0

    def blocks(self, names: Sequence[str]) -> Iterator[TableBlock]:
        first_row = 0
        wrong: list[Any] = []
        with self._faults_told(wrong):
            batches = iter(self._opened(names, wrong))
            while some := list(islice(batches, _BATCHES_AT_ONCE)):
                rows = pa.Table.from_batches(some)
                if rows.num_rows:
                    yield TableBlock(first_row, rows)
                    first_row += rows.num_rows
        _refuse_no_rows(self.path, first_row)
        _give_back_memory()

    def where(self, row: int) -> str:
        # Empty lines and quoted line breaks shift lines against rows, so the line is counted when it is asked for.
        with self._text() as lines:
            return f"{self.path}, line {next(islice(self._last_lines(lines), row + 1, None))}"

    def _last_lines(self, lines: Iterable[str]) -> Iterator[int]:
        """Yield the number of the line that each row ends with, the header's first."""
        reader = csv.reader(lines, delimiter=self._layout.delimiter)
        before = csv.field_size_limit(_LONGEST_CELL)
        try:
            yield from (reader.line_num for cells in reader if cells)
        finally:
            csv.field_size_limit(before)

    def _opened(self, names: Sequence[str], wrong: list[Any]) -> Any:  # noqa: ANN401 - pyarrow ships no types
        def refuse(row: Any) -> str:  # noqa: ANN401 - pyarrow ships no types
            wrong.append(row)
            return "error"

        return arrow_csv.open_csv(
            pa.input_stream(str(self.path), compression="gzip") if self._is_packed else self.path,
            read_options=arrow_csv.ReadOptions(
                use_threads=False,
                encoding=self._layout.encoding,
                block_size=_BYTES_READ,
                skip_rows=self._lines_skipped,
                column_names=self.names if self._lines_skipped else None,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._layout.delimiter, newlines_in_values=True, invalid_row_handler=refuse
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(self.names, pa.string()),
                include_columns=list(names),
                strings_can_be_null=False,
            ),
        )

    @contextmanager
    def _faults_told(self, wrong: list[Any]) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError, UnicodeError) as error:
            if wrong:
                row = wrong[0]
                place = self.where(row.number - 1 - (self._lines_skipped or 1))
                raise DataError(
                    f"{place}: it has {row.actual_columns} cells, and the header has {row.expected_columns}; they must "
                    "be equal. Quote or complete the row."
                ) from error
            raise DataError(
                f"{self.path}: it cannot be read as CSV in {self._layout.encoding}: {error}. Check the file."
            ) from error

    def _header(self) -> tuple[list[str], int]:
        """Return the header's cells, and the number of the line that it ends with."""
        try:
            self._refuse_other_form()
            with self._text() as lines:
                reader = csv.reader(lines, delimiter=self._layout.delimiter)
                header = next((cells for cells in reader if cells), [])
        except (OSError, EOFError, zlib.error, UnicodeError, csv.Error) as error:
            raise DataError(
                f"{self.path}: it cannot be read as CSV in {self._layout.encoding}: {error}. Check the file, or set "
                "encoding."
            ) from error
        if not header:
            raise DataError(f"{self.path}: the file is empty; it needs a header and at least one bar.")
        return header, reader.line_num

    def _refuse_other_form(self) -> None:
        if self._is_packed or "16" in self._layout.encoding:
            return
        with self.path.open("rb") as file:
            start = file.read(4)
        for first_bytes, what in NOT_CSV.items():
            if start.startswith(first_bytes):
                raise DataError(f"{self.path}: it cannot be read as CSV in {self._layout.encoding}; {what}.")

    def _text(self) -> Any:  # noqa: ANN401 - a text stream, of a plain or a gzip file
        encoding = self._layout.encoding
        encoding = "utf-8-sig" if encoding.lower().replace("-", "") == "utf8" else encoding
        return (gzip.open if self._is_packed else open)(self.path, "rt", encoding=encoding, newline="")


class _ParquetReader(TableReader):
    def __init__(self, path: Path) -> None:
        self.path = path
        with self._faults_told():
            # Not buffered ahead: one group of rows may hold the whole file.
            self._file = parquet.ParquetFile(path, pre_buffer=False, buffer_size=2**20)
            self.names = [str(name) for name in self._file.schema_arrow.names]
            self.n_rows = self._file.metadata.num_rows

    def blocks(self, names: Sequence[str]) -> Iterator[TableBlock]:
        first_row = 0
        _refuse_no_rows(self.path, self.n_rows or 0)
        with self._faults_told():
            for batch in self._file.iter_batches(_ROWS_AT_ONCE, columns=list(names)):
                yield TableBlock(first_row, pa.Table.from_batches([batch]))
                first_row += batch.num_rows
        _give_back_memory()

    def where(self, row: int) -> str:
        return f"{self.path}, row {row + 1}"

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"{self.path}: it cannot be read as Parquet: {error}. Check the file, or rename it if it is CSV."
            ) from error


def _refuse_no_rows(path: Path, n_rows: int) -> None:
    if not n_rows:
        raise DataError(
            f"{path}: the file has columns and no rows; it needs at least one bar. Check how it was written."
        )


def _give_back_memory() -> None:
    """Return what Arrow keeps for blocks to come, which it would keep for good."""
    pa.default_memory_pool().release_unused()
