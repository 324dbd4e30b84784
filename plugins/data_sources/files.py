"""Prices from a person's own CSV and Parquet files. docs/data.md shows it at work."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import qlop
from pydantic import Field, field_validator, model_validator

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from qlop.engine import TableFile

PanelColumn = Literal[
    "timestamp",
    "ticker",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "adjusted_close",
    "dividend",
    "split",
    "risk_free_rate_annual",
    "returns",
]

_ALIASES: Mapping[PanelColumn, tuple[str, ...]] = {
    "timestamp": ("timestamp", "date", "datetime", "time"),
    "ticker": ("ticker", "symbol"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "volume": ("volume",),
    "adjusted_close": ("adjustedclose", "adjclose"),
    "dividend": ("dividend", "dividends"),
    "split": ("split", "splits", "stocksplits"),
    "risk_free_rate_annual": ("riskfreerateannual",),
    "returns": ("returns", "return"),
}
_SESSION_UNITS = ("d", "wk", "mo")
_SUFFIXES = (".csv", ".csv.gz", ".parquet", ".pq")
_PRICES: tuple[PanelColumn, ...] = ("open", "high", "low", "close", "volume")
_EXTRAS: tuple[PanelColumn, ...] = ("adjusted_close", "dividend", "split", "risk_free_rate_annual")


class Files(qlop.DataSourcePlugin):
    """CSV and Parquet files: one for all tickers, or one for each.

    Columns are found by their names, whatever their case (Date, Adj Close, symbol), or as `columns` says. Every fault
    is named with its file, line, column and ticker. Nothing is guessed, filled or dropped.
    """

    name = "files"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `files`."""

        path: str = Field(min_length=1, description="A file, a folder or a pattern (prices/*.csv); relative paths too.")
        columns: dict[PanelColumn, str] = Field(
            default_factory=dict, description="Panel column to the file's column; '' says that the file has none."
        )
        ticker: str | None = Field(
            default=None, min_length=1, max_length=64, description="Ticker of a single file without a ticker column."
        )
        timestamp_format: str | None = Field(
            default=None, description="strptime format, or epoch_s, epoch_ms, epoch_us; null: ISO 8601."
        )
        timezone: str | None = Field(
            default=None, description="Zone of times that bear none, and the exchange's, such as America/New_York."
        )
        order: Literal["oldest_first", "newest_first"] = Field(default="oldest_first", description="Order of the rows.")
        delimiter: str = Field(default=",", min_length=1, max_length=1, description="What separates cells in CSV.")
        decimal: Literal[".", ","] = Field(default=".", description="Decimal mark in texts.")
        thousands: Literal["", ",", ".", " ", "'"] = Field(default="", description="Mark between groups of digits.")
        encoding: str = Field(default="utf-8", description="Encoding of CSV files.")
        price_adjustment: Literal["raw", "splits", "total_return"] = Field(
            default="raw", description="What the files' prices are adjusted for already."
        )
        no_corporate_actions: bool = Field(
            default=False, description="These instruments never pay or split (currencies, futures, price indices)."
        )
        returns_only: bool = Field(default=False, description="The files hold simple returns and no prices.")
        returns_in_percent: bool = Field(default=False, description="1.5 in the returns column means 1.5 %.")
        unfunded: bool = Field(default=False, description="returns_only: the returns are in excess of financing.")
        rate_in_percent: bool = Field(default=False, description="1.5 in the rate column means 1.5 % a year.")

        @field_validator("timezone")
        @classmethod
        def _zone_is_known(cls, zone: str | None) -> str | None:
            if zone is not None and zone not in available_timezones():
                near = get_close_matches(zone, available_timezones(), n=1)
                raise ValueError(f"{zone!r} is no IANA time zone{f'; did you mean {near[0]}?' if near else ''}")
            return None if zone is None else ZoneInfo(zone).key

        @field_validator("encoding")
        @classmethod
        def _encoding_is_known(cls, encoding: str) -> str:
            try:
                "".encode(encoding)
            except LookupError as error:
                raise ValueError(f"{encoding!r} is no known encoding, such as utf-8 or cp1252") from error
            return encoding

        @model_validator(mode="after")
        def _choices_agree(self) -> Files.Params:
            if self.thousands == self.decimal:
                raise ValueError(f"decimal and thousands are both {self.decimal!r}; they must differ")
            if self.unfunded and not self.returns_only:
                raise ValueError("unfunded is for returns_only")
            if self.timestamp_format and "%z" in self.timestamp_format and not self.timestamp_format.endswith("%z"):
                raise ValueError("timestamp_format must have %z at its end")
            return self

    params: Params

    def load_data(
        self, tickers: Sequence[str] | None, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        """Return the files' bars of the tickers that lie from start to end.

        Daily, weekly and monthly bars bear their session's date at 00:00 UTC; others their start.

        Raises
        ------
        DataError
            If no file is there, a file cannot be read, a column or ticker is missing, a cell cannot be read exactly,
            or the bars break a promise of the price panel.
        """
        from qlop.engine import CsvLayout, panel_from_rows, read_table_file, refuse_other_interval

        paths = _files_at(self.params.path, tickers)
        layout = CsvLayout(self.params.delimiter, self.params.encoding)
        tables = [read_table_file(path, layout) for path in paths]
        parts = [_rows_of(table, self.params, tickers, interval) for table in tables]
        rows, origin_of_row = _joined(tables, parts)
        _refuse_missing(tickers, parts, self.params.path)
        refuse_other_interval(rows, interval, origin=self.params.path)
        panel = panel_from_rows(rows, origin=self.params.path, origin_of_row=origin_of_row, start=start, end=end)
        panel.attrs["adjustment"] = "total_return" if self.params.returns_only else self.params.price_adjustment
        return panel


@dataclass(frozen=True)
class _Part:
    """The rows of one file, and where each of them stands in it."""

    rows: pd.DataFrame
    row_numbers: NDArray[np.int64]
    tickers: Sequence[str]


def _files_at(path: str, tickers: Sequence[str] | None) -> list[Path]:
    place = Path(path).expanduser()
    if place.is_file():
        return [place]
    if place.is_dir():
        found = sorted(file for file in place.iterdir() if file.is_file() and file.name.endswith(_SUFFIXES))
        lacking = f"the folder {place.resolve()} holds no {', '.join(_SUFFIXES)} file"
    else:
        anchor = Path(place.anchor) if place.anchor else Path()
        pattern = str(place.relative_to(place.anchor) if place.anchor else place)
        found = sorted(file for file in anchor.glob(pattern) if file.is_file()) if set("*?[") & set(path) else []
        lacking = f"there is no file {place} in {Path.cwd()}" if not place.anchor else f"there is no file {place}"
    if not found:
        raise qlop.DataError(f"data_source_params.path is {path!r}, and {lacking}. Correct the path.")
    by_stem = {_stem(file): file for file in found}
    # With a file for every ticker that is asked for, the others need not be read.
    return [by_stem[ticker] for ticker in tickers] if tickers and set(tickers) <= set(by_stem) else found


def _stem(path: Path) -> str:
    return next(
        (path.name.removesuffix(suffix) for suffix in reversed(_SUFFIXES) if path.name.endswith(suffix)), path.stem
    )


def _columns_in(table: TableFile, params: Files.Params) -> dict[PanelColumn, str]:
    """Return which column of the file is which of the panel."""
    found: dict[PanelColumn, str] = {}
    for column, aliases in _ALIASES.items():
        named = params.columns.get(column)
        if named is None:
            alike = [name for name in table.names if re.sub(r"[\W_]", "", name).lower() in aliases]
            if len(alike) > 1:
                raise qlop.DataError(
                    f"{table.path}: {alike[0]!r} and {alike[1]!r} may both be {column}; say which under "
                    f"data_source_params.columns.{column}."
                )
            if alike:
                found[column] = alike[0]
        elif named:
            if named not in table.names:
                raise qlop.DataError(
                    f"{table.path}: there is no column {named!r}, which data_source_params.columns.{column} names; the "
                    f"file has {', '.join(table.names)}. Correct the name."
                )
            found[column] = named
    return found


def _refuse_lacking(table: TableFile, found: Mapping[PanelColumn, str], params: Files.Params) -> None:
    needed: tuple[PanelColumn, ...] = ("timestamp", "returns") if params.returns_only else ("timestamp", *_PRICES)
    lacking = [
        name for name in needed if name not in found and not (name == "volume" and params.columns.get(name) == "")
    ]
    if lacking:
        hint = " A file without volume says columns: {volume: ''}." if lacking == ["volume"] else ""
        raise qlop.DataError(
            f"{table.path}: no column is {' or '.join(lacking)}; the file has {', '.join(table.names)}. Name the "
            f"columns under data_source_params.columns.{hint}"
        )


def _rows_of(table: TableFile, params: Files.Params, wanted: Sequence[str] | None, interval: str) -> _Part:
    import numpy as np
    import pandas as pd
    from qlop.engine import CellError, timestamps_of

    found = _columns_in(table, params)
    _refuse_lacking(table, found, params)
    numbers = np.arange(table.columns.num_rows)[:: -1 if params.order == "newest_first" else 1]
    tickers = _tickers_of(table, found.get("ticker"), params)[numbers]
    every = list(tickers.categories[pd.unique(tickers.codes)])
    if wanted is not None:
        is_wanted = np.asarray(tickers.isin(list(wanted)))
        numbers, tickers = numbers[is_wanted], tickers[is_wanted]
    if not len(numbers):
        return _Part(pd.DataFrame(), numbers, every)
    is_whole = len(numbers) == table.columns.num_rows and params.order == "oldest_first"
    columns = table.columns if is_whole else table.columns.take(numbers)
    cells = _Cells(table, columns, numbers, tickers, params)
    try:
        times = timestamps_of(
            cells.taken[found["timestamp"]],
            daily=interval.endswith(_SESSION_UNITS),
            timestamp_format=params.timestamp_format,
            timezone=params.timezone,
        )
    except CellError as error:
        fault = cells.fault(found["timestamp"], error)
        raise qlop.DataError(f"{fault} (data.interval is {interval!r})") from error
    rows = pd.DataFrame({"timestamp": times, "ticker": tickers})
    values = _returns_path(cells, rows, found) if params.returns_only else _prices(cells, found)
    return _Part(pd.concat([rows, pd.DataFrame(values, copy=False)], axis=1), numbers, every)


def _tickers_of(table: TableFile, column: str | None, params: Files.Params) -> pd.Categorical:
    import numpy as np
    import pandas as pd
    from qlop.engine import CellError, categories_of

    if column is None:
        only = pd.Index([params.ticker or _stem(table.path)], dtype="str")
        return pd.Categorical.from_codes(np.zeros(table.columns.num_rows, dtype=np.int64), categories=only)
    if params.ticker is not None:
        raise qlop.DataError(
            f"{table.path}: data_source_params.ticker is {params.ticker!r}, but the file's column {column!r} names "
            "tickers. Leave ticker out, or say columns: {ticker: ''}."
        )
    try:
        return categories_of(table.columns[column])
    except CellError as error:
        raise qlop.DataError(f"{table.where(error.row)}, column {column!r}: {error.reason}.") from error


@dataclass(frozen=True)
class _Cells:
    """The rows of a table that are wanted, in order of time."""

    table: TableFile
    taken: Any
    row_numbers: NDArray[np.int64]
    tickers: pd.Categorical
    params: Files.Params

    def numbers(self, column: str, empty: float | None = None) -> NDArray[np.float64]:
        from qlop.engine import CellError, numbers_of

        try:
            return numbers_of(
                self.taken[column], decimal=self.params.decimal, thousands=self.params.thousands, empty=empty
            )
        except CellError as error:
            raise self.fault(column, error) from error

    def fault(self, column: str, error: qlop.DataError) -> qlop.DataError:
        row, reason = getattr(error, "row", 0), getattr(error, "reason", str(error))
        return qlop.DataError(
            f"{self.table.where(int(self.row_numbers[row]))}, column {column!r}, ticker {self.tickers[row]}: {reason}."
        )


def _prices(cells: _Cells, found: Mapping[PanelColumn, str]) -> dict[str, NDArray[np.float64]]:
    import numpy as np

    n_rows = len(cells.row_numbers)
    values: dict[str, NDArray[np.float64]] = {
        name: cells.numbers(found[name]) if name in found else np.zeros(n_rows) for name in _PRICES
    }
    for name in _EXTRAS:
        if name in found:
            values[name] = cells.numbers(found[name], {"dividend": 0.0, "split": 1.0}.get(name))
    if "split" in values:
        values["split"] = np.where(values["split"] == 0.0, 1.0, values["split"])
    if cells.params.no_corporate_actions:
        for name in ("dividend", "split"):
            values.setdefault(name, np.full(n_rows, 0.0 if name == "dividend" else 1.0))
    return _with_rate_as_fraction(values, cells.params)


def _with_rate_as_fraction(
    values: dict[str, NDArray[np.float64]], params: Files.Params
) -> dict[str, NDArray[np.float64]]:
    if params.rate_in_percent and "risk_free_rate_annual" in values:
        values["risk_free_rate_annual"] = values["risk_free_rate_annual"] / 100.0
    return values


def _returns_path(
    cells: _Cells, rows: pd.DataFrame, found: Mapping[PanelColumn, str]
) -> dict[str, NDArray[np.float64]]:
    """Return the prices that begin at 100 and have these returns; a bar opens where the one before closed."""
    import numpy as np

    column = found["returns"]
    returns = cells.numbers(column) / (100.0 if cells.params.returns_in_percent else 1.0)
    if not (returns > -1.0).all():
        row = int(np.argmin(returns > -1.0))
        raise qlop.DataError(
            f"{cells.table.where(int(cells.row_numbers[row]))}, column {column!r}, ticker {cells.tickers[row]}: a "
            f"return of {returns[row]:.6g} loses everything; it must be above -1. Set returns_in_percent if it is "
            "in percent."
        )
    growth = rows.assign(growth=1.0 + returns).groupby("ticker", sort=False)["growth"].cumprod().to_numpy()
    close = 100.0 * growth
    before = rows.assign(close=close).groupby("ticker", sort=False)["close"].shift(fill_value=100.0).to_numpy()
    values = {
        "open": before,
        "high": np.maximum(before, close),
        "low": np.minimum(before, close),
        "close": close,
        "volume": np.zeros(len(close)),
    }
    if "risk_free_rate_annual" in found:
        values["risk_free_rate_annual"] = cells.numbers(found["risk_free_rate_annual"])
    if cells.params.unfunded:
        values["unfunded"] = np.ones(len(close))
    return _with_rate_as_fraction(values, cells.params)


def _joined(tables: Sequence[TableFile], parts: Sequence[_Part]) -> tuple[pd.DataFrame, Callable[[int], str]]:
    import numpy as np
    import pandas as pd

    first_in: dict[str, Path] = {}
    for table, part in zip(tables, parts, strict=True):
        for ticker in part.tickers:
            if ticker in first_in:
                raise qlop.DataError(
                    f"{ticker} is in {first_in[ticker]} and in {table.path}; a ticker's bars must be in "
                    "one file. Join them."
                )
            first_in[ticker] = table.path
    filled = [part.rows for part in parts if len(part.rows)]
    rows = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    if len(filled) > 1:
        rows["ticker"] = pd.api.types.union_categoricals([part["ticker"] for part in filled])
    ends = np.cumsum([len(part.rows) for part in parts])

    def origin_of_row(row: int) -> str:
        number = int(np.searchsorted(ends, row, side="right"))
        within = row - int(ends[number] - len(parts[number].rows))
        return tables[number].where(int(parts[number].row_numbers[within]))

    return rows, origin_of_row


def _refuse_missing(wanted: Sequence[str] | None, parts: Sequence[_Part], path: str) -> None:
    held = [ticker for part in parts for ticker in part.tickers]
    for ticker in wanted or ():
        if ticker not in held:
            near = get_close_matches(ticker, held, n=2, cutoff=0.5)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            shown = ", ".join(held[:20]) + (f" and {len(held) - 20} more" if len(held) > 20 else "")
            raise qlop.DataError(
                f"{path}: no row is of ticker {ticker!r} ({len(parts)} files read).{hint} All: {shown}. A file "
                "without a ticker column bears its ticker as its name."
            )
