"""Which bars have ended: AlphaVantage's last one is that of the session, or the hour, that is still going on.

Its times are New York's. All exchanges that it serves close by 16:00 there, and their bars come within minutes.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EXCHANGE_ZONE", "ended_bars", "last_ended_session"]

EXCHANGE_ZONE = "America/New_York"

_BARS_ARE_THERE = time(16, 15)
_LENGTHS = {"m": "minutes", "h": "hours"}


def last_ended_session(now: datetime) -> date:
    """Return the last date whose session has ended at `now`, if it had one."""
    there = now.astimezone(ZoneInfo(EXCHANGE_ZONE))
    return there.date() if there.time() >= _BARS_ARE_THERE else there.date() - timedelta(days=1)


def ended_bars(bars: pd.DataFrame, interval: str, now: datetime) -> pd.DataFrame:
    """Return the bars that have ended at `now`, from old to new as they come."""
    import pandas as pd

    if interval == "1d":
        ended = bars["timestamp"] <= pd.Timestamp(last_ended_session(now), tz="UTC")
    else:
        length = timedelta(**{_LENGTHS[interval[-1]]: int(interval[:-1])})
        ended = bars["timestamp"] + length <= pd.Timestamp(now)
    return bars if ended.all() else bars[ended]
