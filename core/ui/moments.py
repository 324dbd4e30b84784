"""Moments in the viewer's zone, as the tables have them, with UTC beside, as the runs' files have them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

__all__ = ["moment_in_zone", "shown_moment"]


def shown_moment(moment: datetime) -> str:
    """Return a moment in the viewer's zone with UTC beside it; in UTC alone where the zone is that, or unknown."""
    return moment_in_zone(moment, st.context.timezone)


def moment_in_zone(moment: datetime, zone: str | None) -> str:
    """Return "2026-03-01 10:05 (09:05 UTC)"; the day stands in both where it differs.

    Parameters
    ----------
    moment : datetime
        With a zone of its own.
    zone : str or None
        As IANA calls it, "Europe/Berlin"; one that is unknown here, and None, give "2026-03-01 09:05 UTC".
    """
    in_utc = moment.astimezone(UTC)
    local = in_utc.astimezone(_zone(zone))
    if local.utcoffset() == in_utc.utcoffset():
        return f"{in_utc:%Y-%m-%d %H:%M} UTC"
    beside = f"{in_utc:%H:%M}" if local.date() == in_utc.date() else f"{in_utc:%Y-%m-%d %H:%M}"
    return f"{local:%Y-%m-%d %H:%M} ({beside} UTC)"


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        # The browser's list of zones may be newer than this machine's.
        return ZoneInfo("UTC")
