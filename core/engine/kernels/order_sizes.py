"""How many shares an order wants.

1. The fee share u solves u = 1 - cost(u) / E, cost(u) being the cost of trading to w (1 - b) u E (Newton; exact for
   fees in bps), so that the costs of all orders of a moment fit.
2. Shares wanted are w (1 - b) u E / P, at the prices of the fill or of the signal's close, truncated toward zero where
   shares are whole.
"""

from __future__ import annotations

import numpy as np

from core.engine.kernels.compilation import kernel, summation
from core.engine.kernels.initial_margin import TINY
from core.engine.kernels.layout import ORDER_EQUITY, ORDER_PRICE, ORDER_TARGET, PRICE, SHARES, WANT, FloatArray, Terms
from core.engine.kernels.positions import order_fee

SHARE_TOLERANCE = 1e-12  # of equity: how far costs may miss what was set aside for them


@summation
def traded_sums(
    row: FloatArray, target: FloatArray, shares: FloatArray, price: FloatArray, invested: float
) -> tuple[float, float, float, float]:
    """Return, at u = 1, the sums of |dV| and of dV, and their derivatives by u."""
    traded = 0.0
    net = 0.0
    traded_slope = 0.0
    net_slope = 0.0
    for a in range(row.size):
        wanted = target[a] * invested
        delta = wanted - shares[a] * price[a]
        ordered = (target[a] == target[a]) & (row[a] == row[a])
        wanted = wanted if ordered else 0.0
        delta = delta if ordered else 0.0
        traded += abs(delta)
        net += delta
        traded_slope += wanted if delta > 0.0 else -wanted
        net_slope += wanted
    return traded, net, traded_slope, net_slope


@kernel
def bps_cost(traded: float, net: float, terms: Terms) -> float:
    """Return slippage and fees in bps of orders with the sums of |dV| and dV; fees are on prices after slippage."""
    return terms.slippage_rate * traded + terms.fee_rate * (traded + terms.slippage_rate * net)


@kernel
def size_at_fill(row: FloatArray, book: FloatArray, terms: Terms, equity: float, invested: float) -> None:
    """Write the shares wanted by orders that are sized at the fill's prices."""
    share = 1.0
    if terms.size_includes_fee and invested > 0.0:
        for _ in range(8):
            traded, net, traded_slope, net_slope = traded_sums(
                row, book[ORDER_TARGET], book[SHARES], book[PRICE], invested * share
            )
            cost = bps_cost(traded, net, terms)
            if terms.has_share_fees:
                cost += share_fees(row, book, terms, invested * share)
            error = 1.0 - cost / equity - share
            if abs(error) <= SHARE_TOLERANCE:
                break
            share = max(share + error / (1.0 + bps_cost(traded_slope, net_slope, terms) / (equity * share)), TINY)
    want_at_fill(row, book, terms, invested * share)


@kernel
def share_fees(row: FloatArray, book: FloatArray, terms: Terms, invested: float) -> float:
    """Return the part of the fees that counts shares."""
    total = 0.0
    for a in range(row.size):
        target = book[ORDER_TARGET, a]
        price = row[a]
        if np.isnan(target) or np.isnan(price):
            continue
        delta = target * invested / price - book[SHARES, a]
        total += order_fee(terms, delta, price) - terms.fee_rate * abs(delta) * price
    return total


@kernel
def fee_share_at_signal(row: FloatArray, book: FloatArray, terms: Terms, equity: float, spent: float) -> float:
    """Return u for orders sized at the close of their signal: costs estimated at that close."""
    if equity <= 0.0:
        return 1.0
    share = 1.0
    for _ in range(8):
        cost = 0.0
        slope = 0.0
        for a in range(row.size):
            target = book[ORDER_TARGET, a]
            if np.isnan(target) or np.isnan(row[a]):
                continue
            price = book[ORDER_PRICE, a]
            full = target * terms.invested_fraction * max(book[ORDER_EQUITY, a] - spent, 0.0)
            delta = full * share / price - book[SHARES, a]
            side = 1.0 if delta > 0.0 else -1.0
            paid = price * (1.0 + side * terms.slippage_rate)
            cost += terms.slippage_rate * abs(delta) * price + order_fee(terms, delta, paid)
            slope += side * full * (terms.slippage_rate + terms.fee_rate * paid / price)
        step = (1.0 - cost / equity - share) / (1.0 + slope / equity)
        share = max(share + step, TINY)
        if abs(step) < 1e-14:
            break
    return share


@kernel
def want_at_fill(row: FloatArray, book: FloatArray, terms: Terms, invested: float) -> None:
    """Write the wanted shares of the orders that can be filled; the held shares of all others."""
    shares, want, target, price = book[SHARES], book[WANT], book[ORDER_TARGET], book[PRICE]
    if terms.whole_shares:
        for a in range(row.size):
            ordered = not (np.isnan(target[a]) or np.isnan(row[a]))
            want[a] = truncated(target[a] * invested / price[a]) if ordered else shares[a]
    else:
        for a in range(row.size):
            wanted = target[a] * invested / price[a]
            ordered = (target[a] == target[a]) & (row[a] == row[a])
            want[a] = wanted if ordered else shares[a]


@kernel
def want_at_signal(row: FloatArray, book: FloatArray, terms: Terms, share: float, spent: float) -> None:
    """Write the wanted shares of orders sized at the close of their signal."""
    for a in range(row.size):
        target = book[ORDER_TARGET, a]
        if np.isnan(target) or np.isnan(row[a]):
            book[WANT, a] = book[SHARES, a]
            continue
        invested = terms.invested_fraction * max(book[ORDER_EQUITY, a] - spent, 0.0) * share
        wanted = target * invested / book[ORDER_PRICE, a]
        book[WANT, a] = truncated(wanted) if terms.whole_shares else wanted


@kernel
def truncated(shares: float) -> float:
    """Return whole shares, toward zero; 99.9999999999 is 100 that was rounded on its way."""
    return float(np.trunc(shares * (1.0 + TINY)))
