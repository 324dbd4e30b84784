"""The SQL that answers what a list of runs is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.store.json_form import storable
from core.store.listed_columns import SORTED_BY, key_of
from core.store.run_row import RECORD_COLUMNS, row_of, tag_line, time_text

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, Row, Select, UnaryExpression

    from core.store.run_query import RunQuery
    from core.store.run_record import RunRecord

__all__ = ["answers_from_records", "count_runs", "select_modes", "select_runs", "select_tags"]


def select_runs(query: RunQuery, columns: Sequence[str] = RECORD_COLUMNS, *, in_sqlite: bool = False) -> Select[Any]:
    """Return the statement that `query` means, for these columns.

    Of equal ones the newest come first, where the greatest do, and the id breaks ties: equal questions get equal
    answers.
    """
    from sqlalchemy import select

    from core.store.schema import runs

    asked, order = select(*(runs.c[name] for name in columns)), _order(query)
    if query.limit is None and not query.offset:
        return asked.where(*_conditions(query)).order_by(*order)
    # Which runs these are is found in an index; only their rows are read.
    passing, part_order = _conditions(query), order
    if query.text or query.tag:
        if not in_sqlite:
            part_order = _order(query, not_by_index=True)
        elif query.order != "created_at":
            passing = _conditions_by_index(query)
    part = select(runs.c.run_id).where(*passing).order_by(*part_order).limit(query.limit).offset(query.offset)
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


def answers_from_records(records: Sequence[RunRecord], statements: Sequence[Select[Any]]) -> list[Sequence[Row[Any]]]:
    """Return what each statement asks for out of `records`, without an index on disk."""
    from sqlalchemy import create_engine

    from core.store.schema import metadata, runs

    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            for record in records:
                connection.execute(runs.insert(), row_of(record))
            return [connection.execute(statement).all() for statement in statements]
    finally:
        engine.dispose()


def _order(query: RunQuery, *, not_by_index: bool = False) -> list[UnaryExpression[Any]]:
    from sqlalchemy import asc, desc, nulls_last

    from core.store.schema import runs

    first = runs.c[SORTED_BY[query.order]]
    # All in one direction, as an index can be read from either end.
    turned = desc if query.is_descending else asc
    # No two runs have one id: after it nothing is left to sort.
    columns = (first,) if first is runs.c.run_id else dict.fromkeys((first, runs.c.created_at, runs.c.run_id))
    ordered = [turned(column) for column in columns]
    if not_by_index:
        ordered[0] = turned(_computed(first))
    return [nulls_last(ordered[0]) if first.nullable else ordered[0], *ordered[1:]]


def _computed(column: Column[Any]) -> ColumnElement[Any]:
    """Return the column's values as no index has them.

    PostgreSQL takes a third of the runs for such as hold the words, whatever they are, and would walk through an index
    until it has found enough of them: to its end, reading row after row all over the table, where few runs hold them.
    Reading the table from its beginning takes as long for all words, and several processes do it.
    """
    from sqlalchemy import Double

    return column + 0.0 if isinstance(column.type, Double) else column.concat("")


def _conditions(query: RunQuery) -> list[ColumnElement[bool]]:
    return [*_belonging(query), *_filters(query)]


def _conditions_by_index(query: RunQuery) -> list[ColumnElement[bool]]:
    """Return the conditions for SQLite, each filter answered by the index that holds its column.

    An index for an order holds no texts: to search in that order would read each run's row, however rare the words are.
    """
    from sqlalchemy import literal_column, select

    from core.store.schema import runs

    row: ColumnElement[int] = literal_column(f"{runs.name}.rowid")
    belonging = _belonging(query)
    of_rows = (select(row).select_from(runs).where(*belonging, each) for each in _filters(query))
    return [*belonging, *(row.in_(found.correlate(None)) for found in of_rows)]


def _belonging(query: RunQuery) -> list[ColumnElement[bool]]:
    """Return the conditions on where a run is, which each index begins with or few questions have."""
    from core.store.schema import runs

    conditions: list[ColumnElement[bool]] = []
    if query.only_deleted or not query.with_deleted:
        conditions.append(runs.c.is_deleted.is_(query.only_deleted))
    if query.home_id:
        conditions.append(runs.c.home_id == query.home_id)
    return conditions


def _filters(query: RunQuery) -> list[ColumnElement[bool]]:
    from sqlalchemy import and_

    from core.store.schema import runs
    from core.store.text_search import holds

    conditions: list[ColumnElement[bool]] = []
    if query.with_model:
        conditions.append(runs.c.has_model.is_(True))
    if query.run_ids:
        conditions.append(runs.c.run_id.in_(query.run_ids))
    if query.states:
        conditions.append(runs.c.state.in_([state.value for state in query.states]))
    if query.modes:
        keys, modes = ([of(mode) for mode in query.modes] for of in (key_of, storable))
        conditions.append(and_(runs.c.mode_key.in_(keys), runs.c.mode.in_(modes)))
    words = [storable(query.text.casefold())] if query.text else []
    tags = [tag_line(query.tag)] if query.tag else []
    conditions += [holds(runs.c.search_text, word) for word in (*words, *tags)]
    return [*conditions, *_ranges(query)]


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
