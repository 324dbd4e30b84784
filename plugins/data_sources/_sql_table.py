"""A table or a view of a database: its rows to choose from, and what its columns hold, asked for once each.

Where tickers and dates are bound into a question, a row that holds them in another form does not come, and nobody would
hear of it. So the forms are asked for first, by questions that an index of the column answers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from plugins.data_sources._sql_database import Database

__all__ = ["Table"]

_MOST_RANGES = 200
_MORE_THAN_THERE_ARE = 2**62
# What white space sorts before, by bytes and by the rules of languages, and nothing else that begins a ticker does.
_AFTER_WHITE_SPACE = ("!", "_")


class Table:
    """A table or a view, in a schema or in the database's default one.

    Attributes
    ----------
    origin : str
        What messages call it.
    a_value : callable
        Returns a value of a column, which shows how it is written; None where the column holds none.
    """

    def __init__(self, database: Database, name: str, schema: str | None) -> None:
        self.origin = f"table {name!r} of {database.place}"
        self._database = database
        self._name = name
        self._schema = schema
        self.a_value = cache(self._a_value)
        self._has_other_kind_anywhere = cache(self._asks_for_another_kind)

    def rows(self, *chosen: ColumnElement[Any], of: Collection[str]) -> Select[Any]:
        """Return a SELECT of what is chosen; `of` names the table's columns that it needs."""
        from sqlalchemy import column, select, table

        return select(*chosen).select_from(table(self._name, *(column(name) for name in of), schema=self._schema))

    def tickers(self, column: str) -> list[str]:
        """Return the tickers that the table holds, as it holds them."""
        from sqlalchemy import column as cell

        found = self._database.first_values(self.rows(cell(column), of=[column]).distinct())
        return sorted({str(ticker) for ticker in found if ticker is not None})

    def times(self, column: str) -> str:
        """Return "A to B", the first and last time that the table holds, for a message."""
        from sqlalchemy import column as cell
        from sqlalchemy import func

        ends = [self._database.first_value(self.rows(end(cell(column)), of=[column])) for end in (func.min, func.max)]
        return f"{ends[0]} to {ends[1]}"

    def holds_other_kinds(self, column: str, among: tuple[str, Sequence[Any]] | None = None) -> bool:
        """Return whether the column holds values that cannot be compared with `a_value`, as SQLite's columns may.

        Parameters
        ----------
        column : str
            The column.
        among : pair of str and sequence, or None
            Another column, and the values of it whose rows matter; None: all rows.
        """
        if self._database.connection.dialect.name != "sqlite":
            return False
        return self._has_other_kind_anywhere(column) if among is None else self._asks_for_another_kind(column, among)

    def padded(self, column: str, tickers: Sequence[str], within: Sequence[ColumnElement[bool]]) -> list[str]:
        """Return the texts of a column that are one of the tickers with white space around it, within some bounds."""
        from sqlalchemy import select

        statement = self.rows(_column(column), of=[column]).where(*within)
        if len(tickers) <= _MOST_RANGES:
            # The limit keeps SQLite from making each text unique by reading the whole index.
            statement = statement.where(_may_be_padded(column, tickers)).limit(_MORE_THAN_THERE_ARE)
        texts = statement.subquery()
        asked = frozenset(tickers)
        held = {str(text) for text in self._database.first_values(select(texts.c[column]).distinct())}
        return sorted(text for text in held if text not in asked and text.strip() in asked)

    def _a_value(self, column: str) -> Any:  # noqa: ANN401 - a cell
        statement = self.rows(_column(column), of=[column]).where(_column(column).is_not(None)).limit(1)
        return self._database.first_value(statement)

    def _asks_for_another_kind(self, column: str, among: tuple[str, Sequence[Any]] | None = None) -> bool:
        """SQLite sorts numbers below texts, and these below bytes."""
        cell = _column(column)
        others = [cell < "", cell >= b""] if isinstance(self.a_value(column), str) else [cell >= ""]
        for other in others:
            statement = self.rows(cell, of=[column]).where(other).limit(1)
            if among is not None:
                statement = statement.where(_column(among[0]).in_(among[1]))
            if self._database.first_value(statement) is not None:
                return True
        return False


def _column(name: str) -> ColumnElement[Any]:
    from sqlalchemy import column

    return column(name)


def _may_be_padded(column: str, tickers: Sequence[str]) -> ColumnElement[bool]:
    from sqlalchemy import and_, or_

    cell = _column(column)
    before = and_(*(cell < mark for mark in _AFTER_WHITE_SPACE))
    behind = [and_(cell > ticker, *(cell < f"{ticker}{mark}" for mark in _AFTER_WHITE_SPACE)) for ticker in tickers]
    return or_(before, *behind)
