"""The SQL that answers what a list of runs is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from core.store.json_form import storable
from core.store.listed_columns import SORTED_BY, key_of
from core.store.run_row import RECORD_COLUMNS, row_of, tag_line, time_text

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row, Select, UnaryExpression

    from core.store.run_query import RunQuery
    from core.store.run_record import RunRecord

__all__ = ["answers_from_records", "count_runs", "searched", "select_modes", "select_runs", "select_tags"]


def select_runs(
    query: RunQuery, columns: Sequence[str] = RECORD_COLUMNS, *, texts_first: bool = False
) -> Select[Any]:
    """Return the statement that `query` means, for these columns.

    Of equal ones the newest come first, where the greatest do, and the id breaks ties: equal questions get equal
    answers. With `texts_first`, what is searched for is found in SQLite's index of texts before anything is sorted.
    """
    from sqlalchemy import select

    from core.store.schema import TEXTS_INDEX, runs

    asked, order = select(*(runs.c[name] for name in columns)), _order(query)
    if query.limit is None and not query.offset:
        return asked.where(*_conditions(query)).order_by(*order)
    # Which runs these are is found in an index; only their rows are read.
    part = select(runs.c.run_id).where(*_conditions(query)).order_by(*order).limit(query.limit).offset(query.offset)
    if texts_first:
        part = part.with_hint(runs, f"INDEXED BY {TEXTS_INDEX}", "sqlite")
    found = part.subquery("found")
    return asked.join(found, found.c.run_id == runs.c.run_id).order_by(*order)


def count_runs(query: RunQuery) -> Select[Any]:
    """Return the statement that counts all runs that pass, whatever part of them `query` wants."""
    from sqlalchemy import func, select

    from core.store.schema import runs

    return select(func.count()).select_from(runs).where(*_conditions(query))


def select_modes(*, is_deleted: bool) -> Select[Any]:
    """Return the statement for the different modes, each found by a step from the one before in the index."""
    from sqlalchemy import func, select

    from core.store.schema import runs

    one = select(func.min(runs.c.mode_key)).where(runs.c.is_deleted.is_(is_deleted))
    found = select(one.scalar_subquery().label("mode")).cte("found", recursive=True)
    following = one.where(runs.c.mode_key > found.c.mode).scalar_subquery()
    found = found.union_all(select(following).where(found.c.mode.is_not(None)))
    return select(found.c.mode).where(found.c.mode.is_not(None))


def select_tags(*, is_deleted: bool) -> Select[Any]:
    """Return the statement for the different lists of tags, as JSON text."""
    from sqlalchemy import Text, cast, select

    from core.store.schema import runs

    # The index leaves out the many that bear none.
    bears_some = runs.c.tags_key > ""
    return select(cast(runs.c.tags, Text)).where(runs.c.is_deleted.is_(is_deleted), bears_some).distinct()


def answers_from_records(
    records: Sequence[RunRecord], questions: Sequence[Callable[[Connection], Select[Any]]]
) -> list[Sequence[Row[Any]]]:
    """Return what each question asks for out of `records`, without an index on disk."""
    from sqlalchemy import create_engine

    from core.store.schema import metadata, runs

    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            for record in records:
                connection.execute(runs.insert(), row_of(record))
            return [connection.execute(question(connection)).all() for question in questions]
    finally:
        engine.dispose()


def _order(query: RunQuery) -> list[UnaryExpression[Any]]:
    from sqlalchemy import asc, desc, nulls_last

    from core.store.schema import runs

    first = runs.c[SORTED_BY[query.order]]
    # All in one direction, as an index can be read from either end.
    turned = desc if query.is_descending else asc
    ordered = [turned(column) for column in dict.fromkeys((first, runs.c.created_at, runs.c.run_id))]
    return [nulls_last(ordered[0]) if first.nullable else ordered[0], *ordered[1:]]


def _conditions(query: RunQuery) -> list[ColumnElement[bool]]:
    from core.store.schema import runs

    conditions: list[ColumnElement[bool]] = []
    if query.only_deleted or not query.with_deleted:
        conditions.append(runs.c.is_deleted.is_(query.only_deleted))
    if query.home_id:
        conditions.append(runs.c.home_id == query.home_id)
    if query.with_model:
        conditions.append(runs.c.has_model.is_(True))
    if query.states:
        conditions.append(runs.c.state.in_([state.value for state in query.states]))
    if query.modes:
        conditions.append(runs.c.mode_key.in_([key_of(mode) for mode in query.modes]))
        conditions.append(runs.c.mode.in_([storable(mode) for mode in query.modes]))
    return [*conditions, *searched(query), *_ranges(query)]


def searched(query: RunQuery) -> list[ColumnElement[bool]]:
    """Return the conditions on the texts that searches look through."""
    from core.store.schema import runs

    words = [storable(query.text.casefold())] if query.text else []
    tags = [tag_line(query.tag)] if query.tag else []
    return [runs.c.search_text.contains(word, autoescape=True) for word in (*words, *tags)]


def _ranges(query: RunQuery) -> list[ColumnElement[bool]]:
    from core.store.schema import runs

    conditions = []
    if query.started_from is not None:
        conditions.append(runs.c.started_at >= time_text(query.started_from))
    if query.started_before is not None:
        conditions.append(runs.c.started_at < time_text(query.started_before))
    for wanted in query.figures:
        if wanted.at_least is not None:
            conditions.append(runs.c[wanted.name] >= wanted.at_least)
        if wanted.at_most is not None:
            conditions.append(runs.c[wanted.name] <= wanted.at_most)
    return conditions
