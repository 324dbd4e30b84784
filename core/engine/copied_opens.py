"""Opens that are no opens: copies of the close before, or of the bar's own close, where a source has no open.

1. Of each ticker those bars count whose close differs from the one before: where nothing moved, a copy says nothing.
2. They are counted by half-years of the panel's sessions, so that a bad year among good ones is seen.
3. Told are half-years of a ticker in which more than `COPIED_SHARE` of at least `LEAST_BARS` bars are copies.
4. Where high and low are the close too, the bar is one price: that is told in the place of its open alone.

Daily bars alone, and copies of the close before in markets that close alone: within a session, and where trade goes on
day and night, a bar does open where the one before closed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.engine.bar_blocks import PanelBars
from core.engine.panel_checks import RANGE_TOLERANCE
from core.engine.panel_index import date_text
from core.engine.previous_rows import at_rows, previous_rows
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COPIED_SHARE", "LEAST_BARS", "copied_open_findings", "copied_opens"]

COPIED_SHARE = 2.0 / 3.0
"""Beyond what real opens reach, as daily bars of 504 large US stocks from 1999 to 2021 and 31 from 2006 to 2017 say.

Of their bars that moved, at most .12 of a ticker's open at the close before and .04 at their own close; of any 60 in a
row .53 and .45, both at prices in sixteenths of a dollar, before 2001. Two of the 535 reach more, .9 of 60 in a row:
their opens of 2000 were filled in. Where an index repeats the close before, it is .93 to .98 of a year's bars.
"""

LEAST_BARS = 60

_BARS_OF_A_PART = 126
_NEVER_CLOSED = 0.2  # two days of seven are .29

_CLOSE_BEFORE = "the close before"
_OWN_CLOSE = "the bar's own close"
_ONE_PRICE = "the bar's own close, as are high and low,"
_CONSEQUENCE = {
    _CLOSE_BEFORE: "an order at the open is filled at a price of the day before",
    _OWN_CLOSE: "an order at the open is filled at the price of the day's end",
    _ONE_PRICE: "an order at the open is filled at the price of the day's end, and margin calls see closes alone",
}


def copied_opens(panel: pd.DataFrame, interval: str = "1d", before: NDArray[np.int64] | None = None) -> pd.DataFrame:
    """Return the tickers whose opens copy a close.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts, adjusted or not.
    interval : str
        Bar length; of others than "1d", and of bars that bear moments, nothing is said.
    before : ndarray of shape (n_rows,), optional
        What `previous_rows` returns of the panel, where it is there already.

    Returns
    -------
    DataFrame
        One row for each ticker and copied close: timestamp (where the first such half-year begins), ticker,
        last_timestamp (where the last one ends), copied (a text: which close, and whether high and low are that too),
        n_copied and n_bars (of bars that moved in these half-years). Sorted by timestamp, then ticker.
    """
    bars = PanelBars(panel)
    if interval != "1d" or len(bars.timestamps) <= LEAST_BARS or not bars.timestamps.is_normalized:
        return _nothing()
    n_moved, n_copied = _counts(panel, bars, previous_rows(panel) if before is None else before)
    enough = n_moved >= LEAST_BARS
    told = {copied: enough & (counts > COPIED_SHARE * n_moved) for copied, counts in n_copied.items()}
    if not any(is_told.any() for is_told in told.values()):
        return _nothing()
    told[_OWN_CLOSE] &= ~told[_ONE_PRICE]
    told[_CLOSE_BEFORE] &= _rests_at_weekends(bars, len(panel))
    tables = [_table(bars, copied, is_told, n_copied[copied], n_moved) for copied, is_told in told.items()]
    return pd.concat([table for table in tables if len(table)] or [_nothing()]).sort_values(
        ["timestamp", "ticker"], kind="stable", ignore_index=True
    )


def copied_open_findings(found: pd.DataFrame, *, untold: Collection[str] = ()) -> list[str]:
    """Return what `copied_opens` found in sentences, one for each close that is copied.

    Parameters
    ----------
    found : DataFrame
        As `copied_opens` returns it.
    untold : collection of str
        Tickers that are passed over, as their source says it itself.
    """
    findings = []
    for copied, consequence in _CONSEQUENCE.items():
        rows = found[(found["copied"] == copied) & ~found["ticker"].isin(untold)]
        if len(rows):
            worst = rows.iloc[int((rows["n_copied"] / rows["n_bars"]).argmax())]
            many = f"Opens of {len(rows):,} tickers are no opens; the" if len(rows) > 1 else "The"
            share = f"on {worst['n_copied']:,} of {worst['n_bars']:,} bars that moved"
            span = f"from {date_text(worst['timestamp'])} to {date_text(worst['last_timestamp'])}"
            findings.append(f"{many} open of {worst['ticker']} is {copied} {share} {span}: {consequence}.")
    return findings


def _counts(
    panel: pd.DataFrame, bars: PanelBars, before: NDArray[np.int64]
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]]]:
    """Return how many bars moved, and how many of these opened at which close, each of shape (n_parts, n_tickers).

    Where no ticker has copies enough, those that moved are left at 0.
    """
    opens, highs, lows, closes = (panel[name].to_numpy() for name in ("open", "high", "low", "close"))
    ends = [_first_row(bars, bar, len(panel)) for bar in _ends_of_parts(bars)]
    parts = [slice(*rows) for rows in pairwise(ends)]
    moved, of_before, of_own, of_one_price = np.zeros((4, len(parts), len(bars.tickers)), dtype=np.int64)
    for part, rows in enumerate(parts):
        close, close_before = closes[rows], at_rows(closes, before[rows])
        tolerance = RANGE_TOLERANCE * close
        for counts, copied in ((of_before, close_before), (of_own, close)):
            alike = np.flatnonzero(np.abs(opens[rows] - copied) <= tolerance)
            alike = alike[np.abs(close[alike] - close_before[alike]) > tolerance[alike]]
            counts[part] = np.bincount(bars.assets_of(rows.start + alike), minlength=len(bars.tickers))
        # Those that open at their own close are the last.
        flat = alike[(highs[rows][alike] - lows[rows][alike]) <= tolerance[alike]]
        of_one_price[part] = np.bincount(bars.assets_of(rows.start + flat), minlength=len(bars.tickers))
        if max(of_before[part].max(), of_own[part].max()) > COPIED_SHARE * LEAST_BARS:
            # False at a ticker's first bar, whose close before is NaN.
            has_moved = np.abs(close - close_before) > tolerance
            moved[part] = np.bincount(bars.assets_of(rows)[has_moved], minlength=len(bars.tickers))
    return moved, {_CLOSE_BEFORE: of_before, _OWN_CLOSE: of_own, _ONE_PRICE: of_one_price}


def _ends_of_parts(bars: PanelBars) -> list[int]:
    """Return where the half-years begin among the panel's bars, and where the last one ends: it has what is left."""
    n_bars = len(bars.timestamps)
    return [*range(0, max(1, n_bars - _BARS_OF_A_PART + 1), _BARS_OF_A_PART), n_bars]


