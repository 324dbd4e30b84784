"""Prices from many Parquet files at once, read by DuckDB. docs/data.md shows it at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote
from zoneinfo import available_timezones

import qlop
from pydantic import Field, field_validator
from qlop.engine import SourceColumn  # noqa: TC002 - pydantic reads it

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

_SESSION_UNITS = ("d", "wk", "mo")
_SUFFIXES = (".parquet", ".pq")
_ROWS_AT_ONCE = 100_000
# A session's date and its moment in UTC differ by less than a day in any zone; the exact cut is made later.
_MARGIN = timedelta(days=2)
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
_NUMBERS: tuple[SourceColumn, ...] = (
    "open", "high", "low", "close", "volume", "adjusted_close", "dividend", "split", "risk_free_rate_annual",
)  # fmt: skip
_ABSENT: Mapping[SourceColumn, float] = {"dividend": 0.0, "split": 1.0}
_EPOCH_SECONDS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}


class ParquetLake(qlop.DataSourcePlugin):
    """Parquet files of one schema, as many as there are, partitioned by folders (`ticker=AAPL/year=2004`) or not.

    DuckDB reads them: only the columns that a panel has, and only the files and row groups that may hold the tickers
    and the dates, within a memory limit. It may open the files that the pattern names and nothing else.
    """

    name = "parquet_lake"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `parquet_lake`."""

        path: str = Field(
            min_length=1, description="A folder, or a pattern (lake/**/*.parquet); relative paths start here."
        )
        columns: dict[SourceColumn, str] = Field(
            default_factory=dict, description="Panel column to the files' column or folder key; '' says there is none."
        )
        timestamp_format: Literal["epoch_s", "epoch_ms", "epoch_us"] | None = Field(
            default=None, description="How whole numbers count time; null: dates, timestamps or ISO 8601 texts."
        )
        timezone: str | None = Field(
            default=None, description="Zone of times that bear none, and the exchange's, such as America/New_York."
        )
        price_adjustment: Literal["raw", "splits", "total_return"] = Field(
            default="raw", description="What the prices are adjusted for already."
        )
        no_corporate_actions: bool = Field(
            default=False, description="These instruments never pay or split (currencies, futures, price indices)."
        )
        rate_in_percent: bool = Field(default=False, description="1.5 in the rate column means 1.5 % a year.")
        memory_limit_mb: int = Field(
            default=1_024, ge=64, le=1_048_576, description="What DuckDB may use, besides the rows that are returned."
        )

        @field_validator("timezone")
        @classmethod
        def _zone_is_known(cls, zone: str | None) -> str | None:
            if zone is not None and zone not in available_timezones():
                near = get_close_matches(zone, available_timezones(), n=1)
                raise ValueError(f"{zone!r} is no IANA time zone{f'; did you mean {near[0]}?' if near else ''}")
            return zone

        @field_validator("path")
        @classmethod
        def _path_is_local(cls, path: str) -> str:
            if "://" in path:
                raise ValueError(f"{path!r} is no path of this machine; no network is used. Copy or mount the files")
            return path

    params: Params

    def load_data(
        self, tickers: Sequence[str] | None, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        """Return the lake's bars of the tickers that lie from start to end.

        Rows may lie in any order and in any file; they are sorted by ticker and time. A bar that is there twice is
        refused with both its places.

        Raises
        ------
        DataError
            If no file is there, one has another schema or cannot be read, a column or a ticker is missing, a cell
            cannot be read exactly, or the bars break a promise of the price panel.
        """
        from qlop.engine import panel_from_rows, refuse_other_interval

        lake = _open_lake(self.params, tickers)
        rows = _Rows(self.params)
        with lake.connection() as connection:
            for batch in lake.batches(connection, tickers, start, end):
                self.access.check_cancelled()
                rows.add(lake, batch, interval)
            dates = f"{start or 'the first bar'} to {end or 'the last bar'}"
            _refuse_nothing(lake, connection, tickers, rows.tickers, dates)
        frame, origin_of_row = rows.joined()
        for done, ticker in enumerate(rows.tickers, start=1):
            self.access.progress(ticker, done, len(rows.tickers))
        origin = self.params.path
        refuse_other_interval(frame, interval, origin=origin)
        panel = panel_from_rows(frame, origin=origin, origin_of_row=origin_of_row, start=start, end=end)
        panel.attrs["adjustment"] = self.params.price_adjustment
        return panel


@dataclass(frozen=True)
class _Lake:
    """The files that may be read, and what their columns mean."""

    params: ParquetLake.Params
    files: Sequence[Path]
    columns: Mapping[SourceColumn, str]
    time_type: Any
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
        for bound, sign in ((start, ">="), (end, "<")):
            value = None if bound is None else _bound_value(bound, sign, self.time_type, self.params.timestamp_format)
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
                f"{_damaged(self.files) or self.params.path}: it cannot be read: {str(error).splitlines()[0]} Check or "
                "replace the file."
            ) from error


