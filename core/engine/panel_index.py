"""The index of a price panel, (timestamp in UTC, ticker): its form, its order, and positions in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.ticker_names import ticker_fault, ticker_text
from core.engine.row_blocks import row_blocks

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
    "ranks_of_level",
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
    rank, values = ranks_of_level(index, level)
    ranked = np.empty(len(index), dtype=np.int64)
    for rows in row_blocks(len(index)):
        ranked[rows] = rank[index.codes[level][rows]]
    return ranked, values


def ranks_of_level(index: pd.MultiIndex, level: int) -> tuple[NDArray[np.int64], pd.Index]:
    """Return the position of each of a level's values among those that occur, sorted, and these: `ranks[codes]`.

    A value that no row has is -1, and so is the last entry, which code -1 reads.
    """
    values, codes = index.levels[level], index.codes[level]
    occurs = np.zeros(len(values) + 1, dtype=np.bool_)
    for rows in row_blocks(len(codes)):
        occurs[codes[rows]] = True
    kept = np.flatnonzero(occurs[:-1])
    ranks = np.full(len(values) + 1, -1, dtype=np.int64)
    if len(kept) == len(values) and values.is_monotonic_increasing:
        ranks[:-1] = kept
        return ranks, values
    if not values.is_monotonic_increasing:
        kept = kept[values[kept].argsort()]
    ranks[kept] = np.arange(len(kept))
    return ranks, values[kept]


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
        if len(codes) and codes.min() < 0:
            row = int(np.argmax(codes < 0))
            raise DataError(f"{origin}: row {row} has no {name}; every bar needs one. Add it, or leave the row out.")
    for ticker in index.levels[1]:
        if fault := ticker_fault(ticker):
            raise DataError(f"{origin}: ticker {ticker_text(ticker)} {fault}. Rename it at the source.")


def check_index_order(panel: pd.DataFrame, origin: str) -> None:
    """Refuse rows that are not sorted by timestamp and then ticker, or appear twice.

    Raises
    ------
    DataError
        If so; the message names the first row.
    """
    if _is_in_order(_multi_index(panel)):
        return
    bars, timestamps = position_of_timestamps(panel)
    assets, tickers = position_of_tickers(panel)
    key = bars * len(tickers) + assets
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


def _is_in_order(index: pd.MultiIndex) -> bool:
    bar_ranks, _ = ranks_of_level(index, 0)
    asset_ranks, tickers = ranks_of_level(index, 1)
    latest = -1
    for rows in row_blocks(len(index)):
        cells = bar_ranks[index.codes[0][rows]] * len(tickers) + asset_ranks[index.codes[1][rows]]
        if cells[0] <= latest or not (cells[1:] > cells[:-1]).all():
            return False
        latest = cells[-1]
    return True


def order_by_code(codes: NDArray[np.signedinteger], n_codes: int) -> NDArray[np.int64]:
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
