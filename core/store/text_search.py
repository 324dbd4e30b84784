"""Whether a column holds a text, as SQL: sign by sign, in every database alike.

LIKE is not that: SQLite's takes upper and lower case for one. Its GLOB is, and passes over what cannot begin the text
in larger steps than `instr`, but refuses long patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement
    from sqlalchemy.sql.compiler import SQLCompiler

__all__ = ["holds"]

_LONGEST_PATTERN = 10_000  # SQLite refuses one of 50,000 bytes


class _Holds(FunctionElement[bool]):
    """Of a column and a text; and of the pattern that means the text, where SQLite takes it."""

    type = Boolean()
    inherit_cache = True


def holds(column: Column[str], text: str) -> ColumnElement[bool]:
    """Return the condition that `text` stands in the column."""
    pattern = f"*{''.join(f'[{sign}]' if sign in '*?[' else sign for sign in text)}*"
    return _Holds(column, text, pattern) if len(pattern) <= _LONGEST_PATTERN else _Holds(column, text)


@compiles(_Holds)
def _in_postgresql(condition: _Holds, compiler: SQLCompiler, **options: object) -> str:
    column, text, *_ = (compiler.process(each, **options) for each in condition.clauses)
    return f"strpos({column}, {text}) > 0"


@compiles(_Holds, "sqlite")
def _in_sqlite(condition: _Holds, compiler: SQLCompiler, **options: object) -> str:
    column, text, *pattern = condition.clauses
    if pattern:
        return f"{compiler.process(column, **options)} GLOB {compiler.process(pattern[0], **options)}"
    return f"instr({compiler.process(column, **options)}, {compiler.process(text, **options)}) > 0"
