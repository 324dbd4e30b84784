"""Which runs a query means, as conditions in SQL, put so that the database finds them in an index.

1. A single filter is answered by the index of its column.
2. SQLite takes one index for a table: of several filters it would find what passes one, and read row after row for the
   others. So it is kept from the columns' own indexes, and looks through the one that holds all columns of filters.
3. An index for an order holds no other filter's column: what passes is found first, and then listed in the order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from core.store.json_form import storable
from core.store.listed_columns import KEY_LENGTH, SORTED_BY, key_of
from core.store.run_row import tag_line, time_text

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement

    from core.store.run_query import RunQuery

__all__ = ["conditions", "conditions_in_order"]

_ValueOf: TypeAlias = "Callable[[Column[Any]], ColumnElement[Any]]"


def conditions(query: RunQuery, *, in_sqlite: bool) -> list[ColumnElement[bool]]:
    """Return the conditions that hold for the runs which `query` means."""
    filters = _filters(query, lambda column: column)
    # Homes and ids are not in the index of all filters; ids are few.
    if in_sqlite and len(filters) > 1 and not query.home_id and not query.run_ids:
        filters = _filters(query, _without_its_index)
    return [*_belonging(query), *filters.values()]


def conditions_in_order(query: RunQuery, *, in_sqlite: bool) -> list[ColumnElement[bool]]:
    """Return the same conditions for a list in the query's order that may end before all are looked at."""
    from sqlalchemy import literal_column, select

    from core.store.schema import runs

    passing = conditions(query, in_sqlite=in_sqlite)
    # By the age of runs every filter's index is sorted.
    others = _filters(query, lambda column: column).keys() - {SORTED_BY[query.order]}
    if not in_sqlite or query.order == "created_at" or not others:
        return passing
    row: ColumnElement[int] = literal_column(f"{runs.name}.rowid")
    found = select(row).select_from(runs).where(*passing).correlate(None)
    # The sign keeps SQLite from looking the rows up one by one, and sorting them.
    return [*_belonging(query), literal_column(f"+{runs.name}.rowid").in_(found)]


def _without_its_index(column: Column[Any]) -> ColumnElement[Any]:
    from sqlalchemy import literal_column

    return literal_column(f"+{column.table.name}.{column.name}", column.type)


def _belonging(query: RunQuery) -> list[ColumnElement[bool]]:
    """Return the conditions on where a run is, which each index begins with or few questions have."""
    from core.store.schema import runs

    found: list[ColumnElement[bool]] = []
    if query.only_deleted or not query.with_deleted:
        found.append(runs.c.is_deleted.is_(query.only_deleted))
    if query.home_id:
        found.append(runs.c.home_id == query.home_id)
    return found


def _filters(query: RunQuery, value_of: _ValueOf) -> dict[str, ColumnElement[bool]]:
    """Return each filter's condition by the column whose index answers it; texts, which take longest, last."""
    from sqlalchemy import and_

    from core.store.schema import runs
    from core.store.text_search import holds

    found: dict[str, ColumnElement[bool]] = {}
    if query.states:
        found["state"] = value_of(runs.c.state).in_([state.value for state in query.states])
    if query.with_model:
        has_model = value_of(runs.c.has_model).is_(True)
        found["has_model"] = and_(has_model, found.pop("state")) if query.states else has_model
    if query.run_ids:
        found["run_id"] = runs.c.run_id.in_(query.run_ids)
    if query.modes:
        found["mode_key"] = _one_of_modes(query, value_of)
    words = [storable(query.text.casefold())] if query.text else []
    tags = [tag_line(query.tag)] if query.tag else []
    texts = [holds(runs.c.search_text, word) for word in (*words, *tags)]
    return {**found, **_ranges(query, value_of), **({"search_text": and_(*texts)} if texts else {})}


def _one_of_modes(query: RunQuery, value_of: _ValueOf) -> ColumnElement[bool]:
    from sqlalchemy import and_

    from core.store.schema import runs

    by_key = value_of(runs.c.mode_key).in_([key_of(mode) for mode in query.modes])
    whole = [storable(mode) for mode in query.modes]
    # A key that may have been cut is one of several modes; no index holds those.
    return and_(by_key, runs.c.mode.in_(whole)) if any(len(mode) >= KEY_LENGTH for mode in whole) else by_key


def _ranges(query: RunQuery, value_of: _ValueOf) -> dict[str, ColumnElement[bool]]:
    from sqlalchemy import and_

    from core.store.schema import runs

    sides: dict[str, list[ColumnElement[bool]]] = {}
    started_at = value_of(runs.c.started_at)
    if query.started_from is not None:
        sides.setdefault("started_at", []).append(started_at >= time_text(query.started_from))
    if query.started_before is not None:
        sides.setdefault("started_at", []).append(started_at < time_text(query.started_before))
    for wanted in query.figures:
        figure = value_of(runs.c[wanted.name])
        if wanted.at_least is not None:
            sides.setdefault(wanted.name, []).append(figure >= wanted.at_least)
        if wanted.at_most is not None:
            sides.setdefault(wanted.name, []).append(figure <= wanted.at_most)
    return {name: and_(*each) for name, each in sides.items()}
