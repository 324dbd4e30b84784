"""What looks odd in a checked panel without being wrong: findings, never errors.

A finding names rows for a person to look at. Nothing is changed because of it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.engine.adjustment import at_rows, held_adjustment, previous_close, previous_rows
from core.engine.panel_index import position_of_tickers, position_of_timestamps

__all__ = ["adjustment_disagreements", "session_gaps", "unadjusted_splits"]

_SPLIT_RATIOS = np.array([1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 50.0])
_SPLIT_TOLERANCE = 0.03


def session_gaps(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the bars that a ticker lacks between its first and its last one.

    A session is a timestamp at which some ticker of the panel has a bar: the panel is its own calendar, so that a day
    that all tickers lack is not seen.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.

    Returns
    -------
    DataFrame
        Columns timestamp and ticker, a row for each bar that is not there, sorted by timestamp, then ticker.
    """
    bars, timestamps = position_of_timestamps(panel)
    assets, tickers = position_of_tickers(panel)
    has_bar = np.zeros((len(timestamps), len(tickers)), dtype=np.bool_)
    has_bar[bars, assets] = True
    begun = np.logical_or.accumulate(has_bar, axis=0)
    not_ended = np.logical_or.accumulate(has_bar[::-1], axis=0)[::-1]
    rows, columns = np.nonzero(begun & not_ended & ~has_bar)
    return pd.DataFrame({"timestamp": timestamps[rows], "ticker": np.array(tickers, dtype=object)[columns]}).astype(
        {"ticker": "str"}
    )


def unadjusted_splits(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the bars whose open, against the close before, looks like a split that nobody adjusted for.

    A bar is listed where the previous close over its open lies within 3 % of a usual split ratio (3:2, 2:1 ... 50:1, or
    the inverse), its close is still within 15 % of that, and it has no split of its own in raw prices. Real crashes can
    look so, and splits of other ratios are missed.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts, adjusted or not.

    Returns
    -------
    DataFrame
        Columns timestamp, ticker, ratio (previous close over open) and split (the ratio it resembles).
    """
    before = previous_close(panel)
    ratio = before / panel["open"].to_numpy()
    least = _SPLIT_RATIOS[0] * (1.0 - _SPLIT_TOLERANCE)
    jumps = np.flatnonzero((ratio > least) | (ratio < 1.0 / least))
    if held_adjustment(panel) == "raw" and "split" in panel.columns:
        jumps = jumps[panel["split"].to_numpy()[jumps] == 1.0]
    kept = before[jumps] / panel["close"].to_numpy()[jumps]
    usual = np.concatenate([_SPLIT_RATIOS, 1.0 / _SPLIT_RATIOS])
    nearest = usual[np.argmin(np.abs(np.log(ratio[jumps, None] / usual)), axis=1)]
    alike = (np.abs(ratio[jumps] / nearest - 1.0) < _SPLIT_TOLERANCE) & (np.abs(kept / nearest - 1.0) < 0.15)
    rows: pd.DataFrame = panel.iloc[jumps[alike]].index.to_frame(index=False)
    return rows.assign(ratio=ratio[jumps[alike]], split=nearest[alike])


def adjustment_disagreements(panel: pd.DataFrame, tolerance: float = 0.005) -> pd.DataFrame:
    """Return the bars where adjusted_close tells another return than the close, dividend and split columns do.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts, as the source holds it.
    tolerance : float
        The difference of two one-bar returns, as a fraction, from which on a bar is listed.

    Returns
    -------
    DataFrame
        Columns timestamp, ticker, adjusted_return (of adjusted_close) and event_return (split (close + dividend) /
        previous close - 1). Empty where the panel lacks any of the columns.
    """
    names = ["timestamp", "ticker", "adjusted_return", "event_return"]
    if not {"adjusted_close", "dividend", "split"} <= set(panel.columns):
        return pd.DataFrame(columns=names)
    close, dividend, adjusted_close = (panel[name].to_numpy() for name in ("close", "dividend", "adjusted_close"))
    split = panel["split"].to_numpy() if held_adjustment(panel) == "raw" else 1.0
    before = previous_rows(panel)
    events = split * (close + dividend) / at_rows(close, before)
    adjusted = adjusted_close / at_rows(adjusted_close, before)
    odd = np.flatnonzero(np.abs(adjusted - events) > tolerance)
    rows: pd.DataFrame = panel.index[odd].to_frame(index=False)
    return rows.assign(adjusted_return=adjusted[odd] - 1.0, event_return=events[odd] - 1.0)[names]
