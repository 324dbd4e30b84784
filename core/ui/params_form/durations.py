"""A length of time as a number and a unit, and as the ISO 8601 text that pydantic writes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["UNITS", "amount_and_unit", "iso_duration", "seconds_of"]

UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
"""Seconds in each unit that is offered."""

_DURATION: TypeAdapter[timedelta] = TypeAdapter(timedelta)


def seconds_of(value: JsonValue) -> float | None:
    """Return the seconds of an ISO 8601 duration or of a number of seconds, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        return _DURATION.validate_python(value).total_seconds()
    except ValidationError:
        return None


def amount_and_unit(seconds: float) -> tuple[float, str]:
    """Return the number and the largest unit in which it is whole; zero and parts of a second are in seconds."""
    whole = [unit for unit, length in UNITS.items() if seconds and seconds % length == 0]
    unit = whole[-1] if whole else "seconds"
    return seconds / UNITS[unit], unit


def iso_duration(amount: float, unit: str) -> str | None:
    """Return a number of units as an ISO 8601 text such as "P1DT2H"; None beyond what a timedelta holds."""
    try:
        return str(_DURATION.dump_python(timedelta(seconds=amount * UNITS[unit]), mode="json"))
    except OverflowError:
        return None
