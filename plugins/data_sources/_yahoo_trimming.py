"""Which of the bars that Yahoo sends are bars: those that have ended, and have prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import qlop

if TYPE_CHECKING:
    import pandas as pd

    from plugins.data_sources._yahoo_bars import Question

__all__ = ["finished_bars", "priced_bars"]

_PRICES = ["open", "high", "low", "close"]


def finished_bars(
    bars: pd.DataFrame, question: Question, trading: Mapping[str, Any], now: pd.Timestamp
) -> pd.DataFrame:
    """Return the bars without the one whose session, week or month has not ended at `now`.

    `trading` is what Yahoo says of the exchange's current session: its start and end.
    """
    if bars.empty:
        return bars
    last = bars["timestamp"].iloc[-1]
    ends = last + question.length
    if question.interval == "1d" and trading:
        ends = trading["end"] if last.date() == trading["start"].date() else last
    return bars if ends <= now else bars.iloc[:-1]


def priced_bars(bars: pd.DataFrame, who: str) -> pd.DataFrame:
    """Return the bars that have prices; Yahoo writes nulls for days on which there was no trade.

    Raises
    ------
    DataError
        If none has one, or a dividend or a split lies on a day without one.
    """
    empty = bars[_PRICES].isna().all(axis=1)
    if not empty.any():
        return bars
    if empty.all():
        raise qlop.DataError(
            f"{who}: Yahoo gives {len(bars)} bars from {bars['timestamp'].iloc[0]:%Y-%m-%d} to "
            f"{bars['timestamp'].iloc[-1]:%Y-%m-%d} and not one price in them; it may be delisted or misspelt. "
            "Look the symbol up at Yahoo Finance, and correct data.tickers."
        )
    events = empty & ((bars["dividend"] != 0.0) | (bars["split"] != 1.0))
    events &= bars["timestamp"] < bars.loc[~empty, "timestamp"].iloc[-1]  # later ones have no bar yet to stand in
    if events.any():
        raise qlop.DataError(
            f"{who}: Yahoo has a dividend or split on {bars.loc[events, 'timestamp'].iloc[0]:%Y-%m-%d} and no "
            "price there, so it is not known what a holder got. Choose dates without it, or take the ticker out."
        )
    return bars[~empty].reset_index(drop=True)
