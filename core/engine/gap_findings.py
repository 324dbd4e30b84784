"""What a panel lacks, in prose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.engine.bar_interval import intraday_step_us
from core.engine.panel_index import date_text
from core.engine.session_gaps import first_session_gaps
from core.engine.timetable import timetable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["gap_findings"]

_EXAMPLES = 3


def gap_findings(panel: pd.DataFrame, interval: str, calendar: str | None = None) -> list[str]:
    """Return a sentence on the bars that tickers lack, with examples; none where nothing is missing.

    Daily bars that are compared with a calendar are left to `exchange_findings`, which tells of whole sessions.

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
    if calendar is not None and interval.endswith("d"):
        return []
    expected = timetable(panel, interval, calendar)
    n_gaps, first = first_session_gaps(panel, expected, n_first=_EXAMPLES)
    if not n_gaps:
        return []
    if intraday_step_us(interval) is None:
        return [f"{n_gaps} bars are missing on days on which other tickers traded, the first of {_examples(first, 1)}."]
    where = f"in sessions of {calendar}" if calendar else "at times at which the data usually have one"
    n_times = len(expected.lacking)
    of_all = f" ({n_times} times of no ticker)" if n_times else ""
    more = f" and {n_gaps - len(first)} more" if n_gaps > len(first) else ""
    return [f"{n_gaps} bars are missing {where}{of_all}: {_examples(first, _EXAMPLES)}{more}."]


def _examples(first: pd.DataFrame, n_shown: int) -> str:
    shown = first.head(n_shown)
    return ", ".join(
        f"{ticker} at {date_text(time)}" for time, ticker in zip(shown["timestamp"], shown["ticker"], strict=True)
    )
