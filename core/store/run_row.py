"""A run's row in the table of the index, and the record that it gives back."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.base.events import RunState
from core.store.json_form import json_value, storable
from core.store.listed_columns import listed_values
from core.store.run_record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RECORD_COLUMNS", "record_of", "row_of", "tag_line", "time_text"]

RECORD_COLUMNS = tuple(field.name for field in fields(RunRecord))
"""The columns that a record is made of."""


def row_of(record: RunRecord) -> dict[str, object]:
    """Return the table's row of a record."""
    return {
        "run_id": record.run_id,
        "home_id": record.home_id,
        "mode": storable(record.mode),
        "title": storable(record.title),
        "state": record.state.value,
        "current_status": storable(record.current_status),
        "error": storable(record.error),
        "created_at": time_text(record.created_at),
        "started_at": time_text(record.started_at),
        "finished_at": time_text(record.finished_at),
        "config_summary": json_value(record.config_summary),
        "metrics": json_value(record.metrics),
        "tags": list(record.tags),
        "notes": storable(record.notes),
        "is_deleted": record.is_deleted,
        "event_count": record.event_count,
        "notes_revision": record.notes_revision,
        "has_model": record.has_model,
        "search_text": _search_text(record),
        **listed_values(record),
    }


def record_of(row: Iterable[Any]) -> RunRecord:
    """Return the record of a row of RECORD_COLUMNS."""
    values = dict(zip(RECORD_COLUMNS, row, strict=True))
    for name in ("created_at", "started_at", "finished_at"):
        values[name] = None if values[name] is None else datetime.fromisoformat(values[name])
    return RunRecord(**{**values, "state": RunState(values["state"]), "tags": tuple(values["tags"])})


def tag_line(tag: str) -> str:
    """Return how a tag stands in the text that searches look through."""
    # Between marks that no word bears: a search for the tag "live" does not find "olive".
    return f"\x1f{storable(tag)}\x1f"


def time_text(moment: datetime | None) -> str | None:
    """Return a moment as the table has it."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def _search_text(record: RunRecord) -> str:
    words = [record.run_id, record.mode, record.title, record.notes, *record.tags]
    for value in record.config_summary.values():
        words += [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return "\n".join([*(storable(word).casefold() for word in words), *(tag_line(tag) for tag in record.tags)])
