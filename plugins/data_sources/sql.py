"""Prices from a database. docs/data.md shows it at work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import qlop
from pydantic import Field, SecretStr, field_validator, model_validator
from qlop.engine import SourceColumn  # noqa: TC002 - Params need it when the class is made

from plugins.data_sources._own_prices import (
    NoCorporateActions,
    PriceAdjustment,
    RateInPercent,
    TimestampFormat,
    Timezone,
)
from plugins.data_sources._sql_read_only import refuse_other_than_select

if TYPE_CHECKING:
    import pandas as pd


class Sql(qlop.DataSourcePlugin):
    """A table, a view or a query of a database, read through SQLAlchemy and never written.

    Columns are found by their names or as `columns` says, in whatever order rows come. Tickers and dates are bound into
    the question, so that only what is wanted travels, a batch at a time. Every fault is named with its row, column,
    ticker and time. Nothing is guessed, filled or dropped.
    """

    name = "sql"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `sql`."""

        url: SecretStr | None = Field(
            default=None,
            description="Where the database's URL is kept: env:NAME or file:PATH; it holds a password. Or sqlite_file.",
        )
        sqlite_file: qlop.LocalPath | None = Field(
            default=None, min_length=1, description="A SQLite file, instead of url: prices.db or sqlite:///prices.db."
        )
        table: str | None = Field(default=None, min_length=1, description="A table or view. Or query.")
        schema_name: str | None = Field(
            default=None, min_length=1, description="The table's schema; null: the default."
        )
        query: str | None = Field(
            default=None, min_length=1, description="A SELECT instead of table; it may name :start, :end and :tickers."
        )
        columns: dict[SourceColumn, str] = Field(
            default_factory=dict, description="Panel column to the table's column; '' says that the table has none."
        )
        ticker: str | None = Field(
            default=None, min_length=1, max_length=64, description="Ticker of rows without a ticker column."
        )
        timestamp_format: TimestampFormat = Field(
            default=None, description="strptime format, or epoch_s, epoch_ms, epoch_us; null: times, dates or ISO 8601."
        )
        timezone: Timezone = None
        price_adjustment: PriceAdjustment = "raw"
        no_corporate_actions: NoCorporateActions = False
        rate_in_percent: RateInPercent = False
        batch_rows: int = Field(default=50_000, ge=1, le=1_000_000, description="Rows that travel at a time.")
        timeout_s: float = Field(
            default=60.0, ge=0.1, le=3600.0, description="Longest wait for a connection, a lock and each batch."
        )

        cached: bool = Field(
            default=False, description="Keep what was read, and ask only for what is missing: for slow databases."
        )
        tickers_at_once: int = Field(
            default=200, ge=1, le=10_000, description="cached: tickers of one question, kept before the next is asked."
        )
        overlap_bars: int = Field(
            default=5, ge=1, le=1_000, description="cached: kept bars asked for again, to notice a rewritten history."
        )
        refresh: bool = Field(default=False, description="cached: read everything anew and replace what is kept.")

        @field_validator("sqlite_file")
        @classmethod
        def _file_is_a_path(cls, sqlite_file: str | None) -> str | None:
            return None if sqlite_file is None else sqlite_file.removeprefix("sqlite:///")

        @field_validator("url")
        @classmethod
        def _url_is_no_file(cls, url: SecretStr | None) -> SecretStr | None:
            if url is not None and url.get_secret_value().startswith(("sqlite:", "sqlite+")):
                raise ValueError("a SQLite file needs no url, which refers to a secret; give its path as sqlite_file")
            return url

        @field_validator("query")
        @classmethod
        def _query_reads(cls, query: str | None) -> str | None:
            return None if query is None else refuse_other_than_select(query)

        @model_validator(mode="after")
        def _choices_agree(self) -> Sql.Params:
            if (self.url is None) == (self.sqlite_file is None):
                raise ValueError("give one of url and sqlite_file: where the database is")
            if (self.table is None) == (self.query is None):
                raise ValueError("give one of table and query: what is read of it")
            if self.schema_name is not None and self.table is None:
                raise ValueError("schema_name is for table; a query names schemas itself")
            if self.refresh and not self.cached:
                raise ValueError("refresh is for cached: without it everything is read anew each time")
            if self.cached and self.query is not None:
                _refuse_unbounded(self.query)
            return self

    params: Params

    def check(self) -> None:
        """Refuse a SQLite file that is not there. See the contract."""
        from plugins.data_sources._sql_database import existing_file

        if self.params.sqlite_file is not None:
            try:
                existing_file(self.params.sqlite_file)
            except qlop.DataError as error:
                raise qlop.ConfigError(f"sqlite_file: {error}") from error

    def load_data(
        self, tickers: Sequence[str] | None, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        """Return the database's bars of the tickers that lie from start to end.

        Daily, weekly and monthly bars bear their session's date at 00:00 UTC; others their start.

        Raises
        ------
        DataError
            If the database cannot be reached or refuses, a table, column or ticker is missing, a cell cannot be read
            exactly, or the bars break a promise of the price panel.
        """
        from qlop.engine import panel_from_rows, refuse_other_interval

        from plugins.data_sources._sql_database import open_database
        from plugins.data_sources._sql_kept import kept_and_missing_rows
        from plugins.data_sources._sql_question import Wanted
        from plugins.data_sources._sql_reading import Reading

        params, wanted = self.params, Wanted(tickers, start, end)
        self._refuse_open_query(tickers)
        url = None if params.url is None else qlop.resolve_secret(params.url.get_secret_value())
        with open_database(url, params.sqlite_file, params.timeout_s) as database:
            reading = Reading(self, database, interval)
            if params.cached:
                rows, place_of = kept_and_missing_rows(self, database, reading, wanted, interval)
            else:
                rows, place_of = reading.wanted_rows(wanted)
        refuse_other_interval(rows, interval, origin=reading.origin)
        panel = panel_from_rows(
            rows, origin=reading.origin, origin_of_row=place_of, start=start, end=end, time_order="any"
        )
        panel.attrs["adjustment"] = params.price_adjustment
        return panel

    def _refuse_open_query(self, tickers: Sequence[str] | None) -> None:
        if self.params.cached and self.params.query is not None and tickers is None:
            raise qlop.DataError(
                "data_source_params.cached keeps bars ticker by ticker, and a query does not say which there are. Name "
                "them under data.tickers, or read a table or a view."
            )


def _refuse_unbounded(query: str) -> None:
    for name in ("tickers", "start"):
        if not re.search(rf"(?<![:\w\\]):{name}\b", query):
            raise ValueError(
                f"cached asks for some tickers and dates at a time, so query must name :{name} (WHERE code IN :tickers "
                "AND day >= :start)"
            )
