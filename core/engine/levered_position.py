"""What a levered position is worth at its horizon, margin calls included.

Per unit of equity, entered at e = O[t+1], constant shares q = L / e, leaving at O[T], T = t + 1 + H; s = 1 for a long
and -1 for a short, kappa the one-side cost fraction at the entry's price, phi the liquidation fee's, F_k the financing
of a unit from t + 1 to k, V_k the dividends by then, per entry price:

1. The account's cash is C_k = 1 - s L - L kappa - n F_k + s L V_k, n = L - 1 for a long (the units borrowed) and L for
   a short. A long owes D_k = -C_k = (L - 1) + L kappa + (L - 1) F_k - L V_k; a short is backed by C_k.
2. The broker closes a long at or below P*_k = e D_k / (L (1 - m)), a short at or above P*_k = e C_k / (L (1 + m)).
   Lows (highs) of t+1 .. T-1 are watched, and O[T]. A long that borrows nothing (L = 1) is never called. An isolated
   position is judged by the share of equity behind it, 1 / L of its value, with its gain and dividends; costs and
   financing are the account's, so that in P*_k it has D_k = (L - 1) - L V_k, and C_k = 1 + L - L V_k for a short.
3. It fills at the worse of the open and P*, f = min(O, P*) for a long, max(O, P*) for a short. What is left is
   C_k + s L f / e - L f / e (kappa + phi), kept as cash until T.
4. Never called, it is worth C_T + s L O[T] / e - L kappa O[T] / e, which for a long without dividends is
   W_L = 1 + L r - L kappa (2 + r) - F_L, F_L = (L - 1) F_T.

kappa holds fees by the share as a fraction of value at the entry's price, and is the exit's as well: so the exit pays
(1 + r) times the entry's fee, where the broker takes the same again, or a multiple of it after a split.

A call closes the whole position, also where the broker's terms would close a part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError
from core.engine.carry import Carry, Side, carry_of
from core.engine.forward import ForwardPrices, ahead

if TYPE_CHECKING:
    from core.contracts.broker_terms import BrokerTerms, MarginTerms

__all__ = ["HeldPosition", "hold_to_horizon", "margin_rates"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HeldPosition:
    """Outcome for each deciding bar, of shape (n_own_bars, n_tickers).

    Attributes
    ----------
    wealth : ndarray
        At T, per unit of equity at t; below zero where a gap left a debt; NaN where T is not in the data.
    is_called : ndarray of bool
        Whether the broker closed it before or at T; False where T is not in the data.
    """

    wealth: FloatArray
    is_called: BoolArray


@dataclass(frozen=True)
class _Account:
    """The constants of one computation, and prices as multiples of the entry's."""

    prices: ForwardPrices
    entry: FloatArray
    carry: Carry
    sign: float
    leverage: float
    maintenance: float
    cost_fraction: FloatArray

    def cash(self, offset: int) -> FloatArray:
        """C_k of the bar `offset` own bars after the deciding one."""
        financing = self._since_entry(self.carry.of_entry_value, offset)
        financing += self._since_entry(self.carry.per_share, offset) / self.entry
        units = self.leverage - max(self.sign, 0.0)
        return self._own_cash(offset) - self.leverage * self.cost_fraction - units * financing

    def _own_cash(self, offset: int) -> FloatArray:
        # What the position's own equity leaves after paying for it, before costs and financing.
        held = self.sign * self.leverage
        return 1.0 - held + held * self._since_entry(self.prices.dividends_until, offset) / self.entry

    def multiple(self, price: FloatArray, offset: int) -> FloatArray:
        """Price `offset` own bars after the deciding one, over the entry's."""
        return ahead(price, offset) / self.entry

    def worth(self, cash: FloatArray, multiple: FloatArray, fee_fraction: float = 0.0) -> FloatArray:
        """Equity once the position is closed at `multiple`."""
        return cash + self.leverage * multiple * (self.sign - self.cost_fraction - fee_fraction)

    def call(self, margin: MarginTerms, offset: int, *, is_last: bool) -> tuple[BoolArray, FloatArray]:
        """Return where the broker closes the position in that bar, and what it is then worth."""
        cash = self.cash(offset)
        judged = self._own_cash(offset) if margin.account == "isolated" else cash
        trigger = -self.sign * judged / (self.leverage * (1.0 - self.sign * self.maintenance))
        watched, met = self._watched(margin, offset, is_last=is_last)
        fill = self.sign * np.minimum(self.sign * met, self.sign * trigger)
        worth = self.worth(cash, fill, margin.liquidation_fee_bps / 10_000.0)
        return self.sign * watched <= self.sign * trigger, worth

    def _watched(self, margin: MarginTerms, offset: int, *, is_last: bool) -> tuple[FloatArray, FloatArray]:
        # The price that may call, and the first that an order of that moment meets.
        if margin.check == "close":
            close = self.multiple(self.prices.close, offset)
            return close, close
        met = self.multiple(self.prices.open, offset)
        if is_last:
            return met, met
        return self.multiple(self.prices.low if self.sign > 0.0 else self.prices.high, offset), met

    def _since_entry(self, until: FloatArray, offset: int) -> FloatArray:
        return ahead(until, offset) - ahead(until, 1)


