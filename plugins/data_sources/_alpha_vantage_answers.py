"""What AlphaVantage's answers mean: bars, or one of the faults that it tells with HTTP status 200.

1. A series of bars is data, whatever else stands beside it.
2. A text about calls that came too fast is BUSY: waiting helps.
3. A text about a day's calls is SPENT: only tomorrow, or another key, helps.
4. A premium endpoint, a refused key and an unknown symbol are each what they are. Anything else is told word for word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import qlop

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Meaning", "daily_bars", "intraday_bars", "meaning_of", "series_in"]

_DAILY_FIELDS = {
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "volume": "volume",
    "dividend amount": "dividend",
    "split coefficient": "split",
}
_INTRADAY_FIELDS = {name: name for name in ("open", "high", "low", "close", "volume")}
# Names that not every machine's time zone data hold, and what they stand for.
_ZONES = {"US/Eastern": "America/New_York"}


class Meaning(Enum):
    """What an answer is."""

    BARS = "bars"
    BUSY = "busy"
    SPENT = "spent"
    PREMIUM = "premium"
    BAD_KEY = "bad key"
    UNKNOWN = "unknown"
    OTHER = "other"


_SIGNS = (
    (Meaning.PREMIUM, r"is a premium"),
    (Meaning.BUSY, r"sparingly|burst|call frequency|per minute|per second"),
    (Meaning.SPENT, r"per day|daily limit|rate limit"),
    (Meaning.PREMIUM, r"premium"),
    (Meaning.BAD_KEY, r"api ?key"),
    (Meaning.UNKNOWN, r"invalid api call"),
)


def meaning_of(body: object) -> tuple[Meaning, str]:
    """Return what an answer is, and the words in which AlphaVantage says so."""
    if series_in(body) is not None:
        return Meaning.BARS, ""
    told = body if isinstance(body, Mapping) else {}
    words = next((str(told[name]) for name in ("Error Message", "Note", "Information") if name in told), "")
    for meaning, signs in _SIGNS:
        if re.search(signs, words, re.IGNORECASE):
            return meaning, words
    return Meaning.OTHER, words or f"an answer without bars and without a message: {str(body)[:80]}"


def series_in(body: object) -> Mapping[str, Any] | None:
    """Return the bars of an answer by their time, None where it holds none."""
    if not isinstance(body, Mapping):
        return None
    found = [part for name, part in body.items() if str(name).startswith("Time Series") and isinstance(part, Mapping)]
    return found[0] if found else None


def daily_bars(body: Mapping[str, Any], ticker: str) -> pd.DataFrame:
    """Return daily bars from old to new: timestamp, prices as traded, volume, dividend and split.

    The adjusted close is left aside: each dividend rewrites all of it, and the engine adjusts from what paid it.
    """
    return _bars(body, ticker, _DAILY_FIELDS, None)


def intraday_bars(body: Mapping[str, Any], ticker: str) -> pd.DataFrame:
    """Return intraday bars from old to new by their start in UTC."""
    meta = body.get("Meta Data")
    told = {_plain(str(name)): str(value) for name, value in meta.items()} if isinstance(meta, Mapping) else {}
    zone = told.get("time zone", "")
    if not zone:
        raise qlop.DataError(
            f"AlphaVantage's intraday bars of {ticker} come without a time zone, so that their moments are not known."
        )
    return _bars(body, ticker, _INTRADAY_FIELDS, _ZONES.get(zone, zone))


def _bars(body: Mapping[str, Any], ticker: str, fields: Mapping[str, str], zone: str | None) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa
    from qlop.engine import CellError, numbers_of

    series = series_in(body) or {}
    moments = sorted(series)
    rows = [{_plain(str(name)): cell for name, cell in _row(series[moment]).items()} for moment in moments]
    columns = {}
    for field, column in fields.items():
        cells = [row.get(field) for row in rows]
        wrong = next((place for place, cell in enumerate(cells) if not isinstance(cell, str)), None)
        if wrong is not None:
            raise _fault(ticker, moments[wrong], field, f"{cells[wrong]!r} stands where a number in quotes is due")
        try:
            columns[column] = numbers_of(pa.chunked_array([pa.array(cells, pa.string())]))
        except CellError as error:
            raise _fault(ticker, moments[error.row], field, error.reason) from error
    return pd.DataFrame({"timestamp": _times(moments, ticker, zone), **columns})


def _times(moments: Sequence[str], ticker: str, zone: str | None) -> pd.DatetimeIndex:
    import pandas as pd
    import pyarrow as pa
    from qlop.engine import CellError, timestamps_of

    if not moments:
        return pd.DatetimeIndex([], dtype="datetime64[us, UTC]")
    if zone is not None and zone not in available_timezones():
        raise qlop.DataError(f"AlphaVantage's bars of {ticker} are in the time zone {zone!r}, which nobody here knows.")
    try:
        return timestamps_of(pa.chunked_array([pa.array(moments, pa.string())]), daily=zone is None, timezone=zone)
    except CellError as error:
        raise _fault(ticker, moments[error.row], "time", error.reason) from error


def _row(cells: object) -> Mapping[str, Any]:
    return cells if isinstance(cells, Mapping) else {}


def _plain(name: str) -> str:
    return re.sub(r"^\d+[.:]\s*", "", name).strip().lower()


def _fault(ticker: str, moment: str, field: str, reason: str) -> qlop.DataError:
    return qlop.DataError(f"AlphaVantage's bar of {ticker} at {moment}, {field}: {reason}.")
