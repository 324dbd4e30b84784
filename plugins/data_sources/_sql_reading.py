"""From a database's answer to rows of a panel: batch by batch, so that no more than the wanted rows stay in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import qlop

from plugins.data_sources._own_prices import (
    EXTRA_COLUMNS,
    MEANING_OF_EMPTY,
    PRICE_COLUMNS,
    among_held,
    as_said,
    say_padded,
)
from plugins.data_sources._sql_cells import Batch
from plugins.data_sources._sql_gathered import Gathered
from plugins.data_sources._sql_question import query_question, table_question
from plugins.data_sources._sql_table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from qlop.engine import BarRows, SourceColumn

    from plugins.data_sources._sql_database import Database
    from plugins.data_sources._sql_question import Wanted
    from plugins.data_sources.sql import Sql

__all__ = ["Reading"]


class Reading:
    """What a database is asked, and what becomes of its answers.

    Attributes
    ----------
    origin : str
        What is asked of which database, for messages.
    """

    def __init__(self, source: Sql, database: Database, interval: str) -> None:
        self._params = source.params
        self._access = source.access
        self._database = database
        self._interval = interval
        table = self._params.table
        self._table = None if table is None else Table(database, table, self._params.schema_name)
        self.origin = f"the query of {database.place}" if self._table is None else self._table.origin

    def rows(self, wanted: Wanted, *, tell: bool = True) -> tuple[BarRows, Callable[[int], str]]:
        """Return the wanted rows as they came, and what says which row of the answer each one is.

        `tell` says of each ticker that it has come.

        Raises
        ------
        DataError
            If a column is missing, or a cell cannot be read exactly.
        """
        from qlop.engine import ticker_shown

        found, names, parts = self._answer(wanted)
        gathered = Gathered()
        n_read = 0
        for part in parts:
            self._access.check_cancelled()
            new = self._add(gathered, self._batch(names, part, n_read), found, wanted)
            n_read += len(part)
            self._access.log(f"{n_read:,} rows of {self.origin} are read", level="debug")
            for n_seen, ticker in enumerate(new, start=len(gathered.tickers) - len(new) + 1):
                if tell:
                    self._access.progress(
                        ticker_shown(ticker), n_seen, max(len(gathered.tickers), len(wanted.tickers or ()))
                    )
        if tell:
            say_padded(self._access, self.origin, gathered.padded, gathered.tickers)
        return gathered.taken(self.origin)

    def wanted_rows(self, wanted: Wanted) -> tuple[BarRows, Callable[[int], str]]:
        """Return the wanted rows as they came, none of the tickers lacking, and what says where each stands."""
        rows, place_of = self.rows(wanted)
        self.refuse_missing(wanted, set(rows.tickers))
        return rows, place_of

    def every_ticker(self) -> list[str]:
        """Return all tickers of the table."""
        column = self._columns.get("ticker")
        if self._table is None or column is None:
            return [self._params.ticker or ""]
        return sorted({ticker.strip() for ticker in self._table.tickers(column)})

    def refuse_missing(self, wanted: Wanted, came: Collection[str]) -> None:
        """Refuse an answer that lacks a wanted ticker, or has no row at all."""
        missing = [ticker for ticker in wanted.tickers or () if ticker not in came]
        if came and not missing:
            return
        dates = f"{wanted.start or 'the first bar'} to {wanted.end or 'the last bar'}"
        who = f"ticker {missing[0]!r}" if missing else "any ticker"
        raise qlop.DataError(f"{self.origin}: no row is of {who} from {dates}.{self._what_is_held(missing)}")

    @property
    def columns_of_table(self) -> Mapping[str, str] | None:
        """The table's columns by what they are; None of a query, which tells them with its answer."""
        return None if self._table is None else {str(name): column for name, column in self._columns.items()}

    @cached_property
    def _columns(self) -> dict[SourceColumn, str]:
        """The table's columns."""
        from qlop.engine import source_columns

        held = self._database.columns_of(self._params.table or "", self._params.schema_name)
        return self._with_ticker(source_columns(held, self._params.columns, origin=self.origin))

    def _answer(self, wanted: Wanted) -> tuple[dict[SourceColumn, str], list[str], Iterator[Sequence[Sequence[Any]]]]:
        from qlop.engine import source_columns

        params = self._params
        if self._table is not None:
            question = table_question(
                self._table,
                list(dict.fromkeys(self._columns.values())),
                wanted,
                time_column=self._columns["timestamp"],
                ticker_column=self._columns.get("ticker"),
                timestamp_format=params.timestamp_format,
            )
            return self._columns, *self._database.stream(question, params.batch_rows)
        names, parts = self._database.stream(query_question(params.query or "", wanted), params.batch_rows)
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise qlop.DataError(f"{self.origin}: column {twice[0]!r} appears twice; give each a name of its own (AS).")
        return self._with_ticker(source_columns(names, params.columns, origin=self.origin)), names, parts

    def _with_ticker(self, found: dict[SourceColumn, str]) -> dict[SourceColumn, str]:
        column, ticker = found.get("ticker"), self._params.ticker
        if column is None and ticker is None:
            raise qlop.DataError(
                f"{self.origin}: no column is ticker. Name it under data_source_params.columns.ticker, or set "
                "data_source_params.ticker if all rows are of one."
            )
        if column is not None and ticker is not None:
            raise qlop.DataError(
                f"{self.origin}: data_source_params.ticker is {ticker!r}, but the column {column!r} names tickers. "
                "Leave ticker out, or say columns: {ticker: ''}."
            )
        return found

    def _batch(self, names: Sequence[str], part: Sequence[Sequence[Any]], n_before: int) -> Batch:
        import numpy as np

        columns: dict[str, Sequence[Any]] = dict(zip(names, zip(*part, strict=True), strict=True))
        return Batch(self.origin, columns, np.arange(n_before + 1, n_before + 1 + len(part), dtype=np.int64))

    def _add(
        self, gathered: Gathered, batch: Batch, found: Mapping[SourceColumn, str], wanted: Wanted
    ) -> Sequence[str]:
        """Keep what is wanted of a batch, and return the tickers that are new."""
        import numpy as np

        column = found.get("ticker")
        tickers = [self._params.ticker or ""] * len(batch) if column is None else batch.tickers(column, gathered.padded)
        asked = None if wanted.tickers is None else frozenset(wanted.tickers)
        is_asked = [asked is None or ticker in asked for ticker in tickers]
        batch = batch.only(tickers, np.array(is_asked, dtype=np.bool_), found["timestamp"])
        if not len(batch):
            return ()
        times = batch.times(
            found["timestamp"],
            self._interval,
            timestamp_format=self._params.timestamp_format,
            timezone=self._params.timezone,
        )
        inside = wanted.has(times)
        batch = batch.only(batch.its_tickers, inside, found["timestamp"])
        return gathered.add(batch, times[inside], self._values(batch, found))

    def _values(self, batch: Batch, found: Mapping[SourceColumn, str]) -> dict[str, NDArray[np.float64]]:
        values: dict[str, NDArray[np.float64]] = {
            name: batch.numbers(found[name], MEANING_OF_EMPTY.get(name))
            for name in (*PRICE_COLUMNS, *EXTRA_COLUMNS)
            if name in found
        }
        params = self._params
        return as_said(values, no_corporate_actions=params.no_corporate_actions, rate_in_percent=params.rate_in_percent)

    def _what_is_held(self, missing: Sequence[str]) -> str:
        if self._table is None:
            return " Correct data_source_params.query, data.tickers or the dates."
        column = self._columns.get("ticker")
        held = [] if column is None else self._table.tickers(column)
        times = f" Its times go from {self._table.times(self._columns['timestamp'])}."
        if not missing or missing[0] in held:
            return f"{times} Choose other dates."
        padded = [name for name in held if name.strip() == missing[0]]
        if padded:
            return f" It is held as {padded[0]!r}; unless its column is a CHAR, read it by a query with TRIM.{times}"
        return f"{among_held(missing[0], held, nothing=self._params.ticker or 'none')}{times}"
