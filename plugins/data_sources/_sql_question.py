"""What is asked of a database: a table with its bounds, or the user's own query with its named parameters.

All values are bound, and all names quoted, by SQLAlchemy. The bounds of a table are never narrower than the dates: how
its times are written is seen from one cell, and what lies in the dates is decided once they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import qlop

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Select, TextClause

    from plugins.data_sources._sql_table import Table

__all__ = ["Wanted", "query_question", "table_question"]

_PARAMETERS = ("start", "end", "tickers")
_EPOCH_UNITS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_MOST_BOUND_TICKERS = 10_000
_LONGEST_SHOWN = 80


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


def table_question(
    table: Table,
    columns: Sequence[str],
    wanted: Wanted,
    *,
    time_column: str,
    ticker_column: str | None,
    timestamp_format: str | None,
) -> Select[Any]:
    """Return the SELECT of a table's columns, bounded by the tickers and dates that are wanted.

    A bound is left out where the column holds values of other kinds, which it would pass over.

    Raises
    ------
    DataError
        If the table holds a wanted ticker with white space around it: its rows would be left out.
    """
    from sqlalchemy import column

    statement = table.rows(*(column(name) for name in columns), of=columns)
    tickers = None if ticker_column is None else _tickers_as_held(table, ticker_column, wanted)
    among = None if ticker_column is None or tickers is None else (ticker_column, tickers)
    bounds = _time_bounds(table, time_column, wanted, timestamp_format, among)
    if among is None:
        return statement.where(*bounds)
    if isinstance(table.a_value(among[0]), str):
        _refuse_padded(table, table.padded(*among, bounds))
    return statement.where(*bounds, column(among[0]).in_(among[1]))


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


def _time_bounds(
    table: Table,
    time_column: str,
    wanted: Wanted,
    timestamp_format: str | None,
    among: tuple[str, Sequence[Any]] | None,
) -> list[ColumnElement[bool]]:
    from sqlalchemy import column

    is_bounded = wanted.start is not None or wanted.end is not None
    if not is_bounded or table.holds_other_kinds(time_column, among):
        return []
    low, high = _bounds(table.a_value(time_column), wanted, timestamp_format)
    ends = ([] if low is None else [column(time_column) >= low], [] if high is None else [column(time_column) < high])
    return [*ends[0], *ends[1]]


def _tickers_as_held(table: Table, column: str, wanted: Wanted) -> list[Any] | None:
    """Return the wanted tickers as a column holds them; None where all rows must come to find them."""
    tickers = wanted.tickers
    if tickers is None or len(tickers) > _MOST_BOUND_TICKERS or table.holds_other_kinds(column):
        return None
    value = table.a_value(column)
    if isinstance(value, str):
        return list(tickers)
    if type(value) is int:
        return [int(ticker) for ticker in tickers if ticker.isdecimal()]
    return None


def _refuse_padded(table: Table, found: Sequence[str]) -> None:
    if found:
        raise qlop.DataError(
            f"{table.origin}: ticker {found[0].strip()!r} is held as {found[0][:_LONGEST_SHOWN]!r} too, with white "
            "space, and rows of that would be left out. Read it by a query with TRIM, or correct the table."
        )
