"""What is asked of a database: a table with its bounds, or the user's own query with its named parameters.

All values are bound, and all names quoted, by SQLAlchemy. The bounds of a table are never narrower than the dates: how
its times are written is seen from one cell, and what lies in the dates is decided once they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import qlop

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from sqlalchemy import Select, TextClause

    from plugins.data_sources._sql_database import Database

__all__ = ["TableName", "Wanted", "a_value", "query_question", "table_question", "tickers_of_table", "times_of_table"]

_PARAMETERS = ("start", "end", "tickers")
_EPOCH_UNITS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_MOST_BOUND_TICKERS = 10_000


@dataclass(frozen=True)
class Wanted:
    """Which bars a run asks for."""

    tickers: Sequence[str] | None
    start: date | None
    end: date | None

    def has(self, times: pd.DatetimeIndex) -> NDArray[np.bool_]:
        """Return where the times lie in the dates."""
        import numpy as np
        import pandas as pd

        inside = np.ones(len(times), dtype=np.bool_)
        if self.start is not None:
            inside &= times >= pd.Timestamp(self.start, tz="UTC")
        if self.end is not None:
            inside &= times < pd.Timestamp(self.end, tz="UTC") + pd.Timedelta(days=1)
        return inside


@dataclass(frozen=True)
class TableName:
    """A table or a view, in a schema or in the database's default one."""

    name: str
    schema: str | None


def table_question(
    table: TableName,
    columns: Sequence[str],
    wanted: Wanted,
    *,
    time_column: str,
    ticker_column: str | None,
    timestamp_format: str | None,
    a_value_of: Callable[[str], Any],
) -> Select[Any]:
    """Return the SELECT of a table's columns, bounded by the tickers and dates that are wanted.

    `a_value_of` returns a value of a column, which shows how bounds are written.
    """
    from sqlalchemy import column, select

    statement = _from_table(select(*(column(name) for name in columns)), table, columns)
    if wanted.start or wanted.end:
        low, high = _bounds(a_value_of(time_column), wanted, timestamp_format)
        if low is not None:
            statement = statement.where(column(time_column) >= low)
        if high is not None:
            statement = statement.where(column(time_column) < high)
    if ticker_column and wanted.tickers is not None and len(wanted.tickers) <= _MOST_BOUND_TICKERS:
        held = _as_held(a_value_of(ticker_column), wanted.tickers)
        if held is not None:
            statement = statement.where(column(ticker_column).in_(held))
    return statement


def query_question(query: str, wanted: Wanted) -> TextClause:
    """Return the user's query with those of :start, :end and :tickers bound that it names.

    Raises
    ------
    DataError
        If it names another parameter, or one whose value the config leaves open.
    """
    from sqlalchemy import Date, bindparam, text

    statement = text(query)
    named = set(statement._bindparams)  # noqa: SLF001 - nothing public tells which parameters a text names
    unknown = sorted(named.difference(_PARAMETERS))
    if unknown:
        raise qlop.DataError(
            f"data_source_params.query names the parameter :{unknown[0]}; it may name :start, :end and :tickers. "
            "A colon that starts no parameter is written \\:."
        )
    values = {"start": wanted.start, "end": wanted.end, "tickers": wanted.tickers}
    fields = {"start": "start_date", "end": "end_date", "tickers": "tickers"}
    for name in sorted(named):
        if values[name] is None:
            raise qlop.DataError(
                f"data_source_params.query names :{name}, and data.{fields[name]} is not set. Set it, or take the "
                "parameter out of the query."
            )
    bound = [
        bindparam(name, list(wanted.tickers or ()), expanding=True)
        if name == "tickers"
        else bindparam(name, values[name], type_=Date())
        for name in named
    ]
    return statement.bindparams(*bound)


def tickers_of_table(database: Database, table: TableName, ticker_column: str) -> list[str]:
    """Return the tickers that a table holds."""
    from sqlalchemy import column, select

    statement = _from_table(select(column(ticker_column)).distinct(), table, [ticker_column])
    return sorted({str(ticker) for ticker in database.first_values(statement) if ticker is not None})


def times_of_table(database: Database, table: TableName, time_column: str) -> str:
    """Return "A to B", the first and last time that a table holds, for a message."""
    from sqlalchemy import column, func, select

    ends = [
        database.first_value(_from_table(select(end(column(time_column))), table, [time_column]))
        for end in (func.min, func.max)
    ]
    return f"{ends[0]} to {ends[1]}"


def _from_table(statement: Any, table: TableName, columns: Sequence[str]) -> Select[Any]:  # noqa: ANN401
    from sqlalchemy import column
    from sqlalchemy import table as table_clause

    clause = table_clause(table.name, *(column(name) for name in columns), schema=table.schema)
    bounded: Select[Any] = statement.select_from(clause)
    return bounded


def a_value(database: Database, table: TableName, name: str) -> Any:  # noqa: ANN401 - a cell
    """Return a value of a column, None where it holds none."""
    from sqlalchemy import column, select

    statement: Select[Any] = select(column(name)).where(column(name).is_not(None)).limit(1)
    return database.first_value(_from_table(statement, table, [name]))


def _bounds(value: object, wanted: Wanted, timestamp_format: str | None) -> tuple[Any, Any]:
    """Return the least value that may lie in the dates, and the least after them; None where that cannot be said.

    A day is added at each end of times, as a zone shifts them by up to 14 hours.
    """
    low = None if wanted.start is None else _shifted(wanted.start, -1)
    high = None if wanted.end is None else _shifted(wanted.end, 2)
    if isinstance(value, datetime):
        zone = None if value.tzinfo is None else UTC
        return _each(lambda day: datetime.combine(day, time(), zone), low, high)
    if isinstance(value, date):
        return low, high
    if isinstance(value, (int, float)) and timestamp_format in _EPOCH_UNITS:
        unit = _EPOCH_UNITS[timestamp_format]
        return _each(lambda day: int(datetime.combine(day, time(), UTC).timestamp()) * unit, low, high)
    if isinstance(value, int) and timestamp_format == "%Y%m%d":
        return _each(lambda day: int(f"{day:%Y%m%d}"), low, high)
    if isinstance(value, str) and (timestamp_format or "%Y").startswith("%Y"):
        # By the year and a mark that sorts below digits: it holds for 2004-03-05 and for 20040305, and SQLite does not
        # take it for a number, which would sort below all texts.
        return _each(lambda year: f"{year:04d}-", low and low.year, high and high.year + 1)
    return None, None


def _each(form: Any, low: Any, high: Any) -> tuple[Any, Any]:  # noqa: ANN401 - days or years
    return None if low is None else form(low), None if high is None else form(high)


def _shifted(day: date, days: int) -> date:
    return date.fromordinal(min(max(day.toordinal() + days, 2), date.max.toordinal() - 1))


def _as_held(value: object, tickers: Sequence[str]) -> list[Any] | None:
    if isinstance(value, str):
        return list(tickers)
    if type(value) is int:
        return [int(ticker) for ticker in tickers if ticker.isdecimal()]
    return None
