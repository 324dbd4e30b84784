"""When an exchange trades, as the library exchange-calendars knows it: sessions, breaks and hours, in UTC."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.panel_index import date_text

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar  # type: ignore[import-untyped]
    from numpy.typing import NDArray

__all__ = ["SessionParts", "Sessions", "session_dates", "session_parts", "sessions_of"]

_MARGIN = pd.Timedelta(days=10)


@dataclass(frozen=True)
class Sessions:
    """An exchange's sessions over some dates, in UTC."""

    dates: pd.DatetimeIndex
    open: NDArray[np.int64]
    break_start: NDArray[np.int64]
    break_end: NDArray[np.int64]
    close: NDArray[np.int64]
    known_from: pd.Timestamp
    known_until: pd.Timestamp
    known: str

    def of_dates(self, timestamps: pd.DatetimeIndex) -> NDArray[np.int64]:
        """Return the position of the session that each timestamp is the date of, -1 where it is none's."""
        return np.asarray(self.dates.get_indexer(timestamps), dtype=np.int64)

    def of_moments(self, timestamps: pd.DatetimeIndex) -> NDArray[np.int64]:
        """Return the position of the session that each moment lies in, -1 where it lies in none."""
        moments = timestamps.as_unit("us").asi8
        positions = np.searchsorted(self.open, moments, side="right") - 1
        at = np.maximum(positions, 0)
        is_paused = (moments >= self.break_start[at]) & (moments < self.break_end[at])
        return np.where((positions >= 0) & (moments < self.close[at]) & ~is_paused, positions, -1)


@dataclass(frozen=True, eq=False)
class SessionParts:
    """What an exchange trades without a pause: a session, or its morning and its afternoon; microseconds in UTC.

    Attributes
    ----------
    start, end : ndarray of shape (n_parts,)
        Sorted; the end is not included.
    kind : ndarray of shape (n_parts,)
        1 for an afternoon after a break, else 0.
    known_from, known_until : int
        Outside of these nothing is known.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    kind: NDArray[np.int64]
    known_from: int
    known_until: int

    def of_moments(self, moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the position of the part that each moment lies in, -1 where it lies in none."""
        positions = np.searchsorted(self.start, moments, side="right") - 1
        is_inside = (positions >= 0) & (moments < self.end[np.maximum(positions, 0)])
        return np.where(is_inside, positions, -1)

    def is_known(self, moments: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether each moment lies where the calendar knows the exchange."""
        return np.asarray((moments >= self.known_from) & (moments < self.known_until))


def session_parts(calendar: str, timestamps: pd.DatetimeIndex) -> SessionParts:
    """Return the parts of an exchange's sessions around some times, which are sorted and in UTC.

    Raises
    ------
    DataError
        If the calendar knows none of them.
    """
    sessions = sessions_of(calendar, timestamps[0], timestamps[-1])
    has_break = sessions.break_start > sessions.open
    start = np.concatenate([sessions.open, sessions.break_end[has_break]])
    end = np.concatenate([np.where(has_break, sessions.break_start, sessions.close), sessions.close[has_break]])
    order = np.argsort(start)
    kind = np.repeat([0, 1], [len(sessions.open), int(has_break.sum())])
    known = pd.DatetimeIndex([sessions.known_from, sessions.known_until + pd.Timedelta(days=1)]).as_unit("us").asi8
    return SessionParts(start[order], end[order], kind[order], int(known[0]), int(known[1]))


def session_dates(calendar: str, timestamps: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return an exchange's sessions from the first to the last of some times, as dates at 00:00 UTC.

    Raises
    ------
    DataError
        If the calendar knows none of them.
    """
    dates = sessions_of(calendar, timestamps[0], timestamps[-1]).dates
    return dates[(dates >= timestamps[0]) & (dates <= timestamps[-1])]


def sessions_of(name: str, first: pd.Timestamp, last: pd.Timestamp) -> Sessions:
    """Return an exchange's sessions from some days before the first moment to some days after the last.

    Raises
    ------
    DataError
        If the calendar knows none of them.
    """
    begin, finish = (moment.tz_localize(None).normalize() for moment in (first, last))
    start, end = begin - _MARGIN, finish + _MARGIN
    known = ""
    try:
        schedule = _calendar(name, start=start, end=end).schedule
    except ValueError as error:
        # Holidays of some exchanges are known from a year on, or until one.
        of_today = _calendar(name)
        earliest, latest = of_today.bound_min(), of_today.bound_max()
        known = _span_text(earliest, latest)
        start, end = max(start, earliest or start), min(end, latest or end)
        if start >= end:
            raise DataError(
                f"data.calendar is {name!r}, which is known {known}; the data go from {date_text(first)} to "
                f"{date_text(last)}. Set data.calendar to null, or choose other dates."
            ) from error
        schedule = _calendar(name, start=start, end=end).schedule
    hours = (schedule[column].to_numpy("datetime64[us]") for column in ("open", "break_start", "break_end", "close"))
    # A missing break is the smallest number, so that no moment lies before its end.
    opens, break_starts, break_ends, closes = (hour.view("int64") for hour in hours)
    dates = pd.DatetimeIndex(schedule.index).tz_localize("UTC").as_unit("us")
    edges = (start.tz_localize("UTC"), end.tz_localize("UTC"))
    return Sessions(dates, opens, break_starts, break_ends, closes, *edges, known)


def _span_text(earliest: pd.Timestamp | None, latest: pd.Timestamp | None) -> str:
    edges = (("from", earliest), ("to", latest))
    return " ".join(f"{word} {edge.date()}" for word, edge in edges if edge is not None)


def _calendar(name: str, **dates: pd.Timestamp) -> ExchangeCalendar:
    from exchange_calendars import get_calendar

    with warnings.catch_warnings():
        # The library calls what pandas deprecates; neither we nor a user can act on it.
        warnings.simplefilter("ignore", DeprecationWarning)
        return get_calendar(name, **dates)
