"""One ticker's bars, of which only what is missing is fetched.

1. Take what was kept for the key: bars, and the dates that they cover (kept_bars.py).
2. Fetch what lacks, with an overlap that shows whether history was rewritten (missing_bars.py).
3. Keep the bars that are final: of each part of a fetch before the next part is asked for.

A correction that lies wholly outside of the overlap is not seen; `refresh` fetches everything anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from core.engine.date_span import DateSpan
from core.engine.fetch_parts import CutAt, FetchParts
from core.engine.kept_bars import KeptBars, keep_final, read_kept
from core.engine.missing_bars import Asking, missing_bars

if TYPE_CHECKING:
    from pydantic import JsonValue

    from core.contracts.data_access import DataAccess

__all__ = ["incremental_bars"]

Fetch = Callable[[date | None, date | None], pd.DataFrame]


def incremental_bars(
    access: DataAccess,
    key: Mapping[str, JsonValue],
    start: date | None,
    end: date | None,
    fetch: Fetch,
    *,
    interval: str = "1d",
    overlap_bars: int = 5,
    refresh: bool = False,
    today: date | None = None,
    cut_at: CutAt | None = None,
) -> pd.DataFrame:
    """Return one ticker's bars from start to end, fetching only what is not kept.

    Parameters
    ----------
    access : DataAccess
        Where bars are kept.
    key : mapping
        Everything that the bars depend on but the dates: source, its version, ticker, interval, parameters. No secret.
    start, end : date or None
        First and last session, both included; None means as far as the source goes.
    fetch : callable
        `fetch(start, end)` returns the source's bars of these dates, both included or None: column timestamp (UTC,
        increasing) and columns of values, always the same ones. An empty frame means that there are none.
    interval : str
        Bar length: a week's bar is final when the week is over.
    overlap_bars : int
        Bars that are fetched again to notice rewritten history, at least 1.
    refresh : bool
        Whether what is kept is ignored, and replaced.
    today : date or None
        The UTC date; None asks the clock.
    cut_at : callable or None
        For a source that cannot span all dates by one fetch: `cut_at(start, end)` returns the dates, increasing, on
        which the second part and those after it begin. What a part brings is kept before the next is asked for, so that
        an interrupted download goes on there. None fetches all at once.

    Returns
    -------
    DataFrame
        As one `fetch(start, end)` returns it, on a fresh RangeIndex.

    Raises
    ------
    DataError
        If `fetch` returns no column timestamp, or its timestamps are not UTC and increasing.
    """
    day = today or datetime.now(UTC).date()
    wanted = DateSpan(start, end)
    kept = None if refresh else read_kept(access, key)
    asking = missing_bars(kept, wanted, key, overlap_bars=overlap_bars, parts=FetchParts(cut_at, interval))
    keep = partial(keep_final, access, key, interval=interval, today=day)
    found = _answered(asking, fetch, kept, keep)
    if found is not kept:
        keep(found)
    return found.within(wanted)


def _answered(asking: Asking, fetch: Fetch, kept: KeptBars | None, keep: Callable[[KeptBars], None]) -> KeptBars:
    """Return what the asking ends with, each question answered; keep what is there before each that may fail."""
    answer: pd.DataFrame | None = None
    while True:
        try:
            asked = next(asking) if answer is None else asking.send(answer)
        except StopIteration as end:
            found: KeptBars = end.value
            return found
        if asked.so_far is not None and asked.so_far is not kept:
            kept = asked.so_far
            keep(kept)
        answer = fetch(asked.span.first, asked.span.last)
