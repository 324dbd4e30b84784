"""The times at which a panel's bars are expected: what its tickers, or all of them, lack.

1. Without an exchange's calendar: whenever some ticker has a bar; and intraday at the times at which the data usually
   have one (usual_times.py), so that a bar is missed that no ticker has.
2. With a calendar, daily bars: its sessions.
3. With a calendar, intraday: the steps of each session from its open to its close, as far as the data usually have
   them. Half days end early, and clock changes move the hours. Bars outside of sessions are not missed by others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.engine.bar_blocks import PanelBars
from core.engine.bar_interval import intraday_step_us
from core.engine.exchange_calendar import SessionParts, session_dates, session_parts
from core.engine.usual_times import are_usual, usual_holes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Timetable", "timetable"]


@dataclass(frozen=True, eq=False)
class Timetable:
    """When bars are expected.

    Attributes
    ----------
    timestamps : DatetimeIndex of shape (n_bars,)
        Every time at which some ticker of the panel has a bar.
    is_expected : ndarray of shape (n_bars,)
        Whether the others are expected to have one then too.
    lacking : DatetimeIndex
        Times at which a bar is expected and no ticker has one, sorted.
    """

    timestamps: pd.DatetimeIndex
    is_expected: NDArray[np.bool_]
    lacking: pd.DatetimeIndex


def timetable(panel: pd.DataFrame, interval: str, calendar: str | None = None) -> Timetable:
    """Return when a panel's bars are expected.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.
    interval : str
        Bar length, such as "1d" or "5m".
    calendar : str or None
        The exchange, such as XNYS.

    Raises
    ------
    DataError
        If the calendar does not know the panel's dates at all.
    """
    timestamps = PanelBars(panel).timestamps
    every, step = np.ones(len(timestamps), dtype=np.bool_), intraday_step_us(interval)
    moments = timestamps.as_unit("us").asi8
    if step is not None and calendar is not None:
        parts = session_parts(calendar, timestamps)
        inside = parts.of_moments(moments) >= 0
        return Timetable(
            timestamps, inside | ~parts.is_known(moments), _times(_holes_of_sessions(moments, step, parts))
        )
    if step is not None:
        return Timetable(timestamps, every, _times(usual_holes(moments, step)))
    if interval == "1d" and calendar is not None:
        dates = session_dates(calendar, timestamps)
        return Timetable(timestamps, every, dates.difference(timestamps).rename("timestamp"))
    return Timetable(timestamps, every, timestamps[:0])


def _holes_of_sessions(moments: NDArray[np.int64], step: int, parts: SessionParts) -> NDArray[np.int64]:
    """Return the steps of sessions at which no ticker has a bar; mornings and afternoons are laid out on their own."""
    of_bar = parts.of_moments(moments)
    found = [np.empty(0, dtype=np.int64)]
    for kind in (0, 1):
        is_own = (of_bar >= 0) & (parts.kind[of_bar] == kind)
        if is_own.any():
            found.append(_holes_of_kind(moments[is_own], of_bar[is_own], step, parts, kind))
    holes: NDArray[np.int64] = np.sort(np.concatenate(found))
    return np.asarray(holes[(holes > moments[0]) & (holes < moments[-1])])


def _holes_of_kind(
    moments: NDArray[np.int64], of_bar: NDArray[np.int64], step: int, parts: SessionParts, kind: int
) -> NDArray[np.int64]:
    since_open = moments - parts.start[of_bar]
    offsets, counts = np.unique(since_open % step, return_counts=True)
    offset = int(offsets[np.argmax(counts)])
    own = np.flatnonzero(parts.kind == kind)
    own = own[(own >= of_bar[0]) & (own <= of_bar[-1])]
    n_steps = np.maximum(-(-(parts.end[own] - parts.start[own] - offset) // step), 0)
    part = np.repeat(own, n_steps)
    slot = np.arange(n_steps.sum()) - np.repeat(np.cumsum(n_steps) - n_steps, n_steps)
    step_of_bar = (since_open - offset) // step
    # A bar before the first step, of another offset than most, stands for none.
    of_bar, step_of_bar = of_bar[step_of_bar >= 0], step_of_bar[step_of_bar >= 0]
    longest = int(n_steps.max()) + 1
    is_free = ~np.isin(part * longest + slot, of_bar * longest + step_of_bar)
    part, slot = part[is_free], slot[is_free]
    traded, held_days = np.unique(of_bar, return_inverse=True)
    days = np.maximum(np.searchsorted(traded, part, side="right") - 1, 0)
    usual = are_usual(held_days, step_of_bar, days, slot, len(traded))
    return np.asarray((parts.start[part] + offset + slot * step)[usual])


def _times(moments: NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(moments.view("datetime64[us]"), name="timestamp").tz_localize("UTC")
