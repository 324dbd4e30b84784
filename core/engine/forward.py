"""What labelers look forward with: prices by each ticker's own bars, and trades that enter after a bar has decided.

A row is a deciding bar t. By default it enters at the open of the ticker's next own bar, t + 1; `ahead(x, 1)` is x of
that bar in the row of t. Nothing here knows what a label means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.base.errors import DataError
from core.engine.carry import Side, carry_of
from core.engine.continuous_prices import split_continuous
from core.engine.own_bars import OwnBars, own_bars
from core.engine.volatility import WideBars

if TYPE_CHECKING:
    from core.contracts.broker_terms import BrokerTerms, FeeTerms

__all__ = ["Fill", "ForwardPrices", "Trades", "ahead", "fixed_horizon_trades", "forward_prices", "labels_frame"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Fill = Literal["next_open", "next_close", "same_close"]


@dataclass(frozen=True, eq=False)
class ForwardPrices(WideBars):
    """Prices of shape (n_own_bars, n_tickers) in shares of each ticker's first bar, NaN below a ticker's end.

    Attributes
    ----------
    dividends_until : ndarray
        Cash paid on one such share from the ticker's first bar up to and with each bar.
    splits_until : ndarray
        Shares that one such share has become by each bar; a price over this is the panel's own, a share's of that day.
    bars : OwnBars
        The way back to the panel's rows.
    """

    dividends_until: FloatArray
    splits_until: FloatArray
    bars: OwnBars


def forward_prices(data: pd.DataFrame) -> ForwardPrices:
    """Lay a panel's prices out by own bars, splits taken out and dividends added up.

    Parameters
    ----------
    data : DataFrame
        The price panel. Prices that are adjusted already carry no dividends and splits, or none that count.

    Raises
    ------
    DataError
        If the panel is out of order or lacks a price column.
    """
    bars = own_bars(data)
    lacking = [name for name in ("open", "high", "low", "close") if name not in data]
    if lacking:
        raise DataError(f"The panel lacks the column {lacking[0]!r}, which labels need; it has {list(data.columns)}.")
    continuous = split_continuous(data, bars)
    open_, high, low, close = (bars.wide(continuous[name]) for name in ("open", "high", "low", "close"))
    dividends = np.where(np.isnan(close), np.nan, 0.0)
    if "dividend" in continuous:
        dividends = np.cumsum(bars.wide(continuous["dividend"]), axis=0)
    splits = np.where(np.isnan(close), np.nan, 1.0)
    if "split" in data:
        splits = np.cumprod(bars.wide(data["split"]), axis=0)
    return ForwardPrices(open_, high, low, close, dividends, splits, bars)


def ahead(values: FloatArray, bars: int) -> FloatArray:
    """Return an array whose row t is row t + bars of `values`, NaN where there is none."""
    later = np.full_like(values, np.nan)
    if bars < len(values):
        later[: len(values) - bars] = values[bars:]
    return later


@dataclass(frozen=True, eq=False)
class Trades:
    """One trade of one unit for each deciding bar; arrays of shape (n_own_bars, n_tickers).

    Attributes
    ----------
    side : str
        "long" or "short".
    entry_offset : int
        Own bars from the deciding bar to the entry's.
    entry_price, exit_price : ndarray
        NaN where the data do not reach.
    exit_bar : ndarray of int
        Own bar that the trade leaves in; -1 where the data do not reach.
    """

    prices: ForwardPrices
    side: Side
    entry_offset: int
    entry_price: FloatArray
    exit_price: FloatArray
    exit_bar: IntArray

    @property
    def position_return(self) -> FloatArray:
        """The trade's return before financing and costs, dividends included: positive where the side was right."""
        price_return = (self.exit_price + self._since_entry(self.prices.dividends_until)) / self.entry_price - 1.0
        return price_return if self.side == "long" else -price_return

    def payoff(self, terms: BrokerTerms, *, order_value: float | None = None) -> FloatArray:
        """Return what one unit of exposure pays net: position return - financing - costs.

        Financing is that of a unit that is wholly borrowed (a long), or sold short: what one more unit costs, and what
        a unit earns beyond the cash that it ties up. Costs are kappa_entry + kappa_exit exit / entry, the terms' cost
        fractions at the prices of those days; where fees are in bps only, they are kappa (2 + r) without dividends.

        Parameters
        ----------
        terms : BrokerTerms
        order_value : float, optional
            Value of the entry's order in currency; None leaves the minimum fee of an order out.
        """
        carry = carry_of(self.prices.bars, self.prices.close, terms.financing, self.side)
        financing = self._since_entry(carry.of_entry_value) + self._since_entry(carry.per_share) / self.entry_price
        return self.position_return - financing - self._costs(terms.fees, order_value)

    def _costs(self, fees: FeeTerms, order_value: float | None) -> FloatArray:
        splits_until = self.prices.splits_until
        # One side after the other: of millions of labels each array more is felt.
        entry_cost = fees.cost_fraction(self.entry_price / ahead(splits_until, self.entry_offset), order_value)
        grown = self.exit_price / self.entry_price
        sold_value = None if order_value is None else order_value * grown
        cost = fees.cost_fraction(self.exit_price / self._at_exit(splits_until), sold_value)
        cost *= grown
        cost += entry_cost
        return cost

    def _since_entry(self, until: FloatArray) -> FloatArray:
        return self._at_exit(until) - ahead(until, self.entry_offset)

    def _at_exit(self, wide: FloatArray) -> FloatArray:
        found = np.take_along_axis(wide, np.maximum(self.exit_bar, 0), axis=0)
        return np.where(self.exit_bar < 0, np.nan, found)


