"""The index of runs in SQL. It is disposable: `reindex` rebuilds it from the run folders.

Importing this module imports SQLAlchemy, so only what touches the index does.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Double, Index, MetaData, String, Table, Text, text
from sqlalchemy.dialects import postgresql

from core.store.listed_columns import FIGURE_COLUMNS, KEYED_TEXTS, SORTED_BY, SUMMARY_COLUMNS

__all__ = ["agreements", "later_indexes", "metadata", "runs"]

metadata = MetaData()

# By the characters' numbers, as SQLite sorts: the same list in every database, whatever its language.
_Sorted = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

_LATER_TIMES = ("started_at", "finished_at")
_FIGURES = ("duration_s", *FIGURE_COLUMNS)
_WITH_NULLS = (*_LATER_TIMES, *_FIGURES)

# Several filters at once are answered by this one, whichever they are; texts are long, and stand last.
_of_all_filters = Index(
    "qlop_runs_3_filters",
    *("is_deleted", "created_at", "run_id", "state", "has_model", "mode_key", "started_at", *FIGURE_COLUMNS),
    "search_text",
)

# The number is the schema's version: another version is another table, filled from the folders when it is first
# opened, so that two versions of QLOP can share one database. A note that the other version writes is seen when the
# folders are compared next, which a run that comes or goes, or a reindex, brings about.
# Times are ISO 8601 in UTC with microseconds: of equal length, they sort as text, alike in every database.
runs = Table(
    "qlop_runs_3",
    metadata,
    Column("run_id", String(36), primary_key=True),
    Column("home_id", String(36), nullable=False),
    Column("mode", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("current_status", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    *(Column(name, String(32)) for name in _LATER_TIMES),
    Column("config_summary", JSON, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("notes", Text, nullable=False),
    Column("is_deleted", Boolean, nullable=False),
    Column("event_count", BigInteger, nullable=False),
    Column("notes_revision", BigInteger, nullable=False),
    Column("has_model", Boolean, nullable=False),
    Column("search_text", Text, nullable=False),
    *(Column(name, Text, nullable=False) for name in SUMMARY_COLUMNS),
    *(Column(f"{name}_key", _Sorted, nullable=False) for name in KEYED_TEXTS),
    *(Column(name, Double) for name in _FIGURES),
    # Every list leaves the trash out, or everything else; of equal ones the newest come first, and the id breaks ties.
    *(
        Index(f"qlop_runs_3_{name}", "is_deleted", name, "created_at", "run_id")
        for name in SORTED_BY.values()
        if name not in {"created_at", "run_id"}
    ),
    # SQLite finds those without a value at either end of an index. PostgreSQL finds them at the end where they lie, and
    # they come last whichever way a list goes.
    *(
        Index(
            f"qlop_runs_3_{name}_down",
            "is_deleted",
            text(f"{name} DESC NULLS LAST"),
            text("created_at DESC"),
            text("run_id DESC"),
        ).ddl_if(dialect="postgresql")
        for name in _WITH_NULLS
    ),
    Index("qlop_runs_3_created_at", "is_deleted", "created_at", "run_id"),
    Index("qlop_runs_3_id", "is_deleted", "run_id"),
    Index("qlop_runs_3_model", "is_deleted", "has_model", "state", "created_at", "run_id"),
    # A search reads the newest runs' texts one after the other, and the rows of what it finds. PostgreSQL's indexes
    # hold no text of any length, and it reads the table as quickly.
    Index("qlop_runs_3_search", "is_deleted", "created_at", "run_id", "search_text").ddl_if(dialect="sqlite"),
    _of_all_filters.ddl_if(dialect="sqlite"),
    # What is counted again and again, whether anything has changed.
    Index("qlop_runs_3_home", "home_id", "state", "is_deleted", "notes_revision"),
)

later_indexes = (_of_all_filters,)
"""Indexes of SQLite that tables of this number may lack, as they were thought of later."""

# What a home's folders were when they and the index were last found to agree: see agreement.py.
agreements = Table(
    "qlop_run_agreements_3",
    metadata,
    Column("home_id", String(36), primary_key=True),
    Column("stamp", Text, nullable=False),
    Column("row_count", BigInteger, nullable=False),
    Column("unreadable", JSON, nullable=False),
)
