"""One ticker's bars, of which only what is missing is fetched.

1. Take what was kept for the key: bars, and the dates that they cover.
2. Covered as asked: cut to the dates, and fetch nothing.
3. Otherwise fetch what lies before and after, each with an overlap of a few bars that are there already.
4. Where the overlap disagrees, a split, a dividend or a correction has rewritten history: fetch everything anew.
5. Keep the bars that are final. A bar is final once the UTC day has ended that its span reaches into, so that the
   unfinished session of no market is kept. Dates up to then count as covered; those of the last week only up to the
   last bar, as some bars come late.

A correction that lies wholly outside of the overlap is not seen; `refresh` fetches everything anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.date_span import DateSpan

if TYPE_CHECKING:
    from pydantic import JsonValue

    from core.contracts.data_access import DataAccess

__all__ = ["incremental_bars"]

Fetch = Callable[[date | None, date | None], pd.DataFrame]

_COVERED = "covered"
_SPAN_DAYS = {"m": 1, "h": 1, "d": 1, "wk": 7, "mo": 31}
_BARS_COME_WITHIN = timedelta(days=7)
_EQUAL_WITHIN = 1e-6  # relative: what vendors' own rounding moves a price by


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
    kept = None if refresh else _kept(access, key)
    found = _completed(kept, wanted, fetch, key, overlap_bars) if kept else _fetched(fetch, wanted, key)
    if found is not kept:
        _keep(access, key, found, day, day - timedelta(days=_span_days(interval)))
    asked = wanted.cut(found.bars).reset_index(drop=True)
    asked.attrs = {}
    return asked


@dataclass(frozen=True)
class _Bars:
    bars: pd.DataFrame
    covered: DateSpan


def _kept(access: DataAccess, key: Mapping[str, JsonValue]) -> _Bars | None:
    frame = access.read_bars(key)
    if frame is None or frame.empty or "timestamp" not in frame:
        return None
    try:
        first, last = frame.attrs[_COVERED]
        return _Bars(frame, DateSpan(_date_of(first), _date_of(last)))
    except (KeyError, TypeError, ValueError):
        return None


def _date_of(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _completed(kept: _Bars, wanted: DateSpan, fetch: Fetch, key: Mapping[str, JsonValue], overlap_bars: int) -> _Bars:
    """Return what is kept with what lacks before and after it, or everything anew."""
    bars, times = kept.bars, kept.bars["timestamp"]
    n_overlap = min(max(overlap_bars, 1), len(bars))
    parts = [bars]
    if kept.covered.ends_before(wanted):
        shared = DateSpan(times.iloc[-n_overlap].date(), kept.covered.last)
        newer = _fetched(fetch, DateSpan(shared.first, wanted.last), key).bars
        if not _agree(shared.cut(bars), shared.cut(newer)):
            return _fetched(fetch, kept.covered.joined(wanted), key)
        parts = [*parts, newer[newer["timestamp"] > times.iloc[-1]]]
    if kept.covered.begins_after(wanted):
        shared = DateSpan(kept.covered.first, times.iloc[n_overlap - 1].date())
        older = _fetched(fetch, DateSpan(wanted.first, shared.last), key).bars
        if not _agree(shared.cut(bars), shared.cut(older)):
            return _fetched(fetch, kept.covered.joined(wanted), key)
        parts = [older[older["timestamp"] < times.iloc[0]], *parts]
    if len(parts) == 1:
        return kept
    return _Bars(pd.concat(parts, ignore_index=True), kept.covered.joined(wanted))


def _fetched(fetch: Fetch, wanted: DateSpan, key: Mapping[str, JsonValue]) -> _Bars:
    bars = fetch(wanted.first, wanted.last)
    _check_form(bars, key)
    # What went through Parquet has microseconds; what did not must not differ by its unit.
    return _Bars(bars.assign(timestamp=bars["timestamp"].dt.as_unit("us")), wanted)


def _check_form(bars: pd.DataFrame, key: Mapping[str, JsonValue]) -> None:
    if "timestamp" not in bars:
        raise DataError(f"The bars of {dict(key)} have no column timestamp; a fetch returns it and the values.")
    times = bars["timestamp"]
    if str(getattr(times.dtype, "tz", None)) != "UTC" or times.isna().any() or not times.is_monotonic_increasing:
        raise DataError(
            f"The bars of {dict(key)} have timestamps that are not all in UTC and from old to new (dtype "
            f"{times.dtype}); a fetch returns such."
        )
    if times.duplicated().any():
        twice = times[times.duplicated()].iloc[0]
        raise DataError(f"The bars of {dict(key)} hold {twice} twice; a fetch returns each timestamp once.")


def _agree(kept: pd.DataFrame, fetched: pd.DataFrame) -> bool:
    """Return whether both hold the same bars; values may differ by what vendors round."""
    if set(kept.columns) != set(fetched.columns) or len(kept) != len(fetched):
        return False
    return all(_equal(kept[column].to_numpy(), fetched[column].to_numpy()) for column in kept.columns)


def _equal(kept: np.ndarray, fetched: np.ndarray) -> bool:
    if kept.dtype.kind == fetched.dtype.kind == "f":
        return bool(np.allclose(kept, fetched, rtol=_EQUAL_WITHIN, atol=0.0, equal_nan=True))
    return bool((kept == fetched).all())


def _keep(access: DataAccess, key: Mapping[str, JsonValue], found: _Bars, today: date, last_final: date) -> None:
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


def _span_days(interval: str) -> int:
    found = re.fullmatch(r"([1-9][0-9]*)(m|h|d|wk|mo)", interval)
    if found is None:
        raise DataError(f"interval is {interval!r}; it must be such as 5m, 1h, 1d, 1wk or 1mo.")
    count, unit = int(found[1]), found[2]
    return count * _SPAN_DAYS[unit] if unit in {"d", "wk", "mo"} else 1
