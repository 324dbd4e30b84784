"""What is to be fetched of one ticker, and what becomes of the answers: a generator that knows no source.

1. Covered as asked: nothing is to be fetched.
2. Otherwise what lies after and before, each with an overlap of a few bars that are there already.
3. Where the overlap disagrees, a split, a dividend or a correction has rewritten history: everything anew.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.date_span import DateSpan
from core.engine.kept_bars import KeptBars

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["Asking", "missing_bars"]

Asking = Generator[DateSpan, pd.DataFrame, KeptBars]

_EQUAL_WITHIN = 1e-6  # relative: what vendors' own rounding moves a price by


def missing_bars(
    kept: KeptBars | None, wanted: DateSpan, key: Mapping[str, JsonValue], *, overlap_bars: int = 5
) -> Asking:
    """Yield the dates to fetch, take their bars, and return what is there in the end: `kept` itself if nothing lacked.

    Parameters
    ----------
    kept : KeptBars or None
        What is there already.
    wanted : DateSpan
        What is asked for.
    key : mapping
        Whose bars they are, for messages.
    overlap_bars : int
        Bars that are fetched again to notice rewritten history, at least 1.

    Raises
    ------
    DataError
        If an answer has no column timestamp, or its timestamps are not UTC and increasing.
    """
    if kept is None:
        return (yield from _fetched(wanted, key))
    bars, times = kept.bars, kept.bars["timestamp"]
    n_overlap = min(max(overlap_bars, 1), len(bars))
    parts = [bars]
    if kept.covered.ends_before(wanted):
        shared = DateSpan(times.iloc[-n_overlap].date(), kept.covered.last)
        newer = (yield from _fetched(DateSpan(shared.first, wanted.last), key)).bars
        if not _agree(shared.cut(bars), shared.cut(newer)):
            return (yield from _fetched(kept.covered.joined(wanted), key))
        parts = [*parts, newer[newer["timestamp"] > times.iloc[-1]]]
    if kept.covered.begins_after(wanted):
        shared = DateSpan(kept.covered.first, times.iloc[n_overlap - 1].date())
        older = (yield from _fetched(DateSpan(wanted.first, shared.last), key)).bars
        if not _agree(shared.cut(bars), shared.cut(older)):
            return (yield from _fetched(kept.covered.joined(wanted), key))
        parts = [older[older["timestamp"] < times.iloc[0]], *parts]
    if len(parts) == 1:
        return kept
    return KeptBars(pd.concat(parts, ignore_index=True), kept.covered.joined(wanted))


def _fetched(wanted: DateSpan, key: Mapping[str, JsonValue]) -> Asking:
    bars = yield wanted
    _check_form(bars, key)
    # What went through Parquet has microseconds; what did not must not differ by its unit.
    return KeptBars(bars.assign(timestamp=bars["timestamp"].dt.as_unit("us")), wanted)


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
