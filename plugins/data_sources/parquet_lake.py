"""Prices from many Parquet files at once, read by DuckDB. docs/data.md shows it at work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import qlop
from pydantic import Field, field_validator
from qlop.engine import SourceColumn  # noqa: TC002 - Params need it when the class is made

from plugins.data_sources._own_prices import (
    NoCorporateActions,
    PriceAdjustment,
    RateInPercent,
    TimestampFormat,
    Timezone,
)

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from plugins.data_sources._lake import Lake
    from plugins.data_sources._lake_rows import LakeRows


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

        path: qlop.LocalPath = Field(
            min_length=1, description="A folder, or a pattern (lake/**/*.parquet); relative paths start here."
        )
        columns: dict[SourceColumn, str] = Field(
            default_factory=dict, description="Panel column to the files' column or folder key; '' says there is none."
        )
        timestamp_format: TimestampFormat = Field(
            default=None, description="strptime format, or epoch_s, epoch_ms, epoch_us; null: times, dates or ISO 8601."
        )
        timezone: Timezone = None
        price_adjustment: PriceAdjustment = "raw"
        no_corporate_actions: NoCorporateActions = False
        rate_in_percent: RateInPercent = False
        memory_limit_mb: int = Field(
            default=1_024, ge=64, le=1_048_576, description="What DuckDB may use, besides the rows that are returned."
        )

        @field_validator("path")
        @classmethod
        def _path_is_local(cls, path: str) -> str:
            if "://" in path:
                raise ValueError(f"{path!r} is no path of this machine; no network is used. Copy or mount the files")
            return path

    params: Params

    def check(self) -> None:
        """Refuse a path where no file is. See the contract."""
        from plugins.data_sources._lake_files import refuse_nothing_there

        try:
            refuse_nothing_there(self.params.path)
        except qlop.DataError as error:
            raise qlop.ConfigError(str(error).removeprefix("data_source_params.")) from error

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
        from qlop.engine import panel_from_rows, refuse_other_interval, ticker_shown

        from plugins.data_sources._lake import open_lake
        from plugins.data_sources._lake_rows import LakeRows
        from plugins.data_sources._own_prices import say_padded

        lake = open_lake(self.params, tickers)
        rows = LakeRows(self.params, interval)
        with lake.connection() as connection:
            for batch in lake.batches(connection, tickers, start, end):
                self.access.check_cancelled()
                rows.add(lake, batch)
            self._refuse_lost(lake, connection, tickers, rows)
            if not rows.tickers:
                raise qlop.DataError(
                    f"{self.params.path}: no bar lies in {start or 'the first bar'} to {end or 'the last bar'} "
                    f"({len(lake.files)} files). Change data.start_date, data.end_date or data.tickers."
                )
        say_padded(self.access, self.params.path, rows.padded, rows.tickers)
        for done, ticker in enumerate(rows.tickers, start=1):
            self.access.progress(ticker_shown(ticker), done, len(rows.tickers))
        bars, origin_of_row = rows.taken()
        origin = self.params.path
        refuse_other_interval(bars, interval, origin=origin)
        panel = panel_from_rows(
            bars, origin=origin, origin_of_row=origin_of_row, start=start, end=end, time_order="any"
        )
        panel.attrs["adjustment"] = self.params.price_adjustment
        return panel

    def _refuse_lost(
        self, lake: Lake, connection: duckdb.DuckDBPyConnection, wanted: Sequence[str] | None, rows: LakeRows
    ) -> None:
        """Refuse tickers that the lake lacks, and those that it holds with white space too, whose rows did not come."""
        from plugins.data_sources._own_prices import among_held

        if wanted is None:
            return
        found = set(rows.tickers)
        held = dict.fromkeys(lake.tickers(connection))
        for padded in (ticker for ticker in held if ticker.strip() in found and ticker not in wanted):
            if padded != padded.strip():
                raise qlop.DataError(
                    f"{self.params.path}: ticker {padded.strip()!r} is held as {padded!r} too, with white space, and "
                    "rows of that would be left out. Correct the files, or leave data.tickers out to read all."
                )
        for ticker in (ticker for ticker in wanted if ticker not in found):
            if ticker not in held:
                raise qlop.DataError(
                    f"{self.params.path}: no row is of ticker {ticker!r}.{among_held(ticker, held)} Correct "
                    "data.tickers."
                )
