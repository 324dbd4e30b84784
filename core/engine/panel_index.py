"""The index of a price panel, (timestamp in UTC, ticker): its form, its order, and positions in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from core.base.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "check_index_form",
    "check_index_order",
    "date_text",
    "order_by_code",
    "position_of_tickers",
    "position_of_timestamps",
    "rank_codes",
    "row_text",
]


def position_of_timestamps(panel: pd.DataFrame | pd.Series) -> tuple[NDArray[np.int64], pd.DatetimeIndex]:
    """Return each row's bar position among the sorted timestamps that occur, and those timestamps."""
    positions, values = rank_codes(_multi_index(panel), 0)
    return positions, pd.DatetimeIndex(values, name="timestamp")


def position_of_tickers(panel: pd.DataFrame | pd.Series) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return each row's asset position among the sorted tickers that occur, and those tickers."""
    positions, values = rank_codes(_multi_index(panel), 1)
    return positions, tuple(str(value) for value in values)


def rank_codes(index: pd.MultiIndex, level: int) -> tuple[NDArray[np.int64], pd.Index]:
    """Return each row's position among the sorted values of a level that occur, and those values; -1 where it has none.

    A MultiIndex keeps levels that no row uses any more, and in any order.
    """
    values, codes = index.levels[level], index.codes[level]
    occurs = np.zeros(len(values), dtype=np.bool_)
    occurs[codes if len(codes) == 0 or codes.min() >= 0 else codes[codes >= 0]] = True
    if occurs.all() and values.is_monotonic_increasing:
        return codes.astype(np.int64), values
    kept = np.flatnonzero(occurs)
    if not values.is_monotonic_increasing:
        kept = kept[values[kept].argsort()]
    rank = np.full(len(values) + 1, -1, dtype=np.int64)  # code -1, a missing value, reads the last entry
    rank[kept] = np.arange(len(kept))
    return rank[codes], values[kept]


def check_index_form(index: pd.Index, origin: str) -> None:
    """Refuse an index that is not (timestamp in UTC, ticker), or has holes.

    Raises
    ------
    DataError
        If names, types or the time zone are others, or a timestamp or a ticker is missing.
    """
    if not isinstance(index, pd.MultiIndex) or list(index.names) != ["timestamp", "ticker"]:
        raise DataError(
            f"{origin}: the index has the names {list(index.names)}; a price panel is indexed by "
            "['timestamp', 'ticker']. Use panel.set_index(['timestamp', 'ticker'])."
        )
    _check_timestamps(index.levels[0], origin)
    for name, codes in zip(index.names, index.codes, strict=True):
        if (codes < 0).any():
            row = int(np.argmax(codes < 0))
            raise DataError(f"{origin}: row {row} has no {name}; every bar needs one. Add it, or leave the row out.")
    wrong = [ticker for ticker in index.levels[1] if not isinstance(ticker, str) or not ticker.strip()]
    if wrong:
        raise DataError(
            f"{origin}: ticker {wrong[0]!r} is no name; tickers are texts that are not blank. Read them as text."
        )


def check_index_order(panel: pd.DataFrame, origin: str) -> None:
    """Refuse rows that are not sorted by timestamp and then ticker, or appear twice.

    Raises
    ------
    DataError
        If so; the message names the first row.
    """
    bars, timestamps = position_of_timestamps(panel)
    assets, tickers = position_of_tickers(panel)
    key = bars * len(tickers) + assets
    if (key[1:] > key[:-1]).all():
        return
    steps = np.diff(key)
    twice = pd.Series(key).duplicated().to_numpy()
    row = int(np.argmax(twice)) if twice.any() else int(np.argmax(steps <= 0)) + 1
    where = f"{tickers[assets[row]]} at {date_text(timestamps[bars[row]])}"
    if twice.any():
        raise DataError(
            f"{origin}: {where} appears twice (row {row}; {int(twice.sum())} such rows); a ticker has one bar a "
            "timestamp. Keep one of them."
        )
    raise DataError(
        f"{origin}: rows are not sorted: {where} (row {row}) follows {tickers[assets[row - 1]]} at "
        f"{date_text(timestamps[bars[row - 1]])}, and {int((steps < 0).sum())} rows step back; rows go by timestamp, "
        "then ticker. Look why the source is out of order, then use sort_index()."
    )


def order_by_code(codes: NDArray[np.int64], n_codes: int) -> NDArray[np.int64]:
    """Return the positions that put codes from 0 to `n_codes` - 1 in order, equal ones as they stand."""
    # numpy sorts numbers of two bytes by their digits, many times faster than those of eight.
    small = codes.astype(np.uint16) if n_codes <= 2**16 else codes
    return np.argsort(small, kind="stable")


def row_text(panel: pd.DataFrame, row: int) -> str:
    """Return how messages name a row: "AAPL at 2004-03-05"."""
    timestamp, ticker = cast("tuple[pd.Timestamp, str]", _multi_index(panel)[row])
    return f"{ticker} at {date_text(timestamp)}"


def date_text(timestamp: pd.Timestamp) -> str:
    """Return a session's date, or date and time where the time is not midnight."""
    return str(timestamp.date()) if timestamp == timestamp.normalize() else timestamp.isoformat(sep=" ")


def _check_timestamps(timestamps: pd.Index, origin: str) -> None:
    if not isinstance(timestamps, pd.DatetimeIndex):
        raise DataError(
            f"{origin}: timestamps have dtype {timestamps.dtype}; they must be datetimes in UTC. "
            "Convert them with pd.to_datetime(..., utc=True)."
        )
    if str(timestamps.tz) != "UTC":
        found = "naive (no time zone)" if timestamps.tz is None else f"in time zone {timestamps.tz}"
        raise DataError(
            f"{origin}: timestamps are {found}, such as {timestamps[0]}; they must be in UTC. "
            "Daily bars bear their session's date at 00:00 UTC; for others use tz_localize(...).tz_convert('UTC')."
        )


def _multi_index(panel: pd.DataFrame | pd.Series) -> pd.MultiIndex:
    return cast("pd.MultiIndex", panel.index)