def _first_row(bars: PanelBars, bar: int, n_rows: int) -> int:
    return bisect_left(range(n_rows), bar, key=lambda row: int(bars.bars_of(slice(row, row + 1))[0]))


def _rests_at_weekends(bars: PanelBars, n_rows: int) -> NDArray[np.bool_]:
    """Return of each ticker whether it does; a market that does not never closes."""
    is_weekend = bars.timestamps.day_of_week.to_numpy() >= 5
    if not is_weekend.any():
        return np.ones(len(bars.tickers), dtype=np.bool_)
    counts = np.zeros((2, len(bars.tickers)), dtype=np.int64)
    for rows in row_blocks(n_rows):
        assets, weekend = bars.assets_of(rows), is_weekend[bars.bars_of(rows)]
        for place, counted in enumerate((assets, assets[weekend])):
            counts[place] += np.bincount(counted, minlength=len(bars.tickers))
    return np.asarray(counts[1] < _NEVER_CLOSED * counts[0])


def _table(
    bars: PanelBars,
    copied: str,
    is_told: NDArray[np.bool_],
    n_copied: NDArray[np.int64],
    n_moved: NDArray[np.int64],
) -> pd.DataFrame:
    assets = np.flatnonzero(is_told.any(axis=0))
    if not len(assets):
        return _nothing()
    parts = is_told[:, assets]
    own_first, own_last = (found[assets] for found in bars.first_and_last_bars())
    ends = np.array(_ends_of_parts(bars))
    first = np.maximum(ends[parts.argmax(axis=0)], own_first)
    last = np.minimum(ends[len(parts) - parts[::-1].argmax(axis=0)] - 1, own_last)
    return _nothing().assign(
        timestamp=bars.timestamps[first],
        last_timestamp=bars.timestamps[last],
        ticker=bars.tickers[assets],
        copied=copied,
        n_copied=(n_copied[:, assets] * parts).sum(axis=0),
        n_bars=(n_moved[:, assets] * parts).sum(axis=0),
    )


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=["timestamp", "last_timestamp", "ticker", "copied", "n_copied", "n_bars"])
