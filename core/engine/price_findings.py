"""Bars of a checked panel for a person to look at, each with ticker, date, value and a sentence.

1. Missing bars: sessions on which other tickers traded (coverage.py).
2. Jumps that resemble a split (panel_findings.py).
3. Outlier returns: far outside the ticker's own, by median and median absolute deviation.
4. Stale prices: the same close many bars in a row.
5. Bars without volume, of tickers that have volume otherwise.

A finding is no error: crashes are outliers, thin instruments stand still. Nothing is changed because of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.engine.adjustment import previous_close
from core.engine.coverage import gap_runs
from core.engine.panel_findings import unadjusted_splits

__all__ = ["FINDING_KINDS", "OUTLIER_DEVIATIONS", "STALE_BARS", "price_findings"]

FINDING_KINDS = ("missing_bars", "looks_like_split", "outlier_return", "stale_price", "zero_volume")

FloatArray = NDArray[np.float64]

OUTLIER_DEVIATIONS = 10.0
"""Scaled median absolute deviations. In daily returns of large stocks about one bar in a thousand lies beyond."""

STALE_BARS = 5

# Makes the median absolute deviation of a normal distribution its standard deviation (Rousseeuw and Croux, 1993).
_NORMAL_SCALE = 1.4826
_COLUMNS = ["timestamp", "ticker", "finding", "value", "detail"]


def price_findings(panel: pd.DataFrame) -> pd.DataFrame:
    """Return every finding, one row each.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts, adjusted or not.

    Returns
    -------
    DataFrame of shape (n_findings, 5)
        timestamp (UTC, of the bar, the first one where it concerns several), ticker, finding (one of `FINDING_KINDS`),
        value (bars, ratio, simple return or volume) and detail (a sentence). Sorted by timestamp, then ticker.
    """
    tables = [_missing(panel), _splits(panel), _outliers(panel), _stale(panel), _without_volume(panel)]
    filled = [table[_COLUMNS] for table in tables if len(table)]
    if not filled:
        return tables[0][_COLUMNS]
    return pd.concat(filled).sort_values(["timestamp", "ticker"], kind="stable", ignore_index=True)


def _table(index: pd.DataFrame, kind: str, value: Sequence[float] | FloatArray, detail: list[str]) -> pd.DataFrame:
    table = index[["timestamp", "ticker"]].reset_index(drop=True)
    table = table.assign(finding=kind, value=np.asarray(value, dtype=np.float64), detail=detail)
    return table.astype({"ticker": "str", "finding": "str", "value": "float64", "detail": "str"})


def _missing(panel: pd.DataFrame) -> pd.DataFrame:
    gaps = gap_runs(panel).rename(columns={"first_missing": "timestamp"})
    counts = [int(count) for count in gaps["n_bars"]]
    detail = [f"{_bars(count)} missing while other tickers traded." for count in counts]
    return _table(gaps, "missing_bars", counts, detail)


def _splits(panel: pd.DataFrame) -> pd.DataFrame:
    found = unadjusted_splits(panel)
    detail = [
        f"Opens at 1/{ratio:.3f} of the close before, near a split of {split:g} for 1, and has none."
        for ratio, split in zip(found["ratio"], found["split"], strict=True)
    ]
    return _table(found, "looks_like_split", found["ratio"].to_numpy(), detail)


def _outliers(panel: pd.DataFrame) -> pd.DataFrame:
    log_returns = pd.Series(np.log(panel["close"].to_numpy() / previous_close(panel)), index=panel.index)
    tickers = log_returns.groupby(level="ticker")
    distance = (log_returns - tickers.transform("median")).abs()
    scale = _NORMAL_SCALE * distance.groupby(level="ticker").transform("median")
    deviations = (distance / scale).where(scale > 0.0)
    odd = deviations > OUTLIER_DEVIATIONS
    returns = np.expm1(log_returns[odd].to_numpy())
    detail = [
        f"The close moves by {value:+.1%}, {times:.0f} times the ticker's usual deviation."
        for value, times in zip(returns, deviations[odd], strict=True)
    ]
    return _table(panel.index[odd.to_numpy()].to_frame(index=False), "outlier_return", returns, detail)


def _stale(panel: pd.DataFrame) -> pd.DataFrame:
    rows = panel[["close"]].reset_index().sort_values(["ticker", "timestamp"], kind="stable")
    is_same = (rows["close"] == rows["close"].shift()) & (rows["ticker"] == rows["ticker"].shift())
    runs = rows.groupby((~is_same).cumsum(), sort=False).agg(
        timestamp=("timestamp", "first"), ticker=("ticker", "first"), close=("close", "first"), n=("close", "size")
    )
    runs = runs[runs["n"] >= STALE_BARS]
    detail = [
        f"The close stands at {close:,.6g} for {_bars(count)}."
        for close, count in zip(runs["close"], runs["n"], strict=True)
    ]
    return _table(runs, "stale_price", runs["n"].to_numpy(), detail)


def _without_volume(panel: pd.DataFrame) -> pd.DataFrame:
    volume = panel["volume"]
    # A source that has no volume at all (an index) is not missing that of one bar.
    has_some = volume.groupby(level="ticker").transform("max") > 0.0
    index = panel.index[((volume == 0.0) & has_some).to_numpy()].to_frame(index=False)
    return _table(index, "zero_volume", np.zeros(len(index)), ["Nothing was traded in this bar."] * len(index))


def _bars(count: int) -> str:
    return f"{count:,} bar" if count == 1 else f"{count:,} bars"
