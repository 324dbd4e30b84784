"""A run's log as a person reads it: what was said, and how the state changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.base.events import LogPayload, StatusPayload

if TYPE_CHECKING:
    from core.base.events import Event

__all__ = ["log_line", "log_lines"]


def log_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the lines of all log and status events, each event's first line with its time in UTC."""
    for event in events:
        told = _told(event)
        if told:
            yield from f"{event.timestamp_utc:%H:%M:%S} {told}".splitlines()


def log_line(payload: LogPayload) -> str:
    """Return a log event as text: its level where that matters, the message, and the fields."""
    fields = " ".join(f"{name}={value}" for name, value in payload.fields.items())
    level = f"{payload.level}: " if payload.level in {"warning", "error"} else ""
    return f"{level}{payload.message} {fields}".rstrip()


def _told(event: Event) -> str:
    payload = event.payload
    if isinstance(payload, LogPayload):
        return log_line(payload)
    if isinstance(payload, StatusPayload):
        return f"{payload.state.value}: {payload.current_status} {payload.error or ''}".rstrip()
    return ""
