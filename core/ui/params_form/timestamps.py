"""Dates and times as JSON has them, and as the widgets have them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "NO_ZONE",
    "UTC_ZONE",
    "iso_datetime",
    "read_date",
    "read_datetime",
    "read_time",
    "zone_of",
]

FIRST_DAY, LAST_DAY = date(1800, 1, 1), date(2200, 12, 31)
"""What the calendars offer; other days can be kept but not picked."""

UTC_ZONE = "UTC"
NO_ZONE = "no zone"


def read_date(value: JsonValue) -> date | None:
    """Return the day of an ISO 8601 text, or None for anything that a calendar cannot show."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return day if day and FIRST_DAY <= day <= LAST_DAY else None


def read_time(value: JsonValue) -> time | None:
    """Return the time of day of an ISO 8601 text without a zone, or None."""
    try:
        found = time.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is None else None


def read_datetime(value: JsonValue) -> datetime | None:
    """Return the moment of an ISO 8601 text, with its zone if it has one, or None."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and FIRST_DAY <= moment.date() <= LAST_DAY else None


def zone_of(moment: datetime) -> str:
    """Return the zone of a moment as the picker has it: UTC, an offset such as +05:30, or none."""
    offset = moment.utcoffset()
    if offset is None:
        return NO_ZONE
    return UTC_ZONE if offset == timedelta(0) else moment.isoformat()[-6:]


def iso_datetime(moment: datetime, zone: str) -> str:
    """Return a moment without a zone as an ISO 8601 text in `zone`; what is no zone is left for pydantic to refuse."""
    suffix = {UTC_ZONE: "Z", NO_ZONE: ""}.get(zone, zone)
    return f"{moment.replace(tzinfo=None).isoformat()}{suffix}"
