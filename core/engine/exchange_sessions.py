"""Bars against an exchange's calendar: sessions that lack bars, and bars that lie outside of sessions.

1. The calendar's sessions are laid over the panel's dates, with their opens, breaks and closes in UTC: half days end
   early, and clock changes move the hours.
2. A daily bar bears its session's date; on any other date it is an error.
3. An intraday bar begins in a session: at or after its open, before its close, not in its break. Others are findings.
4. A ticker lacks a session if it has no bar in it, although it has bars before and after.

Bars of weeks and months bear dates that are no sessions of their own, and are not compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.exchange_calendar import Sessions, sessions_of
from core.engine.panel_index import date_text, position_of_tickers, position_of_timestamps

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bars_outside_sessions", "exchange_findings", "missing_sessions", "refuse_bars_on_no_session"]

_NOT_COMPARED = ("wk", "mo")
_DAYS = ("d",)


def refuse_bars_on_no_session(panel: pd.DataFrame, calendar: str, interval: str, *, origin: str) -> None:
    """Refuse daily bars on dates on which the exchange did not trade.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.
    calendar : str
        The exchange, such as XNYS.
    interval : str
        Bar length; intraday bars, weeks and months pass.
    origin : str
        Where the panel came from, for the message.

    Raises
    ------
    DataError
        If there is one; the first is named.
    """
    if not interval.endswith(_DAYS):
        return
    outside = bars_outside_sessions(panel, calendar, interval)
    if len(outside):
        first, n_dates = outside.iloc[0], outside["timestamp"].nunique()
        raise DataError(
            f"{origin}: {first['ticker']} has a bar at {date_text(first['timestamp'])}, which is no session of "
            f"{calendar} ({len(outside)} such bars on {n_dates} dates); with data.calendar a daily bar bears a "
            "session's date. Correct the source's dates, or set data.calendar to its exchange, or to null."
        )


def exchange_findings(panel: pd.DataFrame, calendar: str, interval: str) -> list[str]:
    """Return in prose which sessions lack bars, and which bars lie outside of sessions.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.
    calendar, interval : str
        As in `refuse_bars_on_no_session`.
    """
    if interval.endswith(_NOT_COMPARED):
        return []
    layout = _layout(panel, calendar, interval)
    findings = []
    missing = _missing(layout)
    if len(missing):
        whole = int((~layout.has_bar.any(axis=1)).sum())
        of_all = f", {whole} of them of every ticker" if whole else ""
        findings.append(
            f"{len(missing)} bars are missing on sessions of {calendar}{of_all}, the first {_first(missing)}."
            if interval == "1d"
            else f"{len(missing)} sessions of {calendar} have no bar of a ticker{of_all}, the first {_first(missing)}."
        )
    outside = _outside(layout)
    if len(outside) and not interval.endswith(_DAYS):
        findings.append(f"{len(outside)} bars begin outside of {calendar}'s sessions, the first {_first(outside)}.")
    if (n_unknown := int((~layout.is_known[layout.bars]).sum())) > 0:
        findings.append(
            f"{calendar} is known {layout.sessions.known}; {n_unknown} bars lie outside of that and are not compared."
        )
    return findings


def missing_sessions(panel: pd.DataFrame, calendar: str, interval: str) -> pd.DataFrame:
    """Return the sessions in which a ticker has no bar, between its first and its last one.

    Returns
    -------
    DataFrame
        Columns timestamp (the session's date, 00:00 UTC) and ticker, sorted by timestamp, then ticker.
    """
    return _missing(_layout(panel, calendar, interval))


def bars_outside_sessions(panel: pd.DataFrame, calendar: str, interval: str) -> pd.DataFrame:
    """Return the bars that lie outside of sessions: columns timestamp and ticker, in the panel's order."""
    return _outside(_layout(panel, calendar, interval))


@dataclass(frozen=True)
class _Layout:
    """A panel laid over sessions, by timestamp: `session_of_bar` (-1: in none), and whether the calendar `is_known`."""

    sessions: Sessions
    timestamps: pd.DatetimeIndex
    tickers: tuple[str, ...]
    bars: NDArray[np.int64]
    assets: NDArray[np.int64]
    session_of_bar: NDArray[np.int64]
    is_known: NDArray[np.bool_]

    @cached_property
    def has_bar(self) -> NDArray[np.bool_]:
        """Where a ticker has a bar, of shape (n_sessions, n_tickers), from the first to the last session with one."""
        sessions = self.session_of_bar[self.bars]
        inside = sessions >= 0
        has_bar = np.zeros((len(self.sessions.dates), len(self.tickers)), dtype=np.bool_)
        has_bar[sessions[inside], self.assets[inside]] = True
        if not inside.any():
            return has_bar[:0]
        return has_bar[self.first_session : int(sessions.max()) + 1]

    @property
    def first_session(self) -> int:
        """The position of the first session with a bar."""
        inside = self.session_of_bar[self.session_of_bar >= 0]
        return int(inside.min()) if len(inside) else 0


def _layout(panel: pd.DataFrame, calendar: str, interval: str) -> _Layout:
    bars, timestamps = position_of_timestamps(panel)
    assets, tickers = position_of_tickers(panel)
    sessions = sessions_of(calendar, timestamps[0], timestamps[-1])
    of_bar = sessions.of_dates(timestamps) if interval.endswith(_DAYS) else sessions.of_moments(timestamps)
    is_known = (timestamps >= sessions.known_from) & (timestamps < sessions.known_until + pd.Timedelta(days=1))
    return _Layout(sessions, timestamps, tickers, bars, assets, of_bar, np.asarray(is_known))


def _missing(layout: _Layout) -> pd.DataFrame:
    has_bar = layout.has_bar
    begun = np.logical_or.accumulate(has_bar, axis=0)
    not_ended = np.logical_or.accumulate(has_bar[::-1], axis=0)[::-1]
    rows, columns = np.nonzero(begun & not_ended & ~has_bar)
    return _table(layout.sessions.dates[layout.first_session + rows], layout.tickers, columns)


def _outside(layout: _Layout) -> pd.DataFrame:
    wrong = (layout.session_of_bar < 0) & layout.is_known
    rows = np.flatnonzero(wrong[layout.bars])
    return _table(layout.timestamps[layout.bars[rows]], layout.tickers, layout.assets[rows])


def _table(timestamps: pd.DatetimeIndex, tickers: tuple[str, ...], assets: NDArray[np.int64]) -> pd.DataFrame:
    names = np.array(tickers, dtype=object)[assets]
    return pd.DataFrame({"timestamp": timestamps, "ticker": names}).astype({"ticker": "str"})


def _first(table: pd.DataFrame) -> str:
    return f"of {table['ticker'].iloc[0]} at {date_text(table['timestamp'].iloc[0])}"
