"""One ticker's bars in the cache: with the dates that they cover, and only those bars that are final.

A bar is final once the UTC day has ended that its span reaches into, so that the unfinished session of no market is
kept. Dates up to then count as covered; those of the last week only up to the last bar, as some bars come late.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.base.errors import DataError
from core.engine.date_span import DateSpan

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

    from core.contracts.data_access import DataAccess

__all__ = ["KeptBars", "keep_final", "read_kept"]

_COVERED = "covered"
_SPAN_DAYS = {"m": 1, "h": 1, "d": 1, "wk": 7, "mo": 31}
_BARS_COME_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class KeptBars:
    """Bars (`timestamp` in UTC, and values), and the dates that they are all the bars of."""

    bars: pd.DataFrame
    covered: DateSpan

    def within(self, wanted: DateSpan) -> pd.DataFrame:
        """Return the bars of the wanted dates on a fresh RangeIndex, free of what the cache noted."""
        bars = wanted.cut(self.bars).reset_index(drop=True)
        bars.attrs = {}
        return bars


def read_kept(access: DataAccess, key: Mapping[str, JsonValue]) -> KeptBars | None:
    """Return what was kept for a key, None where there is nothing that can be relied on."""
    frame = access.read_bars(key)
    if frame is None or frame.empty or "timestamp" not in frame:
        return None
    try:
        first, last = frame.attrs[_COVERED]
        return KeptBars(frame, DateSpan(_date_of(first), _date_of(last)))
    except (KeyError, TypeError, ValueError):
        return None


def keep_final(
    access: DataAccess, key: Mapping[str, JsonValue], found: KeptBars, *, interval: str, today: date
) -> None:
    """Keep the bars that are final on the UTC date `today`, in the place of those before."""
    last_final = today - timedelta(days=_span_days(interval))
    covered = DateSpan(found.covered.first, last_final)
    if not covered.ends_before(found.covered):
        covered = found.covered
    final = covered.cut(found.bars)
    if final.empty:
        return
    settled = DateSpan(covered.first, max(final["timestamp"].iloc[-1].date(), today - _BARS_COME_WITHIN))
    covered = settled if settled.ends_before(covered) else covered
    final = final.copy(deep=False)
    final.attrs = {_COVERED: [None if day is None else day.isoformat() for day in (covered.first, covered.last)]}
    access.keep_bars(key, final)


def _date_of(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _span_days(interval: str) -> int:
    found = re.fullmatch(r"([1-9][0-9]*)(m|h|d|wk|mo)", interval)
    if found is None:
        raise DataError(f"interval is {interval!r}; it must be such as 5m, 1h, 1d, 1wk or 1mo.")
    count, unit = int(found[1]), found[2]
    return count * _SPAN_DAYS[unit] if unit in {"d", "wk", "mo"} else 1
