"""Which barrier a price path touches first: profit, stop, or time.

Entered at e = O[t+1]; gains are of the side (a fall is a short's gain), dividends included. Of each bar t+1 .. t+H, in
this order:

1. the open (not the entry's own): at or beyond a barrier, the trade leaves at the open, better or worse than asked;
2. the adverse extreme: at or beyond the stop, it leaves at the stop;
3. the favourable extreme: at or beyond the profit barrier, it leaves there.

So where a bar holds both, the stop is taken to come first. What is left leaves at the open of t+1+H, the vertical
barrier. A path that the data do not follow to there has no outcome, whatever it touched before: keeping early touches
and dropping the rest would choose rows by what came of them. Source: Lopez de Prado, Advances in Financial Machine
Learning (2018), section 3.4, by bars instead of closes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.engine.carry import Side
from core.engine.forward import ForwardPrices, Trades, ahead

__all__ = ["FirstTouch", "first_touch"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FirstTouch:
    """The first touch of each deciding bar's trade.

    Attributes
    ----------
    outcome : ndarray of shape (n_own_bars, n_tickers)
        1 profit, -1 stop, 0 time; NaN where the data end before the vertical barrier.
    trades : Trades
        Leaving in the bar of the touch, at its price.
    vertical_bar : ndarray of int
        Own bar of the vertical barrier, t+1+H; -1 where the data do not reach.
    """

    outcome: FloatArray
    trades: Trades
    vertical_bar: IntArray


@dataclass(frozen=True, eq=False)
class _Path:
    """Gains of the trades in one bar."""

    opened: FloatArray
    adverse: FloatArray
    favourable: FloatArray


class _Touches:
    """Outcomes so far; a trade that has left is not touched again."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.outcome = np.full(shape, np.nan)
        self.gain = np.full(shape, np.nan)
        self.offset = np.zeros(shape, dtype=np.int64)

    def leave(self, where: BoolArray, outcome: float, gain: FloatArray, offset: int) -> None:
        """Take trades out at a gain, but for those that have left."""
        newly = where & np.isnan(self.outcome)
        self.outcome[newly] = outcome
        self.gain[newly] = gain[newly]
        self.offset[newly] = offset


def first_touch(
    prices: ForwardPrices, profit: FloatArray, stop: FloatArray, horizon_bars: int, *, side: Side = "long"
) -> FirstTouch:
    """Return the first touch of each bar's trade.

    Parameters
    ----------
    prices : ForwardPrices
    profit, stop : ndarray of shape (n_own_bars, n_tickers)
        Gain and loss, as positive fractions of the entry price, known at the deciding bar; infinite for no barrier,
        NaN for no trade.
    horizon_bars : int
        At least 1; counts the ticker's own bars.
    side : str
        "long" or "short".
    """
    sign = 1.0 if side == "long" else -1.0
    entry = np.where(np.isnan(profit) | np.isnan(stop), np.nan, ahead(prices.open, 1))
    touches = _Touches(prices.open.shape)
    for offset in range(1, horizon_bars + 1):
        path = _path(prices, entry, sign, offset)
        if offset > 1:
            touches.leave(path.opened <= -stop, -1.0, path.opened, offset)
            touches.leave(path.opened >= profit, 1.0, path.opened, offset)
        touches.leave(path.adverse <= -stop, -1.0, -stop, offset)
        touches.leave(path.favourable >= profit, 1.0, profit, offset)
    last = horizon_bars + 1
    opened = _path(prices, entry, sign, last).opened
    touches.leave(opened <= -stop, -1.0, opened, last)
    touches.leave(opened >= profit, 1.0, opened, last)
    is_resolved = ~np.isnan(opened)
    touches.leave(is_resolved, 0.0, opened, last)
    touches.outcome[~is_resolved] = np.nan
    vertical_bar = np.where(is_resolved, np.arange(len(entry), dtype=np.int64)[:, None] + last, -1)
    return FirstTouch(touches.outcome, _trades(prices, entry, side, touches), vertical_bar)


def _path(prices: ForwardPrices, entry: FloatArray, sign: float, offset: int) -> _Path:
    received = ahead(prices.dividends_until, offset) - ahead(prices.dividends_until, 1)

    def gain(price: FloatArray) -> FloatArray:
        gained: FloatArray = sign * ((ahead(price, offset) + received) / entry - 1.0)
        return gained

    adverse, favourable = (prices.low, prices.high) if sign > 0.0 else (prices.high, prices.low)
    return _Path(gain(prices.open), gain(adverse), gain(favourable))


def _trades(prices: ForwardPrices, entry: FloatArray, side: Side, touches: _Touches) -> Trades:
    sign = 1.0 if side == "long" else -1.0
    own_bar = np.arange(len(entry), dtype=np.int64)[:, None] + touches.offset
    exit_bar = np.where(np.isnan(touches.outcome), -1, own_bar)
    until_exit = np.take_along_axis(prices.dividends_until, np.maximum(exit_bar, 0), axis=0)
    received = until_exit - ahead(prices.dividends_until, 1)
    exit_price = entry * (1.0 + sign * touches.gain) - received
    return Trades(prices, side, 1, entry, exit_price, exit_bar)
