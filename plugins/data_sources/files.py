"""Prices from a person's own CSV and Parquet files. docs/data.md shows it at work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

import qlop
from pydantic import Field, field_validator, model_validator
from qlop.engine import FileColumn  # noqa: TC002 - Params need it when the class is made

from plugins.data_sources._own_prices import (
    NoCorporateActions,
    PriceAdjustment,
    RateInPercent,
    TimestampFormat,
    Timezone,
)

if TYPE_CHECKING:
    import pandas as pd

    from plugins.data_sources._files_joined import JoinedFiles


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

        path: qlop.LocalPath = Field(
            min_length=1, description="A file, a folder or a pattern (prices/*.csv); relative paths too."
        )
        columns: dict[FileColumn, str] = Field(
            default_factory=dict, description="Panel column to the file's column; '' says that the file has none."
        )
        ticker: str | None = Field(
            default=None, min_length=1, max_length=64, description="Ticker of a single file without a ticker column."
        )
        timestamp_format: TimestampFormat = Field(
            default=None, description="strptime format, or epoch_s, epoch_ms, epoch_us; null: ISO 8601."
        )
        timezone: Timezone = None
        order: Literal["oldest_first", "newest_first"] = Field(default="oldest_first", description="Order of the rows.")
        delimiter: str = Field(default=",", min_length=1, max_length=1, description="What separates cells in CSV.")
        decimal: Literal[".", ","] = Field(default=".", description="Decimal mark in texts.")
        thousands: Literal["", ",", ".", " ", "'"] = Field(default="", description="Mark between groups of digits.")
        encoding: str = Field(default="utf-8", description="Encoding of CSV files.")
        price_adjustment: PriceAdjustment = "raw"
        no_corporate_actions: NoCorporateActions = False
        returns_only: bool = Field(default=False, description="The files hold simple returns and no prices.")
        returns_in_percent: bool = Field(default=False, description="1.5 in the returns column means 1.5 %.")
        unfunded: bool = Field(default=False, description="returns_only: the returns are in excess of financing.")
        rate_in_percent: RateInPercent = False

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
            return self

    params: Params

    def check(self) -> None:
        """Refuse a path where no file is. See the contract."""
        from plugins.data_sources._files_found import files_at

        try:
            files_at(self.params.path, None)
        except qlop.DataError as error:
            raise qlop.ConfigError(str(error).removeprefix("data_source_params.")) from error

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
        from qlop.engine import panel_from_rows, refuse_other_interval

        from plugins.data_sources._files_returns import turn_returns_into_prices

        params = self.params
        rows, origin_of_row = self._read(tickers, interval).taken()
        if params.returns_only and len(rows):
            turn_returns_into_prices(rows, params.order)
        refuse_other_interval(rows, interval, origin=params.path)
        panel = panel_from_rows(
            rows, origin=params.path, origin_of_row=origin_of_row, start=start, end=end, time_order=params.order
        )
        panel.attrs["adjustment"] = "total_return" if params.returns_only else params.price_adjustment
        return panel

    def _read(self, tickers: Sequence[str] | None, interval: str) -> JoinedFiles:
        """Return the rows of all files, and tell of each ticker that has come."""
        from qlop.engine import CsvLayout, TimeReading, bears_session_dates, open_table_file, ticker_shown

        from plugins.data_sources._files_found import files_at
        from plugins.data_sources._files_joined import JoinedFiles
        from plugins.data_sources._files_rows import FileReading
        from plugins.data_sources._own_prices import say_padded

        params, n_told = self.params, 0
        paths = files_at(params.path, tickers)
        times = TimeReading(
            daily=bears_session_dates(interval), timestamp_format=params.timestamp_format, timezone=params.timezone
        )
        joined = JoinedFiles()
        for path in paths:
            table = open_table_file(path, CsvLayout(params.delimiter, params.encoding))
            times.begin()
            reading = FileReading(table, params, times, interval)
            joined.begin(table)
            for block in reading.blocks(tickers):
                self.access.check_cancelled()
                for ticker in joined.add(block):
                    n_told += 1
                    self.access.progress(ticker_shown(ticker), n_told, max(len(paths), len(tickers or ()), n_told))
            joined.end(reading)
            say_padded(self.access, str(path), reading.padded, tickers or reading.tickers)
        joined.refuse_missing(tickers, params.path)
        return joined
