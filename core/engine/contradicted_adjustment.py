"""Prices that come as adjusted for splits and dividends, beside an adjusted_close that says they are not.

So Yahoo's Close and Adj Close lie beside each other where Close is taken for the adjusted one. The factor between the
two is compared with that of the ticker's last bar: the steps of single dividends are small, and add up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from core.engine.adjustment import held_adjustment
from core.engine.panel_index import row_text
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["contradicted_adjustment", "contradiction_findings"]

_TOLERANCE = 0.005


def contradicted_adjustment(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the tickers whose adjusted_close adjusts prices that come as adjusted for splits and dividends already.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts, as the source holds it.

    Returns
    -------
    DataFrame
        Columns timestamp (of the first such bar), ticker and n_bars: how many of the ticker's bars have another
        adjusted_close / close than its last one, by more than half a percent. Sorted by timestamp, then ticker. Empty
        where prices come otherwise, or without adjusted_close.
    """
    index = cast("pd.MultiIndex", panel.index)
    n_bars, first = np.zeros((2, len(index.levels[1])), dtype=np.int64)
    if held_adjustment(panel) == "total_return" and "adjusted_close" in panel.columns:
        adjusted_close, close = panel["adjusted_close"].to_numpy(), panel["close"].to_numpy()
        last = np.full(len(n_bars), np.nan)
        for rows in reversed(list(row_blocks(len(panel)))):
            ticker, factor = index.codes[1][rows], adjusted_close[rows] / close[rows]
            of_last = last.copy()
            of_last[ticker] = factor  # in order of time: the latest is written last
            last = np.where(np.isnan(last), of_last, last)
            odd = np.flatnonzero(np.abs(factor / last[ticker] - 1.0) > _TOLERANCE)[::-1]
            n_bars += np.bincount(ticker[odd], minlength=len(n_bars))
            first[ticker[odd]] = rows.start + odd  # the earliest is written last
    found = np.sort(first[n_bars > 0])
    rows_found: pd.DataFrame = panel.index[found].to_frame(index=False)
    return rows_found.assign(n_bars=n_bars[index.codes[1][found]])


def contradiction_findings(found: pd.DataFrame) -> list[str]:
    """Return what `contradicted_adjustment` found in a sentence; none where it found nothing."""
    if found.empty:
        return []
    n_bars, first = int(found["n_bars"].sum()), row_text(found.set_index(["timestamp", "ticker"]), 0)
    many = f"{n_bars:,} bars" if n_bars > 1 else "1 bar"
    said = "said to be adjusted for splits and dividends, and adjusted_close says that they are not"
    taken = "close is taken as it is, adjusted_close is left out"
    step = "to splits where close holds splits already, as Yahoo's does, and to raw where it does not"
    return [
        f"Prices are {said}, on {many}, the first of {first}: {taken}. If it is right, set price_adjustment {step}."
    ]
