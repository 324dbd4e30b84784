"""Whether a column holds a text, as SQL: sign by sign, in every database alike.

LIKE is not that: SQLite's takes upper and lower case for one, and refuses long patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement
    from sqlalchemy.sql.compiler import SQLCompiler

__all__ = ["holds"]


class _Position(FunctionElement[int]):
    """Where a text first stands in another, counted from 1; 0 for nowhere."""

    type = Integer()
    inherit_cache = True


def holds(column: Column[str], text: str) -> ColumnElement[bool]:
    """Return the condition that `text` stands in the column."""
    return _Position(column, text) > 0


@compiles(_Position)
def _in_postgresql(position: _Position, compiler: SQLCompiler, **options: object) -> str:
    return f"strpos({compiler.process(position.clauses, **options)})"


@compiles(_Position, "sqlite")
def _in_sqlite(position: _Position, compiler: SQLCompiler, **options: object) -> str:
    return f"instr({compiler.process(position.clauses, **options)})"
