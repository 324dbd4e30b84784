"""Times are timezone-aware and in UTC, everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic

__all__ = ["steady_moment", "utc_now"]


def utc_now() -> datetime:
    """Return the present moment, timezone-aware, in UTC."""
    return datetime.now(UTC)


def steady_moment() -> datetime:
    """Return a moment of a clock that nobody sets: what lies between two of them has passed, and they mean no date."""
    return datetime.fromtimestamp(monotonic(), UTC)