def fixed_horizon_trades(
    prices: ForwardPrices, horizon_bars: int, *, side: Side = "long", fill: Fill = "next_open"
) -> Trades:
    """Return trades that leave `horizon_bars` own bars after they entered, at the same point of the bar.

    Parameters
    ----------
    prices : ForwardPrices
    horizon_bars : int
        At least 1.
    fill : str
        "next_open" from open to open, "next_close" from the next close on, "same_close" at the deciding close itself.
    """
    filled_at = prices.open if fill == "next_open" else prices.close
    entry_offset = 0 if fill == "same_close" else 1
    exit_price = ahead(filled_at, entry_offset + horizon_bars)
    own_bar = np.arange(len(exit_price), dtype=np.int64)[:, None] + entry_offset + horizon_bars
    exit_bar = np.where(np.isnan(exit_price), -1, own_bar)
    return Trades(prices, side, entry_offset, ahead(filled_at, entry_offset), exit_price, exit_bar)


def labels_frame(
    prices: ForwardPrices | OwnBars, target: FloatArray, end_bar: IntArray, columns: Mapping[str, FloatArray]
) -> pd.DataFrame:
    """Return labels on the panel's index.

    Parameters
    ----------
    prices : ForwardPrices or OwnBars
        Where the panel's rows lie; its bars alone leave the prices free to go.
    target : ndarray of shape (n_own_bars, n_tickers)
        NaN where not resolved; the row is then without an end and NaN in every column.
    end_bar : ndarray of int
        Own bar of the last data that the target depends on.
    columns : mapping of str to ndarray
        What is reported beside the target.
    """
    bars = prices if isinstance(prices, OwnBars) else prices.bars
    resolved = ~np.isnan(target)
    end = np.take_along_axis(bars.position, np.clip(end_bar, 0, max(len(target) - 1, 0)), axis=0)
    row_end = np.where(resolved, end, -1).ravel()[bars.cell]
    del end
    found: dict[str, FloatArray | pd.Index] = {"target": bars.rows(target)}
    found["label_end"] = bars.timestamps[np.maximum(row_end, 0)].where(row_end >= 0)
    del row_end
    for name, wide in columns.items():
        found[name] = bars.rows(np.where(resolved, wide, np.nan))
    # Columns that stay apart can be let go one by one.
    return pd.DataFrame(found, index=bars.index, copy=False)
