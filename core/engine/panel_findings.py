"""What looks odd in a checked panel without being wrong: findings, never errors.

A finding names rows for a person to look at. Nothing is changed because of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.engine.adjustment import held_adjustment
from core.engine.previous_rows import at_rows, previous_rows
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["adjustment_disagreements", "unadjusted_splits"]

_SPLIT_RATIOS = np.array([1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 50.0, 100.0])
_SPLIT_TOLERANCE = 0.03


def unadjusted_splits(panel: pd.DataFrame, before: NDArray[np.int64] | None = None) -> pd.DataFrame:
    """Return the bars whose open, against the close before, looks like a split that nobody adjusted for.

    A bar is listed where the previous close over its open lies within 3 % of a usual split ratio (3:2, 2:1 ... 100:1,
    or the inverse), its close is still within 15 % of that, and it has no split of its own in raw prices. Real crashes
    can look so, and splits of other ratios are missed. Prices that go from pence to pounds look so too.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts, adjusted or not.
    before : ndarray of shape (n_rows,), optional
        What `previous_rows` returns of the panel, where it is there already.

    Returns
    -------
    DataFrame
        Columns timestamp, ticker, ratio (previous close over open) and split (the ratio it resembles).
    """
    rows_of_before = previous_rows(panel) if before is None else before
    jumps = np.concatenate([rows.start + _jumps(panel, rows_of_before, rows) for rows in row_blocks(len(panel))])
    close_before = at_rows(panel["close"].to_numpy(), rows_of_before[jumps])
    ratio = close_before / panel["open"].to_numpy()[jumps]
    kept = close_before / panel["close"].to_numpy()[jumps]
    usual = np.concatenate([_SPLIT_RATIOS, 1.0 / _SPLIT_RATIOS])
    nearest = usual[np.argmin(np.abs(np.log(ratio[:, None] / usual)), axis=1)]
    alike = (np.abs(ratio / nearest - 1.0) < _SPLIT_TOLERANCE) & (np.abs(kept / nearest - 1.0) < 0.15)
    rows: pd.DataFrame = panel.iloc[jumps[alike]].index.to_frame(index=False)
    return rows.assign(ratio=ratio[alike], split=nearest[alike])


def adjustment_disagreements(
    panel: pd.DataFrame, tolerance: float = 0.005, before: NDArray[np.int64] | None = None
) -> pd.DataFrame:
    """Return the bars where adjusted_close tells another return than the close, dividend and split columns do.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts, as the source holds it.
    tolerance : float
        The difference of two one-bar returns, as a fraction, from which on a bar is listed.
    before : ndarray of shape (n_rows,), optional
        What `previous_rows` returns of the panel, where it is there already.

    Returns
    -------
    DataFrame
        Columns timestamp, ticker, adjusted_return (of adjusted_close) and event_return (split (close + dividend) /
        previous close - 1). Empty where the panel lacks any of the columns that tell, split only where prices are
        raw, and where prices come adjusted for dividends: see contradicted_adjustment.py.
    """
    names = ["timestamp", "ticker", "adjusted_return", "event_return"]
    held = held_adjustment(panel)
    needed = {"adjusted_close", "dividend", *(["split"] if held == "raw" else [])}
    if held == "total_return" or not needed <= set(panel.columns):
        return pd.DataFrame(columns=names)
    before = previous_rows(panel) if before is None else before
    odd = np.concatenate(
        [
            rows.start + np.flatnonzero(np.abs(np.subtract(*_two_growths(panel, before, rows))) > tolerance)
            for rows in row_blocks(len(panel))
        ]
    )
    adjusted, events = _two_growths(panel, before, odd)
    rows: pd.DataFrame = panel.index[odd].to_frame(index=False)
    return rows.assign(adjusted_return=adjusted - 1.0, event_return=events - 1.0)[names]


def _jumps(panel: pd.DataFrame, before: NDArray[np.int64], rows: slice) -> NDArray[np.int64]:
    """Return which of some rows open far enough from the close before to resemble a split."""
    ratio = at_rows(panel["close"].to_numpy(), before[rows]) / panel["open"].to_numpy()[rows]
    least = _SPLIT_RATIOS[0] * (1.0 - _SPLIT_TOLERANCE)
    is_far = (ratio > least) | (ratio < 1.0 / least)
    if held_adjustment(panel) == "raw" and "split" in panel.columns:
        is_far &= panel["split"].to_numpy()[rows] == 1.0
    return np.flatnonzero(is_far)


def _two_growths(
    panel: pd.DataFrame, before: NDArray[np.int64], rows: slice | NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what some rows' adjusted_close grew by, and what close, dividend and split say."""
    close, dividend, adjusted_close = (panel[name].to_numpy() for name in ("close", "dividend", "adjusted_close"))
    split = panel["split"].to_numpy()[rows] if held_adjustment(panel) == "raw" else 1.0
    events = split * (close[rows] + dividend[rows]) / at_rows(close, before[rows])
    return adjusted_close[rows] / at_rows(adjusted_close, before[rows]), events