def _damaged(files: Sequence[Path]) -> Path | None:
    """Return the first file that another reader cannot read either: DuckDB does not always say which one it is."""
    import pyarrow as pa
    from pyarrow import parquet

    for file in files:
        try:
            for _ in parquet.ParquetFile(file).iter_batches(_ROWS_AT_ONCE):
                pass
        except (pa.ArrowException, OSError):
            return file
    return None


def _open_lake(params: ParquetLake.Params, wanted: Sequence[str] | None) -> _Lake:
    """Return the files that may hold what is wanted, all of one schema."""
    import pyarrow as pa
    from qlop.engine import source_columns

    root, files = _files_at(params.path)
    folders = {file: _folder_values(file, root) for file in files}
    _refuse_other_folders(folders)
    first = files[0]
    schema = {field.name: field.type for field in _schema_of(first)} | dict.fromkeys(folders[first], pa.string())
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
    for file in files[1:]:
        _refuse_other_schema(file, first, {name: schema[name] for name in columns.values()}, folders[file])
    return _Lake(params, files, columns, schema[columns["timestamp"]], folder_tickers)


def _files_at(path: str) -> tuple[Path, list[Path]]:
    """Return the folder that the pattern begins in, and the files that it names."""
    place = Path(path).expanduser()
    steps = place.parts
    fixed = next((number for number, step in enumerate(steps) if set("*?[") & set(step)), len(steps))
    if fixed == len(steps) and not place.exists():
        raise qlop.DataError(f"data_source_params.path is {path!r}, and there is nothing there. Correct the path.")
    root = Path(*steps[:fixed]) if fixed else Path()
    pattern = str(Path(*steps[fixed:])) if fixed < len(steps) else "**/*"
    found = [root] if root.is_file() else sorted(file for file in root.glob(pattern) if _is_data(file, root))
    if not found:
        raise qlop.DataError(
            f"data_source_params.path is {path!r}, and no {' or '.join(_SUFFIXES)} file is there. Correct the path."
        )
    for file in found:
        if set("*?[") & set(str(file)):
            raise qlop.DataError(f"{file}: DuckDB takes *, ? and [ in a file's name for a pattern. Rename the file.")
        if not file.resolve().is_relative_to(root.resolve()):
            raise qlop.DataError(
                f"{file} leads to {file.resolve()}, outside of {root.resolve()}, where data_source_params.path begins. "
                "Name that folder in the path, or take the link away."
            )
    return (root.parent if root.is_file() else root), found


def _is_data(file: Path, root: Path) -> bool:
    # Writers leave _SUCCESS, _temporary/ and .crc files beside the data.
    below = file.relative_to(root).parts
    return file.name.endswith(_SUFFIXES) and not any(step.startswith(("_", ".")) for step in below) and file.is_file()


def _folder_values(file: Path, root: Path) -> dict[str, str]:
    """Return the keys and values of folders such as ticker=AAPL."""
    named = (step.partition("=") for step in file.relative_to(root).parts[:-1])
    return {key: unquote(value) for key, sign, value in named if sign and key}


def _schema_of(file: Path) -> pa.Schema:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        raise qlop.DataError(f"{file}: it cannot be read as Parquet: {error}. Check or remove the file.") from error


def _refuse_other_folders(folders: Mapping[Path, Mapping[str, str]]) -> None:
    first, keys = next(iter(folders.items()))
    for file, values in folders.items():
        if set(values) != set(keys):
            raise qlop.DataError(
                f"{file}: its folders name {', '.join(values) or 'no keys'}, and those of {first} "
                f"{', '.join(keys) or 'no keys'}; all files of a lake are partitioned alike. Move it, or narrow "
                "the path."
            )


def _refuse_other_schema(
    file: Path, first: Path, expected: Mapping[str, Any], folder_values: Mapping[str, str]
) -> None:
    held = {field.name: field.type for field in _schema_of(file)}
    for name, kind in expected.items():
        if name in folder_values:
            continue
        found = f"is {held[name]}" if name in held else "is not there"
        if name not in held or _family(held[name]) != _family(kind):
            raise qlop.DataError(
                f"{file}: column {name!r} {found}, and in {first} it is {kind}; all files of a lake have one schema. "
                "Rewrite the file, or narrow data_source_params.path."
            )


def _family(kind: Any) -> str:  # noqa: ANN401 - pyarrow ships no types
    """Return what a type holds, whatever its width: files of one lake may differ in that."""
    from pyarrow import types

    kind = kind.value_type if types.is_dictionary(kind) else kind
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_timestamp(kind):
        return f"timestamp in {kind.tz}" if kind.tz else "timestamp"
    return "text" if types.is_string(kind) or types.is_large_string(kind) else str(kind)


def _bound_value(bound: date, sign: str, kind: Any, timestamp_format: str | None) -> object:  # noqa: ANN401
    """Return the value that a time column of this type is compared with, None where it cannot be."""
    from pyarrow import types

    day = bound - _MARGIN if sign == ">=" else bound + _MARGIN + timedelta(days=1)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if types.is_date(kind):
        return day
    if types.is_timestamp(kind):
        return moment if kind.tz else moment.replace(tzinfo=None)
    if types.is_integer(kind) and timestamp_format is not None:
        return int(moment.timestamp()) * _EPOCH_SECONDS[timestamp_format]
    # ISO texts, written with or without dashes, sort by their year alike.
    return str(day.year if sign == ">=" else day.year + 1) if _family(kind) == "text" else None


