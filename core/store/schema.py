"""The index of runs in SQL. It is disposable: `reindex` rebuilds it from the run folders.

Importing this module imports SQLAlchemy, so only what touches the index does.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, MetaData, String, Table, Text
from sqlalchemy.dialects import postgresql

__all__ = ["metadata", "runs"]

metadata = MetaData()

# By the characters' numbers, as SQLite sorts: the same list in every database, whatever its language.
_Sorted = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

# The number is the schema's version: another version is another table, filled from the folders when it is first
# opened, so that two versions of QLOP can share one database.
# Times are ISO 8601 in UTC with microseconds: of equal length, they sort as text, alike in every database.
runs = Table(
    "qlop_runs_1",
    metadata,
    Column("run_id", String(36), primary_key=True),
    Column("home_id", String(36), nullable=False),
    Column("mode", _Sorted, nullable=False),
    Column("title", _Sorted, nullable=False),
    Column("state", String(16), nullable=False),
    Column("current_status", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("started_at", String(32)),
    Column("finished_at", String(32)),
    Column("config_summary", JSON, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("notes", Text, nullable=False),
    Column("is_deleted", Boolean, nullable=False),
    Column("event_count", BigInteger, nullable=False),
    Column("notes_revision", BigInteger, nullable=False),
    Column("search_text", Text, nullable=False),
    Index("qlop_runs_1_created_at", "created_at"),
    Index("qlop_runs_1_home_state", "home_id", "state"),
)
