"""Bars after the present moment: nobody has traded at their prices."""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from core.engine.bar_interval import bar_length
from core.engine.panel_index import date_text, row_text

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["future_bar_findings"]

_DAY = timedelta(days=1)


def future_bar_findings(panel: pd.DataFrame, interval: str, now: datetime) -> list[str]:
    """Return a sentence where bars lie after the present moment; none where none do.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.
    interval : str
        Bar length. What lies less than a day, or a bar, ahead is let pass: east of Greenwich a session's date begins
        before that of UTC, and some sources date a week or a month by its end.
    now : datetime
        The present moment, in UTC.
    """
    latest = pd.Timestamp(now + max(_DAY, bar_length(interval)))
    n_rows = len(panel)
    first = bisect_right(range(n_rows), latest, key=lambda row: panel.index[row][0])
    if first == n_rows:
        return []
    many = f"{n_rows - first:,} bars lie" if n_rows - first > 1 else "1 bar lies"
    span = f"from {row_text(panel, first)} to {date_text(panel.index[-1][0])}"
    moment = f"the present moment ({now.date()})"
    step = "Look at the source's dates and their format, or set data.end_date."
    return [f"{many} after {moment}, {span}: nobody has traded at these prices. {step}"]
