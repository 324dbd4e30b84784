"""What a list of runs is asked for, and the SQL that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from core.base.errors import UsageError
from core.base.events import RunState
from core.store.json_form import json_value
from core.store.run_record import RunRecord

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, RowMapping, Select

__all__ = ["RunQuery", "answer_from_records", "record_of", "row_of", "select_records"]

Order = Literal["created_at", "started_at", "finished_at", "state", "mode", "title"]


@dataclass(frozen=True)
class RunQuery:
    """Which runs, and in which order.

    Attributes
    ----------
    states, modes : tuple
        Any of these; empty means all.
    text : str
        Found, without regard to case, in id, title, mode, tags, notes or the config's summary.
    tag : str
        One of the run's tags, exactly; empty means any.
    limit : int or None
        At most so many; None means all.
    order : str
        Column to sort by; runs without a value come last.
    is_descending : bool
        Newest, or last in the alphabet, first.
    with_deleted : bool
        Whether runs in the trash are listed too.
    only_deleted : bool
        Whether runs in the trash are listed, and no others.
    """

    states: tuple[RunState, ...] = ()
    modes: tuple[str, ...] = ()
    text: str = ""
    tag: str = ""
    limit: int | None = 50
    order: Order = "created_at"
    is_descending: bool = True
    with_deleted: bool = False
    only_deleted: bool = False

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"limit is {self.limit}; it must be at least 1, or null for all runs.")
        if self.order not in Order.__args__:  # type: ignore[attr-defined]
            allowed = ", ".join(Order.__args__)  # type: ignore[attr-defined]
            raise UsageError(f"order is {self.order!r}; it must be one of {allowed}.")


def select_records(query: RunQuery, columns: Sequence[str] = ()) -> Select[Any]:
    """Return the statement that `query` means, for all columns unless some are named.

    The id breaks ties, so that equal questions get equal answers.
    """
    from sqlalchemy import nulls_last, select

    from core.store.schema import runs

    column = runs.c[query.order]
    ordered = column.desc() if query.is_descending else column.asc()
    asked = [runs.c[name] for name in columns] or list(runs.c)
    return select(*asked).where(*_conditions(query)).order_by(nulls_last(ordered), runs.c.run_id).limit(query.limit)


def answer_from_records(records: Sequence[RunRecord], statement: Select[Any]) -> Sequence[RowMapping]:
    """Return what `statement` asks for out of `records`, without an index on disk."""
    from sqlalchemy import create_engine

    from core.store.schema import metadata, runs

    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            for record in records:
                connection.execute(runs.insert(), row_of(record))
            return connection.execute(statement).mappings().all()
    finally:
        engine.dispose()


def row_of(record: RunRecord) -> dict[str, object]:
    """Return the table's row of a record."""
    return {
        "run_id": record.run_id,
        "home_id": record.home_id,
        "mode": _storable(record.mode),
        "title": _storable(record.title),
        "state": record.state.value,
        "current_status": _storable(record.current_status),
        "error": _storable(record.error),
        "created_at": _time_text(record.created_at),
        "started_at": _time_text(record.started_at),
        "finished_at": _time_text(record.finished_at),
        "config_summary": json_value(record.config_summary),
        "metrics": json_value(record.metrics),
        "tags": list(record.tags),
        "notes": _storable(record.notes),
        "is_deleted": record.is_deleted,
        "event_count": record.event_count,
        "notes_revision": record.notes_revision,
        "search_text": _search_text(record),
    }


def record_of(row: RowMapping) -> RunRecord:
    """Return the record of a table's row."""
    values = {name: value for name, value in row.items() if name != "search_text"}
    for name in ("created_at", "started_at", "finished_at"):
        values[name] = None if values[name] is None else datetime.fromisoformat(values[name])
    return RunRecord(**{**values, "state": RunState(values["state"]), "tags": tuple(values["tags"])})


def _conditions(query: RunQuery) -> list[ColumnElement[bool]]:
    from core.store.schema import runs

    conditions: list[ColumnElement[bool]] = []
    if query.only_deleted:
        conditions.append(runs.c.is_deleted.is_(True))
    elif not query.with_deleted:
        conditions.append(runs.c.is_deleted.is_(False))
    if query.states:
        conditions.append(runs.c.state.in_([state.value for state in query.states]))
    if query.modes:
        conditions.append(runs.c.mode.in_(query.modes))
    if query.text:
        conditions.append(runs.c.search_text.contains(_storable(query.text.casefold()), autoescape=True))
    if query.tag:
        conditions.append(runs.c.search_text.contains(_tag_line(query.tag), autoescape=True))
    return conditions


def _search_text(record: RunRecord) -> str:
    words = [record.run_id, record.mode, record.title, record.notes, *record.tags]
    for value in record.config_summary.values():
        words += [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return "\n".join([*(_storable(word).casefold() for word in words), *(_tag_line(tag) for tag in record.tags)])


def _tag_line(tag: str) -> str:
    # Between marks that no word bears: a search for the tag "live" does not find "olive".
    return f"\x1f{_storable(tag)}\x1f"


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL character.
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _time_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")