def hold_to_horizon(
    prices: ForwardPrices,
    terms: BrokerTerms,
    *,
    side: Side,
    leverage: float,
    horizon_bars: int,
    position_value: float | None = None,
    order_value: float | None = None,
) -> HeldPosition:
    """Hold a position of `leverage` times equity from the next open until the open `horizon_bars` own bars later.

    Parameters
    ----------
    prices : ForwardPrices
    terms : BrokerTerms
        margin.check "off" never calls; "close" looks at closes and fills there; "adverse_extreme" is as above.
    side : str
        "long" or "short".
    leverage : float
        Position's value over equity, at least 1.
    horizon_bars : int
        At least 1; counts the ticker's own bars.
    position_value : float, optional
        In currency, which tiers of margin need.
    order_value : float, optional
        Value of the entry's order in currency; None leaves the minimum fee of an order out.

    Raises
    ------
    DataError
        If the rates do not fit the panel, or margin has tiers and `position_value` is not given.
    """
    entry = ahead(prices.open, 1)
    account = _Account(
        prices=prices,
        entry=entry,
        carry=carry_of(prices.bars, prices.close, terms.financing, side),
        sign=1.0 if side == "long" else -1.0,
        leverage=leverage,
        maintenance=margin_rates(terms.margin, side, position_value)[1],
        cost_fraction=terms.fees.cost_fraction(entry / ahead(prices.splits_until, 1), order_value),
    )
    last = 1 + horizon_bars
    wealth = account.worth(account.cash(last), account.multiple(prices.open, last))
    resolved = ~np.isnan(wealth)
    is_called = np.zeros(wealth.shape, dtype=np.bool_)
    if terms.margin.check == "off" or (side == "long" and leverage <= 1.0):
        return HeldPosition(wealth, is_called)
    for offset in range(1, last + (terms.margin.check == "adverse_extreme")):
        hit, worth = account.call(terms.margin, offset, is_last=offset == last)
        newly = hit & resolved & ~is_called
        wealth[newly] = worth[newly]
        is_called |= newly
    return HeldPosition(wealth, is_called)


def margin_rates(margin: MarginTerms, side: Side, position_value: float | None = None) -> tuple[float, float]:
    """Return the initial and the maintenance fraction of a position.

    Raises
    ------
    DataError
        If margin has tiers and `position_value` is not given.
    """
    if not margin.tiers:
        if side == "long":
            return margin.initial_long, margin.maintenance_long
        return margin.initial_short, margin.maintenance_short
    if position_value is None:
        raise DataError(
            "The broker's margin goes by tiers of the position's value, and the label knows none; "
            "set position_value to what such a position is worth in currency."
        )
    below = [tier for tier in margin.tiers if tier.from_value <= position_value]
    tier = max(below, key=lambda t: t.from_value) if below else min(margin.tiers, key=lambda t: t.from_value)
    return tier.initial, tier.maintenance
