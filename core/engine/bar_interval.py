"""Whether bars lie as far apart as the config's interval says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.bar_rows import bar_rows
from core.engine.panel_index import order_by_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.engine.bar_rows import BarRows

__all__ = ["bar_length", "bears_session_dates", "intraday_step_us", "refuse_other_interval"]

_UNIT_DAYS = {"m": 1 / 1440, "h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.4}
_DAY_US = 86_400_000_000
_STEPS_THAT_TELL = 10
_LEAST, _MOST = 0.6, 1.5


def bar_length(interval: str) -> timedelta:
    """Return how long a bar is; a month is 30.4 days."""
    return timedelta(days=int(interval.rstrip("hdmwko")) * _UNIT_DAYS[interval.lstrip("0123456789")])


def bears_session_dates(interval: str) -> bool:
    """Return whether bars of this length bear their session's date (1d, 1wk, 1mo), and not the moment they begin."""
    return interval.endswith(("d", "wk", "mo"))


def intraday_step_us(interval: str) -> int | None:
    """Return a bar's length in microseconds where it is below a day, else None."""
    unit = interval.lstrip("0123456789")
    length = int(interval.removesuffix(unit)) * {"m": 60_000_000, "h": 3_600_000_000}.get(unit, _DAY_US)
    return length if length < _DAY_US and not bears_session_dates(interval) else None


def refuse_other_interval(rows: pd.DataFrame | BarRows, interval: str, *, origin: str) -> None:
    """Refuse bars that lie closer than the interval, or many that all lie farther apart.

    Holidays shift weekly and monthly bars by some days, so that a least step of .6 to 1.5 intervals passes;
    weekends and thin trading leave bars out, so that a few bars tell nothing.

    Parameters
    ----------
    rows : DataFrame or BarRows
        Columns timestamp (UTC) and ticker, in any order.
    interval : str
        Such as "1d".
    origin : str
        Where the rows came from, for messages.

    Raises
    ------
    DataError
        If the bars are of another interval.
    """
    length = bar_length(interval) / timedelta(microseconds=1)
    held = bar_rows(rows, lambda row: f"{origin}, row {row + 1:,}") if isinstance(rows, pd.DataFrame) else rows
    if not len(held) or _fit_at_a_glance(held, length):
        return
    n_steps, least = _steps(held)
    if n_steps and (least < _LEAST * length or (least > _MOST * length and n_steps >= _STEPS_THAT_TELL)):
        raise DataError(
            f"{origin}: data.interval is {interval!r}, but the closest bars of a ticker lie "
            f"{pd.Timedelta(least, unit='us')} apart. Set data.interval to what it holds."
        )


def _fit_at_a_glance(rows: BarRows, length: float) -> bool:
    """Return whether no two moments of all lie too close, and the first ticker's closest bars not too far apart.

    The closest bars of all tickers lie between the two, so that nothing has to be sorted.
    """
    moments = _microseconds(rows)
    own = moments[np.sort(rows.bars[rows.assets == rows.assets[0]])]
    if len(moments) < 2 or len(own) < 2:
        return False
    return bool(np.diff(moments).min() >= _LEAST * length and 0 < np.diff(own).min() <= _MOST * length)


def _steps(rows: BarRows) -> tuple[int, int]:
    """Return how many pairs of a ticker's neighbouring bars there are, and how far the closest lie apart."""
    moments, n_steps, least = _microseconds(rows), 0, 0
    by_ticker = order_by_code(rows.assets, len(rows.tickers))
    n_each = np.bincount(rows.assets, minlength=len(rows.tickers))
    for own in np.split(by_ticker, np.cumsum(n_each)[:-1]):
        steps = np.diff(moments[np.sort(rows.bars[own])])
        steps = steps[steps > 0]
        if len(steps):
            least = min(least, int(steps.min())) if n_steps else int(steps.min())
            n_steps += len(steps)
    return n_steps, least


def _microseconds(rows: BarRows) -> NDArray[np.int64]:
    found: NDArray[np.int64] = rows.moments.as_unit("us").asi8
    return found
