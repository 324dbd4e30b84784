"""What is to be fetched of one ticker, and what becomes of the answers: a generator that knows no source.

1. Covered as asked: nothing is to be fetched.
2. Otherwise what lies after and before, each with an overlap of a few bars that are there already.
3. Where the overlap disagrees, a split, a dividend or a correction has rewritten history: everything anew.
4. What one fetch cannot span is asked for in parts, each next to what is there by then: later ones from old to new,
   earlier ones from new to old, so that what has arrived can be kept before the next part is asked for.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.date_span import DateSpan
from core.engine.fetch_parts import FetchParts
from core.engine.kept_bars import KeptBars

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["Asking", "Missing", "missing_bars"]


@dataclass(frozen=True)
class Missing:
    """Dates to fetch.

    Attributes
    ----------
    span : DateSpan
        First and last.
    so_far : KeptBars or None
        What is there by now, of which each part that has arrived is one; worth keeping, as this fetch may fail.
    """

    span: DateSpan
    so_far: KeptBars | None


Asking = Generator[Missing, pd.DataFrame, KeptBars]

_EQUAL_WITHIN = 1e-6  # relative: what vendors' own rounding moves a price by


def missing_bars(
    kept: KeptBars | None,
    wanted: DateSpan,
    key: Mapping[str, JsonValue],
    *,
    overlap_bars: int = 5,
    parts: FetchParts | None = None,
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
    parts : FetchParts or None
        How a fetch is cut; None leaves each whole.

    Raises
    ------
    DataError
        If an answer has no column timestamp, or its timestamps are not UTC and increasing.
    """
    cut = parts or FetchParts()
    if kept is None:
        return (yield from _anew(wanted, key, cut))
    found: KeptBars | None = kept
    times, n_overlap = kept.bars["timestamp"], min(max(overlap_bars, 1), len(kept.bars))
    if kept.covered.ends_before(wanted):
        shared = DateSpan(times.iloc[-n_overlap].date(), kept.covered.last)
        found = yield from _grown(kept, shared, DateSpan(shared.first, wanted.last), key, cut)
    if found is not None and kept.covered.begins_after(wanted):
        shared = DateSpan(kept.covered.first, times.iloc[n_overlap - 1].date())
        found = yield from _grown(found, shared, DateSpan(wanted.first, shared.last), key, cut)
    if found is None:
        return (yield from _anew(kept.covered.joined(wanted), key, cut))
    return found


def _anew(wanted: DateSpan, key: Mapping[str, JsonValue], parts: FetchParts) -> Asking:
    so_far: KeptBars | None = None
    fetched: list[pd.DataFrame] = []
    for part in parts.of(wanted):
        fetched.append((yield from _answered(part, so_far, key)))
        so_far = KeptBars(_joined(fetched), DateSpan(wanted.first, parts.complete(part, wanted).last))
    return KeptBars(_checked(_joined(fetched), key), wanted)


def _grown(
    kept: KeptBars, shared: DateSpan, asked: DateSpan, key: Mapping[str, JsonValue], parts: FetchParts
) -> Generator[Missing, pd.DataFrame, KeptBars | None]:
    """Return what is kept with what lies after it, or before; None where both disagree about the dates they share."""
    is_later, is_same = shared.ends_before(asked), False
    so_far, fetched = kept, list[pd.DataFrame]()
    for part in parts.of(asked) if is_later else reversed(parts.of(asked)):
        bars = yield from _answered(part, so_far, key)
        fetched = [*fetched, bars] if is_later else [bars, *fetched]
        if not is_same and (shared.ends_before(part) if is_later else shared.begins_after(part)):
            if not _agree(shared.cut(kept.bars), shared.cut(_joined(fetched))):
                return None
            is_same = True
        if is_same:
            so_far = KeptBars(_beside(kept.bars, fetched, is_later), kept.covered.joined(parts.complete(part, asked)))
    return KeptBars(_checked(so_far.bars, key), so_far.covered)


def _beside(bars: pd.DataFrame, fetched: Sequence[pd.DataFrame], is_later: bool) -> pd.DataFrame:
    times, more = bars["timestamp"], _joined(fetched)
    if is_later:
        return _joined([bars, more[more["timestamp"] > times.iloc[-1]]])
    return _joined([more[more["timestamp"] < times.iloc[0]], bars])


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the bars of all parts; one without any need not have the columns of values."""
    full = [bars for bars in parts if len(bars)]
    return pd.concat(full, ignore_index=True) if len(full) > 1 else (full or parts)[0]


def _answered(
    span: DateSpan, so_far: KeptBars | None, key: Mapping[str, JsonValue]
) -> Generator[Missing, pd.DataFrame, pd.DataFrame]:
    bars = _checked((yield Missing(span, so_far)), key)
    # What went through Parquet has microseconds; what did not must not differ by its unit.
    return bars.assign(timestamp=bars["timestamp"].dt.as_unit("us"))


def _checked(bars: pd.DataFrame, key: Mapping[str, JsonValue]) -> pd.DataFrame:
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
    return bars


def _agree(kept: pd.DataFrame, fetched: pd.DataFrame) -> bool:
    """Return whether both hold the same bars; values may differ by what vendors round."""
    if set(kept.columns) != set(fetched.columns) or len(kept) != len(fetched):
        return False
    return all(_equal(kept[column].to_numpy(), fetched[column].to_numpy()) for column in kept.columns)


def _equal(kept: np.ndarray, fetched: np.ndarray) -> bool:
    if kept.dtype.kind == fetched.dtype.kind == "f":
        return bool(np.allclose(kept, fetched, rtol=_EQUAL_WITHIN, atol=0.0, equal_nan=True))
    return bool((kept == fetched).all())
