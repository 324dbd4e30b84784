"""Which of the bars that Yahoo sends are bars: those that have ended, and have prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import qlop

if TYPE_CHECKING:
    import pandas as pd

    from plugins.data_sources._yahoo_bars import Question

__all__ = ["Trimming", "finished_bars"]

_PRICES = ["open", "high", "low", "close"]


class Trimming:
    """One ticker's answers as bars; remembers what it leaves out, for the answers after it tell what that means.

    Parameters
    ----------
    who : str
        Whose bars they are, for messages.
    access : DataAccess
        Hears what is left out.
    """

    def __init__(self, who: str, ticker: str, access: qlop.DataAccess) -> None:
        self._who = who
        self._ticker = ticker
        self._access = access
        self._splits: dict[pd.Timestamp, float] = {}
        self._unpriced: set[pd.Timestamp] = set()
        self._paid_without_price: set[pd.Timestamp] = set()
        self._last_priced: pd.Timestamp | None = None

    def bars_of(self, answer: pd.DataFrame, question: Question, trading: Mapping[str, Any]) -> pd.DataFrame:
        """Return an answer's bars that have ended and have prices; Yahoo writes nulls for days without a trade.

        Raises
        ------
        DataError
            If a dividend or a split lies on a day without a price, and days with prices follow it.
        """
        import pandas as pd

        finished = finished_bars(answer, question, trading, pd.Timestamp.now("UTC"))
        if len(finished) < len(answer):
            self._leave_out_unfinished(answer.iloc[len(finished) :])
        if finished.empty:
            return finished
        empty = finished[_PRICES].isna().all(axis=1)
        if empty.any():
            self._leave_out_unpriced(finished[empty])
        bars = finished if not empty.any() else finished[~empty].reset_index(drop=True)
        if len(bars):
            last = bars["timestamp"].iloc[-1]
            self._last_priced = last if self._last_priced is None else max(last, self._last_priced)
        self._refuse_lost_events()
        return bars

    def splits_after(self, moment: pd.Timestamp) -> float:
        """Return the product of the splits of left out bars after a moment: Yahoo's prices are of shares after them."""
        from math import prod

        return prod(split for stamp, split in self._splits.items() if stamp > moment)

    def refuse_priceless(self) -> None:
        """Refuse a ticker of which Yahoo has sent bars, and not one with a price.

        Raises
        ------
        DataError
            If it is one.
        """
        if self._unpriced and self._last_priced is None:
            raise qlop.DataError(
                f"{self._who}: Yahoo gives {len(self._unpriced)} bars from {min(self._unpriced):%Y-%m-%d} to "
                f"{max(self._unpriced):%Y-%m-%d} and not one price in them; it may be delisted or misspelt. "
                "Look the symbol up at Yahoo Finance, and correct data.tickers."
            )

    def _leave_out_unfinished(self, bars: pd.DataFrame) -> None:
        self._splits |= _split_of_each(bars)
        last = bars["timestamp"].iloc[-1]
        self._access.log(f"{self._ticker}: the bar of {last:%Y-%m-%d %H:%M} has not ended and is left out")

    def _leave_out_unpriced(self, bars: pd.DataFrame) -> None:
        self._splits |= _split_of_each(bars)
        self._unpriced |= set(bars["timestamp"])
        pays = (bars["dividend"] != 0.0) | (bars["split"] != 1.0)
        self._paid_without_price |= set(bars.loc[pays, "timestamp"])
        first = bars["timestamp"].iloc[0]
        told = f"{self._ticker}: {len(bars)} bars without any price are left out, the first of {first:%Y-%m-%d}"
        self._access.log(told, level="warning")

    def _refuse_lost_events(self) -> None:
        # The newest have no bar yet to stand in.
        lost = [stamp for stamp in self._paid_without_price if self._last_priced and stamp < self._last_priced]
        if lost:
            raise qlop.DataError(
                f"{self._who}: Yahoo has a dividend or split on {min(lost):%Y-%m-%d} and no price there, so it is not "
                "known what a holder got. Choose dates without it, or take the ticker out."
            )


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


def _split_of_each(bars: pd.DataFrame) -> dict[pd.Timestamp, float]:
    return dict(zip(bars["timestamp"], bars["split"].astype(float), strict=True))
