"""A span of dates, open or closed on either side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

__all__ = ["DateSpan"]


@dataclass(frozen=True)
class DateSpan:
    """First and last date, both included.

    Attributes
    ----------
    first, last : date or None
        None is open: as far as there is anything.
    """

    first: date | None
    last: date | None

    def begins_after(self, other: DateSpan) -> bool:
        """Return whether `other` begins earlier."""
        return self.first is not None and (other.first is None or other.first < self.first)

    def ends_before(self, other: DateSpan) -> bool:
        """Return whether `other` ends later."""
        return self.last is not None and (other.last is None or other.last > self.last)

    def joined(self, other: DateSpan) -> DateSpan:
        """Return the shortest span that holds both."""
        first = other.first if self.begins_after(other) else self.first
        return DateSpan(first, other.last if self.ends_before(other) else self.last)

    def cut(self, bars: pd.DataFrame) -> pd.DataFrame:
        """Return the rows whose `timestamp` (UTC) lies on a date of this span."""
        times = bars["timestamp"]
        inside = np.ones(len(bars), dtype=np.bool_)
        if self.first is not None:
            inside &= (times >= pd.Timestamp(self.first, tz="UTC")).to_numpy()
        if self.last is not None:
            inside &= (times < pd.Timestamp(self.last, tz="UTC") + timedelta(days=1)).to_numpy()
        return bars if inside.all() else bars[inside]
