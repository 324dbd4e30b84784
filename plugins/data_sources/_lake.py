"""A lake as DuckDB reads it: its own files alone, and of them what may hold the wanted tickers and dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qlop

from plugins.data_sources._lake_files import files_at, folder_values, refuse_other_folders
from plugins.data_sources._lake_schema import (
    bound_value,
    damaged_file,
    refuse_other_schema,
    refuse_other_values,
    schema_of,
)

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from qlop.engine import SourceColumn

    from plugins.data_sources.parquet_lake import ParquetLake

__all__ = ["Lake", "open_lake"]

_ROWS_AT_ONCE = 100_000
_SETTINGS: Mapping[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
}
# Values of folders stay texts, so that the ticker 007 does.
_TABLE = (
    "read_parquet(?, hive_partitioning = true, hive_types_autocast = false, union_by_name = true, "
    "filename = '__file', file_row_number = true)"
)


@dataclass(frozen=True)
class Lake:
    """The files that may be read, and what their columns mean."""

    params: ParquetLake.Params
    files: Sequence[Path]
    columns: Mapping[SourceColumn, str]
    types: Mapping[str, Any]
    folder_tickers: Sequence[str] | None

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a database in memory that may open these files alone."""
        import duckdb

        connection = duckdb.connect(":memory:", config=dict(_SETTINGS))
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET memory_limit = '{self.params.memory_limit_mb}MB'")
        allowed = ", ".join(_quoted(str(file), "'") for file in self.files)
        connection.execute(f"SET allowed_paths = [{allowed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection

    def query(self, tickers: Sequence[str] | None, start: date | None, end: date | None) -> tuple[str, list[object]]:
        """Return the query of the bars, and its values.

        Tickers and dates stand beside the bare columns, so that DuckDB compares them with the statistics of files and
        row groups and leaves out those that cannot match. Dates are widened; the panel is cut to them exactly.
        """
        chosen = ", ".join(f"{_quoted(name)} AS {_quoted(column)}" for column, name in self.columns.items())
        values: list[object] = [[str(file) for file in self.files]]
        tests = []
        if tickers is not None:
            tests.append(f"{_quoted(self.columns['ticker'])} IN ({', '.join('?' * len(tickers))})")
            values += tickers
        kind, written = self.types[self.columns["timestamp"]], self.params.timestamp_format
        for bound, sign in ((start, ">="), (end, "<")):
            value = None if bound is None else bound_value(bound, sign, kind, written)
            if value is not None:
                tests.append(f"{_quoted(self.columns['timestamp'])} {sign} ?")
                values.append(value)
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        text = f"SELECT {chosen}, __file, file_row_number AS __row FROM {_TABLE}{where}"  # noqa: S608 - names are quoted
        return text, values

    def tickers(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """Return all tickers that the lake holds."""
        if self.folder_tickers is not None:
            return list(self.folder_tickers)
        text = f"SELECT DISTINCT {_quoted(self.columns['ticker'])}::VARCHAR FROM {_TABLE} ORDER BY 1"  # noqa: S608
        found = connection.execute(text, [[str(file) for file in self.files]]).fetchall()
        return [str(ticker) for (ticker,) in found]

    def batches(
        self,
        connection: duckdb.DuckDBPyConnection,
        tickers: Sequence[str] | None,
        start: date | None,
        end: date | None,
    ) -> Iterator[pa.Table]:
        """Yield the rows, some at a time."""
        import duckdb
        import pyarrow as pa

        text, values = self.query(tickers, start, end)
        try:
            reader = connection.sql(text, params=values).to_arrow_reader(_ROWS_AT_ONCE)
            for batch in reader:
                if batch.num_rows:
                    yield pa.Table.from_batches([batch])
        except duckdb.OutOfMemoryException as error:
            raise qlop.DataError(
                f"{self.params.path}: reading needs more than data_source_params.memory_limit_mb "
                f"{self.params.memory_limit_mb}. Raise it, or write the files in smaller row groups."
            ) from error
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise qlop.DataError(
                f"{damaged_file(self.files) or self.params.path}: it cannot be read: {str(error).splitlines()[0]} "
                "Check or replace the file."
            ) from error


def open_lake(params: ParquetLake.Params, wanted: Sequence[str] | None) -> Lake:
    """Return the files that may hold what is wanted, all of one schema.

    Raises
    ------
    DataError
        If there is none, a column is missing, or one has another schema or other folders.
    """
    import pyarrow as pa
    from qlop.engine import source_columns

    root, files = files_at(params.path)
    folders = {file: folder_values(file, root) for file in files}
    refuse_other_folders(folders)
    first = files[0]
    schema = {field.name: field.type for field in schema_of(first)} | dict.fromkeys(folders[first], pa.string())
    columns = source_columns(list(schema), params.columns, origin=str(first))
    if "ticker" not in columns:
        raise qlop.DataError(
            f"{first}: no column and no folder is ticker; it has {', '.join(schema)}. Name it under "
            "data_source_params.columns.ticker, or use folders such as ticker=AAPL."
        )
    key = columns["ticker"]
    folder_tickers = sorted({folders[file][key] for file in files}) if key in folders[first] else None
    if wanted is not None and folder_tickers is not None:
        files = [file for file in files if folders[file][key] in wanted] or files[:1]
    lake = Lake(params, files, columns, schema, folder_tickers)
    for file in files:
        refuse_other_schema(file, lake, first, folders[file])
        refuse_other_values(file, columns.values(), folders[file])
    return lake


def _quoted(text: str, mark: str = '"') -> str:
    return mark + text.replace(mark, mark * 2) + mark
