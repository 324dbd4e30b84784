"""From a database's answer to rows of a panel: batch by batch, so that no more than the wanted rows stay in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import qlop

from plugins.data_sources._sql_cells import Batch
from plugins.data_sources._sql_question import (
    TableName,
    query_question,
    table_question,
    tickers_of_table,
    times_of_table,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from qlop.engine import SourceColumn

    from plugins.data_sources._sql_database import Database
    from plugins.data_sources._sql_question import Wanted
    from plugins.data_sources.sql import Sql

__all__ = ["Reading"]

_PRICES: tuple[SourceColumn, ...] = ("open", "high", "low", "close", "volume")
_EXTRAS: tuple[SourceColumn, ...] = ("adjusted_close", "dividend", "split", "risk_free_rate_annual")
_MEANING_OF_NULL: Mapping[SourceColumn, float] = {"dividend": 0.0, "split": 1.0}


class Reading:
    """One question to a database, and what becomes of its answer.

    Attributes
    ----------
    origin : str
        What was asked of which database, for messages.
    """

    def __init__(self, source: Sql, database: Database, wanted: Wanted, interval: str) -> None:
        self._params = source.params
        self._access = source.access
        self._database = database
        self._wanted = wanted
        self._interval = interval
        table = self._params.table
        self._table = None if table is None else TableName(table, self._params.schema_name)
        self.origin = f"{'the query' if table is None else f'table {table!r}'} of {database.place}"

    def rows(self) -> tuple[pd.DataFrame, NDArray[np.int64]]:
        """Return the wanted rows by ticker and time, and which row of the answer each one is.

        Raises
        ------
        DataError
            If a column, a ticker or all rows are missing, or a cell cannot be read exactly.
        """
        found, names, parts = self._answer()
        gathered = _Gathered()
        n_read = 0
        for part in parts:
            self._access.check_cancelled()
            self._add(gathered, self._batch(names, part, n_read), found)
            n_read += len(part)
            self._access.log(f"{n_read:,} rows of {self.origin} are read", level="debug")
        if not gathered.times or self._missing(gathered):
            self._refuse_missing(gathered, found)
        return gathered.in_order()

    def _answer(self) -> tuple[dict[SourceColumn, str], list[str], Iterator[Sequence[Sequence[Any]]]]:
        from qlop.engine import source_columns

        params = self._params
        if self._table is None:
            names, parts = self._database.stream(query_question(params.query or "", self._wanted), params.batch_rows)
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                raise qlop.DataError(
                    f"{self.origin}: column {twice[0]!r} appears twice; give each a name of its own (AS)."
                )
            return self._with_ticker(source_columns(names, params.columns, origin=self.origin)), names, parts
        held = self._database.columns_of(params.table or "", params.schema_name)
        found = self._with_ticker(source_columns(held, params.columns, origin=self.origin))
        question = table_question(
            self._database,
            self._table,
            list(dict.fromkeys(found.values())),
            self._wanted,
            time_column=found["timestamp"],
            ticker_column=found.get("ticker"),
            timestamp_format=params.timestamp_format,
        )
        return found, *self._database.stream(question, params.batch_rows)

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

    def _add(self, gathered: _Gathered, batch: Batch, found: Mapping[SourceColumn, str]) -> None:
        import numpy as np

        column, wanted = found.get("ticker"), self._wanted.tickers
        tickers = [self._params.ticker or ""] * len(batch) if column is None else batch.tickers(column)
        asked = None if wanted is None else frozenset(wanted)
        is_asked = [asked is None or ticker in asked for ticker in tickers]
        batch = batch.only(tickers, np.array(is_asked, dtype=np.bool_), found["timestamp"])
        if not len(batch):
            return
        times = batch.times(
            found["timestamp"],
            self._interval,
            timestamp_format=self._params.timestamp_format,
            timezone=self._params.timezone,
        )
        inside = self._inside(times)
        batch = batch.only(batch.its_tickers, inside, found["timestamp"])
        for ticker in gathered.add(batch, times[inside], self._values(batch, found)):
            n_seen = len(gathered.tickers)
            self._access.progress(ticker, n_seen, max(n_seen, len(wanted or ())))

    def _inside(self, times: pd.DatetimeIndex) -> NDArray[np.bool_]:
        import numpy as np
        import pandas as pd

        inside = np.ones(len(times), dtype=np.bool_)
        if self._wanted.start is not None:
            inside &= times >= pd.Timestamp(self._wanted.start, tz="UTC")
        if self._wanted.end is not None:
            inside &= times < pd.Timestamp(self._wanted.end, tz="UTC") + pd.Timedelta(days=1)
        return inside

    def _values(self, batch: Batch, found: Mapping[SourceColumn, str]) -> dict[str, NDArray[np.float64]]:
        import numpy as np

        values: dict[str, NDArray[np.float64]] = {}
        for name in (*_PRICES, *_EXTRAS):
            if name in found:
                values[name] = batch.numbers(found[name], _MEANING_OF_NULL.get(name))
        values.setdefault("volume", np.zeros(len(batch)))
        if "split" in values:
            values["split"] = np.where(values["split"] == 0.0, 1.0, values["split"])
        if self._params.no_corporate_actions:
            values.setdefault("dividend", np.zeros(len(batch)))
            values.setdefault("split", np.ones(len(batch)))
        if self._params.rate_in_percent and "risk_free_rate_annual" in values:
            values["risk_free_rate_annual"] = values["risk_free_rate_annual"] / 100.0
        return values

    def _missing(self, gathered: _Gathered) -> list[str]:
        return [ticker for ticker in self._wanted.tickers or () if ticker not in gathered.tickers]

    def _refuse_missing(self, gathered: _Gathered, found: Mapping[SourceColumn, str]) -> None:
        missing = self._missing(gathered)
        dates = f"{self._wanted.start or 'the first bar'} to {self._wanted.end or 'the last bar'}"
        who = f"ticker {missing[0]!r}" if missing else "any ticker"
        raise qlop.DataError(f"{self.origin}: no row is of {who} from {dates}.{self._what_is_held(missing, found)}")

    def _what_is_held(self, missing: Sequence[str], found: Mapping[SourceColumn, str]) -> str:
        if self._table is None:
            return " Correct data_source_params.query, data.tickers or the dates."
        column = found.get("ticker")
        held = [] if column is None else tickers_of_table(self._database, self._table, column)
        times = f" Its times go from {times_of_table(self._database, self._table, found['timestamp'])}."
        if not missing or missing[0] in held:
            return f"{times} Choose other dates."
        near = get_close_matches(missing[0], held, n=2, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        shown = ", ".join(held[:20]) + (f" and {len(held) - 20} more" if len(held) > 20 else "")
        return f"{hint} All: {shown or self._params.ticker or 'none'}.{times}"


@dataclass
class _Gathered:
    """What the batches so far have brought."""

    tickers: dict[str, int] = field(default_factory=dict)
    times: list[pd.DatetimeIndex] = field(default_factory=list)
    codes: list[NDArray[np.int64]] = field(default_factory=list)
    row_numbers: list[NDArray[np.int64]] = field(default_factory=list)
    values: dict[str, list[NDArray[np.float64]]] = field(default_factory=dict)

    def add(self, batch: Batch, times: pd.DatetimeIndex, values: Mapping[str, NDArray[np.float64]]) -> list[str]:
        """Keep a batch's rows; return the tickers that were not there before."""
        import numpy as np

        if not len(batch):
            return []
        new = [ticker for ticker in dict.fromkeys(batch.its_tickers) if ticker not in self.tickers]
        self.tickers |= {ticker: code for code, ticker in enumerate(new, start=len(self.tickers))}
        self.times.append(times)
        self.codes.append(np.array([self.tickers[ticker] for ticker in batch.its_tickers], dtype=np.int64))
        self.row_numbers.append(batch.row_numbers)
        for name, numbers in values.items():
            self.values.setdefault(name, []).append(numbers)
        return new

    def in_order(self) -> tuple[pd.DataFrame, NDArray[np.int64]]:
        """Return all rows, each ticker's from old to new: a database promises no order."""
        import numpy as np
        import pandas as pd

        times = pd.DatetimeIndex(np.concatenate([part.asi8 for part in self.times]).view("datetime64[us]"), tz="UTC")
        codes = np.concatenate(self.codes)
        order = np.lexsort((times.asi8, codes))
        columns = {name: np.concatenate(self.values.pop(name))[order] for name in list(self.values)}
        tickers = pd.Categorical.from_codes(codes[order], categories=pd.Index(list(self.tickers), dtype="str"))
        rows = pd.DataFrame({"timestamp": times[order], "ticker": tickers, **columns})
        return rows, np.concatenate(self.row_numbers)[order]