def _quoted(text: str, mark: str = '"') -> str:
    return mark + text.replace(mark, mark * 2) + mark


class _Rows:
    """The rows that came so far, each known by its file and its place in it."""

    def __init__(self, params: ParquetLake.Params) -> None:
        self._params = params
        self._parts: list[dict[str, NDArray[Any]]] = []
        self._numbers: dict[str, dict[str, int]] = {"ticker": {}, "__file": {}}

    @property
    def tickers(self) -> list[str]:
        """The tickers of the rows, in the order in which they came."""
        return list(self._numbers["ticker"])

    def add(self, lake: _Lake, batch: pa.Table, interval: str) -> None:
        """Read the cells of a batch.

        Raises
        ------
        DataError
            If one cannot be read exactly.
        """
        from qlop.engine import CellError, numbers_of, texts_of, timestamps_of

        column: SourceColumn = "ticker"
        try:
            part: dict[str, NDArray[Any]] = {"ticker": self._numbered("ticker", texts_of(batch["ticker"]))}
            column = "timestamp"
            times = timestamps_of(
                batch["timestamp"],
                daily=interval.endswith(_SESSION_UNITS),
                timestamp_format=self._params.timestamp_format,
                timezone=self._params.timezone,
            )
            part["timestamp"] = times.asi8
            for column in _NUMBERS:
                if column in lake.columns:
                    part[column] = numbers_of(batch[column], empty=_ABSENT.get(column))
        except CellError as error:
            row = {name: batch[name][error.row].as_py() for name in ("__file", "__row", "ticker")}
            raise qlop.DataError(
                f"{row['__file']}, row {row['__row'] + 1}, column {lake.columns[column]!r}, ticker {row['ticker']}: "
                f"{error.reason}. (data.interval is {interval!r})"
            ) from error
        files = self._numbered("__file", batch["__file"].to_pandas())
        self._parts.append({**part, "__file": files, "__row": batch["__row"].to_numpy()})

    def _numbered(self, name: str, texts: pd.Series) -> NDArray[np.int64]:
        import numpy as np
        import pandas as pd

        known = self._numbers[name]
        codes, values = pd.factorize(texts)
        return np.array([known.setdefault(str(value), len(known)) for value in values], dtype=np.int64)[codes]

    def joined(self) -> tuple[pd.DataFrame, Callable[[int], str]]:
        """Return the rows by ticker and time, and what says where each stands."""
        import numpy as np
        import pandas as pd

        every = {name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]}
        order = np.lexsort((every["timestamp"], every["ticker"]))
        tickers, moments, files, places = (
            every.pop(name)[order] for name in ("ticker", "timestamp", "__file", "__row")
        )
        paths = list(self._numbers["__file"])
        frame = pd.DataFrame(
            {
                "timestamp": pd.DatetimeIndex(moments.view("datetime64[us]")).tz_localize("UTC"),
                "ticker": pd.Categorical.from_codes(tickers, categories=pd.Index(self.tickers, dtype="str")),
                **_completed({name: values[order] for name, values in every.items()}, self._params),
            }
        )
        return frame, lambda row: f"{paths[files[row]]}, row {places[row] + 1}"


def _completed(values: dict[str, NDArray[np.float64]], params: ParquetLake.Params) -> dict[str, NDArray[np.float64]]:
    import numpy as np

    n_rows = len(values["close"])
    values.setdefault("volume", np.zeros(n_rows))
    if params.no_corporate_actions:
        values.setdefault("dividend", np.zeros(n_rows))
        values.setdefault("split", np.ones(n_rows))
    if "split" in values:
        values["split"] = np.where(values["split"] == 0.0, 1.0, values["split"])
    if params.rate_in_percent and "risk_free_rate_annual" in values:
        values["risk_free_rate_annual"] = values["risk_free_rate_annual"] / 100.0
    return values


def _refuse_nothing(
    lake: _Lake, connection: duckdb.DuckDBPyConnection, wanted: Sequence[str] | None, found: Sequence[str], dates: str
) -> None:
    lacking = [ticker for ticker in wanted or () if ticker not in found]
    if lacking:
        held = lake.tickers(connection)
        for ticker in lacking:
            if ticker not in held:
                near = get_close_matches(ticker, held, n=2, cutoff=0.5)
                hint = f" Did you mean {' or '.join(near)}?" if near else ""
                shown = ", ".join(held[:20]) + (f" and {len(held) - 20} more" if len(held) > 20 else "")
                raise qlop.DataError(f"{lake.params.path}: no row is of ticker {ticker!r}.{hint} All: {shown}.")
    if not found:
        raise qlop.DataError(
            f"{lake.params.path}: no bar lies in {dates} ({len(lake.files)} files). Change data.start_date, "
            "data.end_date or data.tickers."
        )
