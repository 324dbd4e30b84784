"""Times at which the data usually have a bar, and now and then have none.

1. Days are compared at equal times of day (or at equal times since the session's beginning).
2. A time without a bar is usual if at least half of the other days near it, `NEIGHBOURS` before and after, have one.
   So a market's own pauses are none, nor is what a clock change moves, nor a thin instrument's empty minutes.
3. Without an exchange's calendar a day goes from its first to its last bar, since nobody here knows when the market
   opens and closes; over midnight it goes on where the data usually do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NEIGHBOURS", "are_usual", "usual_holes"]

NEIGHBOURS = 10
"""Days on each side."""

_DAY_US = 86_400_000_000


def are_usual(
    held_days: NDArray[np.int64],
    held_slots: NDArray[np.int64],
    days: NDArray[np.int64],
    slots: NDArray[np.int64],
    n_days: int,
) -> NDArray[np.bool_]:
    """Return for each time without a bar whether the days near it usually have one.

    Parameters
    ----------
    held_days, held_slots : ndarray of shape (n_held,)
        Number of the day, from 0, and number of the time of day of each bar.
    days, slots : ndarray of shape (n_asked,)
        Those of the times that are asked about, none of which has a bar.
    n_days : int
        How many days there are.

    Returns
    -------
    ndarray of shape (n_asked,)
        True also where there is no other day to compare with.
    """
    held = np.unique(held_slots * n_days + held_days)
    first, last = np.maximum(days - NEIGHBOURS, 0), np.minimum(days + NEIGHBOURS, n_days - 1)
    begin = np.searchsorted(held, slots * n_days + first, side="left")
    n_held = np.searchsorted(held, slots * n_days + last, side="right") - begin
    return np.asarray(2 * n_held >= last - first)


def usual_holes(moments: NDArray[np.int64], step: int) -> NDArray[np.int64]:
    """Return the times, between those at which some ticker has a bar, at which a bar is usual and none has one.

    Parameters
    ----------
    moments : ndarray of shape (n_bars,)
        Microseconds since 1970 in UTC, increasing.
    step : int
        A bar's length, in microseconds, less than a day.
    """
    gaps, dates = np.diff(moments), moments // _DAY_US
    wide = np.flatnonzero((gaps >= 2 * step) & _day_goes_on(gaps, dates, step))
    counts = gaps[wide] // step - 1
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    holes = np.repeat(moments[wide], counts) + steps * step
    known, days = np.unique(dates, return_inverse=True)
    asked = np.searchsorted(known, holes // _DAY_US)
    usual = are_usual(days, moments % _DAY_US // step, asked, holes % _DAY_US // step, len(known))
    return np.asarray(holes[usual])


def _day_goes_on(gaps: NDArray[np.int64], dates: NDArray[np.int64], step: int) -> NDArray[np.bool_]:
    """Return for each gap whether it lies within a day, or over a midnight that the data usually trade through."""
    apart = np.diff(dates)
    goes_on: NDArray[np.bool_] = apart == 0
    nights = np.flatnonzero(apart == 1)
    traded = np.flatnonzero(gaps[nights] < 2 * step)
    asked = np.arange(len(nights))
    zero = np.zeros(len(nights), dtype=np.int64)
    goes_on[nights] = are_usual(traded, zero[: len(traded)], asked, zero, len(nights))
    return goes_on
