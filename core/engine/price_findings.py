"""Bars of a checked panel for a person to look at, each with ticker, date, value and a sentence.

1. Missing bars: times at which one is expected (coverage.py, timetable.py).
2. Jumps that resemble a split (panel_findings.py).
3. Outlier returns: far outside the ticker's own, by median and median absolute deviation.
4. Stale prices: the same close many bars in a row.
5. Bars without volume, of tickers that have volume otherwise.
6. Opens that copy a close (copied_opens.py).
7. Prices far from both closes beside them (price_spikes.py), which are then no jumps that resemble splits.

A finding is no error: crashes are outliers, thin instruments stand still. Nothing is changed because of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.engine.bar_blocks import PanelBars
from core.engine.copied_opens import copied_opens
from core.engine.coverage import gap_runs
from core.engine.panel_findings import unadjusted_splits
from core.engine.panel_index import date_text
from core.engine.previous_rows import previous_rows
from core.engine.price_spikes import price_spikes, without_spikes
from core.engine.row_blocks import row_blocks
from core.engine.stale_prices import STALE_BARS, stale_prices
from core.engine.ticker_groups import ticker_groups

if TYPE_CHECKING:
    from core.engine.timetable import Timetable

__all__ = ["FINDING_KINDS", "OUTLIER_DEVIATIONS", "STALE_BARS", "price_findings"]

FINDING_KINDS = (
    "missing_bars",
    "looks_like_split",
    "outlier_return",
    "stale_price",
    "zero_volume",
    "copied_open",
    "price_spike",
)

FloatArray = NDArray[np.float64]

OUTLIER_DEVIATIONS = 10.0
"""Scaled median absolute deviations. In daily returns of large stocks about one bar in a thousand lies beyond."""


# Makes the median absolute deviation of a normal distribution its standard deviation (Rousseeuw and Croux, 1993).
_NORMAL_SCALE = 1.4826
_COLUMNS = ["timestamp", "ticker", "finding", "value", "detail"]


def price_findings(panel: pd.DataFrame, timetable: Timetable | None = None, *, interval: str = "1d") -> pd.DataFrame:
    """Return every finding, one row each.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts, adjusted or not.
    timetable : Timetable, optional
        When its bars are expected; without one, whenever some ticker has one.
    interval : str
        Bar length; opens are compared with closes in daily bars alone.

    Returns
    -------
    DataFrame of shape (n_findings, 5)
        timestamp (UTC, of the bar, the first one where it concerns several), ticker, finding (one of `FINDING_KINDS`),
        value (bars, ratio, simple return, volume, price or share of bars) and detail (a sentence). Sorted by timestamp,
        then ticker.
    """
    before = previous_rows(panel)
    spikes = price_spikes(panel, before)
    tables = [_missing(panel, timetable), _splits(without_spikes(unadjusted_splits(panel, before), spikes))]
    tables += [_outliers(panel), _stale(panel), _without_volume(panel), _copied(panel, interval, before), _far(spikes)]
    filled = [table[_COLUMNS] for table in tables if len(table)]
    if not filled:
        return tables[0][_COLUMNS]
    return pd.concat(filled).sort_values(["timestamp", "ticker"], kind="stable", ignore_index=True)


def _table(index: pd.DataFrame, kind: str, value: Sequence[float] | FloatArray, detail: list[str]) -> pd.DataFrame:
    table = index[["timestamp", "ticker"]].reset_index(drop=True)
    table = table.assign(finding=kind, value=np.asarray(value, dtype=np.float64), detail=detail)
    return table.astype({"ticker": "str", "finding": "str", "value": "float64", "detail": "str"})


def _missing(panel: pd.DataFrame, timetable: Timetable | None) -> pd.DataFrame:
    gaps = gap_runs(panel, timetable).rename(columns={"first_missing": "timestamp"})
    counts = [int(count) for count in gaps["n_bars"]]
    detail = [f"{_bars(count)} missing where one is expected." for count in counts]
    return _table(gaps, "missing_bars", counts, detail)


def _splits(found: pd.DataFrame) -> pd.DataFrame:
    detail = [
        f"Opens at 1/{ratio:.3f} of the close before, near a split of {split:g} for 1, and has none."
        for ratio, split in zip(found["ratio"], found["split"], strict=True)
    ]
    return _table(found, "looks_like_split", found["ratio"].to_numpy(), detail)


def _outliers(panel: pd.DataFrame) -> pd.DataFrame:
    close, found = panel["close"].to_numpy(), _Found()
    for group in ticker_groups(panel):
        own = close[group.rows]
        log_returns = pd.Series(np.log(own / np.where(group.is_first, np.nan, np.append(np.nan, own[:-1]))))
        distance = (log_returns - log_returns.groupby(group.numbers).transform("median")).abs()
        scale = _NORMAL_SCALE * distance.groupby(group.numbers).transform("median")
        deviations = (distance / scale).where(scale > 0.0).to_numpy()
        odd = np.flatnonzero(deviations > OUTLIER_DEVIATIONS)
        found.add(group.rows[odd], np.expm1(log_returns.to_numpy()[odd]), deviations[odd])
    rows, returns, times = found.in_order()
    detail = [
        f"The close moves by {value:+.1%}, {far:.0f} times the ticker's usual deviation."
        for value, far in zip(returns, times, strict=True)
    ]
    return _table(panel.index[rows].to_frame(index=False), "outlier_return", returns, detail)


def _stale(panel: pd.DataFrame) -> pd.DataFrame:
    found = stale_prices(panel)
    detail = [
        f"The close stands at {price:,.6g} for {_bars(count)}."
        for price, count in zip(found["close"], found["n_bars"], strict=True)
    ]
    return _table(found, "stale_price", found["n_bars"].to_numpy(), detail)


def _without_volume(panel: pd.DataFrame) -> pd.DataFrame:
    volume, bars = panel["volume"].to_numpy(), PanelBars(panel)
    has_some = np.zeros(len(bars.tickers), dtype=np.bool_)
    for rows in row_blocks(len(volume)):
        has_some[bars.assets_of(rows)[volume[rows] > 0.0]] = True
    # A source that has no volume at all (an index) is not missing that of one bar.
    lacks = np.flatnonzero(volume == 0.0)
    lacks = lacks[has_some[bars.assets_of(lacks)]]
    index = panel.index[lacks].to_frame(index=False)
    return _table(index, "zero_volume", np.zeros(len(index)), ["Nothing was traded in this bar."] * len(index))


def _copied(panel: pd.DataFrame, interval: str, before: NDArray[np.int64]) -> pd.DataFrame:
    found = copied_opens(panel, interval, before)
    detail = [
        f"The open is {copied} in {n_copied:,} of {n_bars:,} bars that moved, up to {date_text(last)}."
        for last, copied, n_copied, n_bars in found[["last_timestamp", "copied", "n_copied", "n_bars"]].to_numpy()
    ]
    return _table(found, "copied_open", (found["n_copied"] / found["n_bars"]).to_numpy(), detail)


def _far(found: pd.DataFrame) -> pd.DataFrame:
    detail = [
        f"A price of {price:,.8g} between closes of {before:,.8g} and {after:,.8g}."
        for price, before, after in found[["price", "close_before", "close_after"]].to_numpy()
    ]
    return _table(found, "price_spike", found["price"].to_numpy(), detail)


def _bars(count: int) -> str:
    return f"{count:,} bar" if count == 1 else f"{count:,} bars"


class _Found:
    """Rows that were found in one group of tickers after the other, each with two numbers."""

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[np.int64], FloatArray, FloatArray]] = []

    def add(self, rows: NDArray[np.int64], first: FloatArray, second: FloatArray) -> None:
        self._parts.append((rows, first, second))

    def in_order(self) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
        """Return all in the panel's order."""
        rows, first, second = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        order = np.argsort(rows)
        return rows[order], first[order], second[order]
