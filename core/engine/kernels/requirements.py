"""What positions require: rates by side or tier, sums over the account, and what is left above them."""

from __future__ import annotations

import numpy as np

from core.engine.kernels.compilation import kernel
from core.engine.kernels.layout import BASIS, CASH, COLLATERAL, SHARES, TO_INITIAL, FloatArray, Terms
from core.engine.kernels.positions import initial_rate, tier_of


@kernel
def maintenance_rate(shares: float, value: float, terms: Terms) -> float:
    """Return the maintenance margin rate of a position of this side and value."""
    if terms.tiers.shape[0] > 0:
        return float(terms.tiers[tier_of(value, terms.tiers), 2])
    return terms.maintenance_long if shares > 0.0 else terms.maintenance_short


@kernel
def target_rate(shares: float, value: float, terms: Terms) -> float:
    """Return k, the rate that a partial liquidation restores."""
    if terms.liquidate_to == TO_INITIAL:
        return initial_rate(shares, value, terms)
    return maintenance_rate(shares, value, terms)


@kernel
def cost_rate(shares: float, price: float, terms: Terms) -> float:
    """Return phi, what selling (or buying back) a unit of value costs."""
    paid = 1.0 - terms.slippage_rate if shares > 0.0 else 1.0 + terms.slippage_rate
    rate = terms.slippage_rate + (terms.fee_rate + terms.liquidation_rate) * paid
    if terms.has_share_fees:
        rate += min(terms.fee_per_share / price, terms.cap_fraction * paid)
    return rate


@kernel
def required_at(price: FloatArray, book: FloatArray, terms: Terms) -> float:
    """Return the sum of m G."""
    total = 0.0
    for a in range(price.size):
        value = abs(book[SHARES, a]) * price[a]
        if value > 0.0:
            total += maintenance_rate(book[SHARES, a], value, terms) * value
    return total


@kernel
def wanted_at(price: FloatArray, book: FloatArray, terms: Terms) -> float:
    """Return the sum of k G, the equity that a partial liquidation restores."""
    total = 0.0
    for a in range(price.size):
        value = abs(book[SHARES, a]) * price[a]
        if value > 0.0:
            total += target_rate(book[SHARES, a], value, terms) * value
    return total


@kernel
def isolated_equity(a: int, price: float, book: FloatArray) -> float:
    """Return the equity set aside for a position, with its gain since."""
    return float(book[COLLATERAL, a] + book[SHARES, a] * price - book[BASIS, a])


@kernel
def headroom(net: float, gross: float, price: FloatArray, book: FloatArray, terms: Terms, account: FloatArray) -> float:
    """Return equity above maintenance; of isolated positions, the least."""
    equity = float(account[CASH] + net)
    if gross <= 0.0:
        return equity
    if not terms.isolated:
        if terms.tiers.shape[0] > 0:
            return equity - required_at(price, book, terms)
        return equity - 0.5 * (terms.maintenance_long * (gross + net) + terms.maintenance_short * (gross - net))
    least = np.inf
    for a in range(price.size):
        held = book[SHARES, a]
        if held != 0.0:
            value = abs(held) * price[a]
            own = isolated_equity(a, price[a], book) - maintenance_rate(held, value, terms) * value
            least = min(least, own)
    return least
