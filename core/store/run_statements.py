"""The SQL that answers what a list of runs is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.store.listed_columns import KEY_LENGTH, SORTED_BY
from core.store.run_conditions import conditions, conditions_in_order
from core.store.run_row import RECORD_COLUMNS, row_of

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, Row, Select, UnaryExpression

    from core.store.run_query import RunQuery
    from core.store.run_record import RunRecord

__all__ = ["answers_from_records", "count_runs", "select_modes", "select_runs", "select_tag_lists", "select_tags"]


def select_runs(query: RunQuery, columns: Sequence[str] = RECORD_COLUMNS, *, in_sqlite: bool = False) -> Select[Any]:
    """Return the statement that `query` means, for these columns.

    Of equal ones the newest come first, where the greatest do, and the id breaks ties: equal questions get equal
    answers.
    """
    from sqlalchemy import select

    from core.store.schema import runs

    asked, order = select(*(runs.c[name] for name in columns)), _order(query)
    if query.limit is None and not query.offset:
        return asked.where(*conditions(query, in_sqlite=in_sqlite)).order_by(*order)
    # Which runs these are is found in an index; only their rows are read.
    passing, part_order = conditions_in_order(query, in_sqlite=in_sqlite), order
    if not in_sqlite and (query.text or query.tag):
        part_order = _order(query, not_by_index=True)
    part = select(runs.c.run_id).where(*passing).order_by(*part_order).limit(query.limit).offset(query.offset)
    found = part.subquery("found")
    return asked.join(found, found.c.run_id == runs.c.run_id).order_by(*order)


def count_runs(query: RunQuery, *, in_sqlite: bool = False) -> Select[Any]:
    """Return the statement that counts all runs that pass, whatever part of them `query` wants."""
    from sqlalchemy import func, select

    from core.store.schema import runs

    return select(func.count()).select_from(runs).where(*conditions(query, in_sqlite=in_sqlite))


def select_modes(*, is_deleted: bool) -> Select[Any]:
    """Return the statement for the different modes, each found by a step from the one before in the index."""
    from sqlalchemy import func, select

    from core.store.schema import runs

    one = select(func.min(runs.c.mode_key)).where(runs.c.is_deleted.is_(is_deleted))
    found = select(one.scalar_subquery().label("mode")).cte("found", recursive=True)
    following = one.where(runs.c.mode_key > found.c.mode).scalar_subquery()
    found = found.union_all(select(following).where(found.c.mode.is_not(None)))
    return select(found.c.mode).where(found.c.mode.is_not(None))


def select_tags() -> Select[Any]:
    """Return the statement for the tags of runs that bear one, of the trash too, as an index holds them."""
    from sqlalchemy import select

    from core.store.schema import runs

    return select(runs.c.tags_key).where(*_bearing_tags(), ~_bears_several()).distinct()


def select_tag_lists() -> Select[Any]:
    """Return the statement for the different lists of tags of the other runs, as JSON text."""
    from sqlalchemy import Text, cast, select

    from core.store.schema import runs

    return select(cast(runs.c.tags, Text)).where(*_bearing_tags(), _bears_several()).distinct()


def _bearing_tags() -> tuple[ColumnElement[bool], ...]:
    from core.store.schema import runs

    # The index leaves out the many that bear none.
    return runs.c.is_deleted.in_((False, True)), runs.c.tags_key > ""


def _bears_several() -> ColumnElement[bool]:
    """Return the condition that a key may be that of several tags, or has been cut."""
    from sqlalchemy import func, or_

    from core.store.schema import runs
    from core.store.text_search import holds

    return or_(holds(runs.c.tags_key, ","), func.length(runs.c.tags_key) >= KEY_LENGTH)


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
