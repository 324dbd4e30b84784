"""What keeps a database from being changed by what it is asked.

Opening for reading is not enough: a SQLite connection of `mode=ro` still copies itself by VACUUM INTO, and makes files
by ATTACH. So SQLite asks here before each thing that a statement would do. PostgreSQL runs a query in a transaction
that cannot begin to write: as one statement, of a server-side cursor, after the transaction's first query.
"""

from __future__ import annotations

import re
import sqlite3

__all__ = ["let_only_read", "refuse_other_than_select"]

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
# Asked by SQLAlchemy, and by full-text tables, to learn what there is.
_TELLING_PRAGMAS = frozenset(
    {"data_version", "database_list", "page_size", "table_info", "table_list", "table_xinfo", "read_uncommitted"}
)
_TAKING_A_NAME = frozenset({"table_info", "table_list", "table_xinfo"})
_ACTING_FUNCTIONS = frozenset({"edit", "fts3_tokenizer", "load_extension", "readfile", "writefile"})

# What SQLite asks when a virtual table, such as json_each or one of full texts, says which columns it has. A statement
# that means it fails all the same: the file is open for reading alone.
_DECLARED = (sqlite3.SQLITE_UPDATE, "sqlite_master", "main")

_BEFORE_FIRST_WORD = re.compile(r"(\s|\(|--[^\n]*(\n|$)|/\*.*?\*/)*", re.DOTALL)
_QUERIES = ("SELECT", "WITH", "VALUES", "TABLE")


def let_only_read(connection: sqlite3.Connection) -> None:
    """Have SQLite refuse whatever is not reading: writing, attaching, copying, settings, functions that act."""
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.set_authorizer(_answer)


def _answer(action: int, first: str | None, second: str | None, database: str | None, _trigger: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        allowed = (second or "").lower() not in _ACTING_FUNCTIONS
    elif action == sqlite3.SQLITE_PRAGMA:
        pragma = (first or "").lower()
        allowed = pragma in _TELLING_PRAGMAS and (second is None or pragma in _TAKING_A_NAME)
    else:
        allowed = action in _READING or (action, first, database) == _DECLARED
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def refuse_other_than_select(query: str) -> str:
    """Return a query that begins as one that reads does.

    Raises
    ------
    ValueError
        If it begins with another word, such as DELETE, ATTACH, VACUUM or COPY.
    """
    rest = query[_BEFORE_FIRST_WORD.match(query).end() :]  # type: ignore[union-attr] # it matches the empty text too
    word = re.match(r"\w*", rest)
    if word is None or word[0].upper() not in _QUERIES:
        found = f"it begins with {word[0][:20]!r}" if word and word[0] else "it begins with no word"
        raise ValueError(f"{found}; it must only read, and begin with {', '.join(_QUERIES[:-1])} or {_QUERIES[-1]}")
    return query
