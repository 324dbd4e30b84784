"""Initial margin: which orders, or which part of them, the account may fill.

After a moment's orders E must be at least the sum of k G. What reduces positions always fills, and counts first. Of
what increases them,

1. `scale` fills one fraction z of every order, the largest that fits: R + z dR = E - cost(z);
2. `reject` takes order by order, in the order of tickers: whole where it fits beside those taken so far, else not.
"""

from __future__ import annotations

import numpy as np

from core.engine.kernels.compilation import kernel
from core.engine.kernels.layout import (
    NO_MARGIN,
    PRICE,
    SCALED,
    SHARES,
    WANT,
    FloatArray,
    IntArray,
    Records,
    Terms,
)
from core.engine.kernels.positions import initial_rate, order_fee, record_unfilled

TINY = 1e-12  # relative size below which a difference is rounding
MARGIN_TOLERANCE = 1e-9  # relative; an order for exactly the limit is allowed


@kernel
def initial_requirement(net: float, gross: float, book: FloatArray, terms: Terms) -> float:
    """Return the sum of k G of the wanted positions, whose sums of q P and |q| P are given."""
    if terms.tiers.shape[0] == 0:
        return 0.5 * (terms.initial_long * (gross + net) + terms.initial_short * (gross - net))
    required = 0.0
    for a in range(book.shape[1]):
        value = abs(book[WANT, a]) * book[PRICE, a]
        required += initial_rate(book[WANT, a], value, terms) * value
    return required


@kernel
def reduced_shares(held: float, want: float) -> float:
    """Return what is left of a position when only the reducing part of an order is filled."""
    if held * want <= 0.0:
        return 0.0
    return held if abs(want) > abs(held) else want


@kernel
def keep_to_initial_margin(
    bar: int, row: FloatArray, book: FloatArray, terms: Terms, cash: float, count: IntArray, records: Records
) -> None:
    """Scale or reject what increases positions, and record what is not filled."""
    factor = 0.0 if terms.reject else allowed_fraction(row, book, terms, cash)
    room = room_for_increases(row, book, terms, cash) if terms.reject else 0.0
    for a in range(row.size):
        held, want = book[SHARES, a], book[WANT, a]
        if want == held:
            continue
        base = reduced_shares(held, want)
        if want == base:
            continue
        if terms.reject:
            taken = margin_of_increase(a, held, base, want, book, terms)
            if taken <= room:
                room -= taken
                continue
        allowed = base + factor * (want - base)
        if terms.whole_shares:
            allowed = base + np.trunc(factor * (want - base) * (1.0 + TINY))
        book[WANT, a] = allowed
        if allowed != want:
            reason = NO_MARGIN if allowed == base else SCALED
            record_unfilled(bar * row.size + a, want - allowed, reason, count, records)


@kernel
def room_for_increases(row: FloatArray, book: FloatArray, terms: Terms, cash: float) -> float:
    """Return equity above initial margin once all that reduces positions is filled, with the limit's tolerance."""
    equity = cash
    required = 0.0
    for a in range(row.size):
        held, want, price = book[SHARES, a], book[WANT, a], book[PRICE, a]
        equity += held * price
        required += initial_margin(reduced_shares(held, want) if want != held else held, price, terms)
    return equity - required - cost_toward(1.0, 0.0, row, book, terms) + MARGIN_TOLERANCE * abs(equity)


@kernel
def margin_of_increase(a: int, held: float, base: float, want: float, book: FloatArray, terms: Terms) -> float:
    """Return what the increasing part of an order takes of the room: its initial margin and its cost."""
    price = book[PRICE, a]
    margin = initial_margin(want, price, terms) - initial_margin(base, price, terms)
    return margin + cost_of(want - held, price, terms) - cost_of(base - held, price, terms)


@kernel
def initial_margin(shares: float, price: float, terms: Terms) -> float:
    """Return k |q| P of a position."""
    value = abs(shares) * price
    return initial_rate(shares, value, terms) * value


@kernel
def allowed_fraction(row: FloatArray, book: FloatArray, terms: Terms, cash: float) -> float:
    """Return the fraction z of the increases that initial margin allows: R + z dR = E - cost(z)."""
    equity = cash
    required = 0.0
    added = 0.0
    for a in range(row.size):
        held, want, price = book[SHARES, a], book[WANT, a], book[PRICE, a]
        equity += held * price
        base = reduced_shares(held, want) if want != held else held
        # The rate of the whole wanted position: tiers only rise with value, so the scaled one needs no more.
        rate = initial_rate(want, abs(want) * price, terms)
        required += rate * abs(base) * price
        added += rate * abs(want - base) * price
    if added <= 0.0:
        return 0.0
    room = equity - required
    cost_before = cost_toward(1.0, 0.0, row, book, terms)
    cost_after = cost_toward(1.0, 1.0, row, book, terms)
    fraction = min(max((room - cost_before) / (added + cost_after - cost_before), 0.0), 1.0)
    if terms.has_share_fees:
        for _ in range(12):
            cost = cost_toward(1.0, fraction, row, book, terms)
            fraction = min(max((room - cost) / added, 0.0), 1.0)
    return fraction


@kernel
def cost_toward(reducing: float, increasing: float, row: FloatArray, book: FloatArray, terms: Terms) -> float:
    """Return the cost of the reducing part and of a fraction `increasing` of the increasing part of all orders."""
    total = 0.0
    for a in range(row.size):
        held, want, price = book[SHARES, a], book[WANT, a], book[PRICE, a]
        if want == held:
            continue
        base = reduced_shares(held, want)
        total += cost_of(reducing * (base - held) + increasing * (want - base), price, terms)
    return total


@kernel
def cost_of(delta: float, price: float, terms: Terms) -> float:
    """Return slippage and fee of an order of `delta` shares (signed) at reference price `price`."""
    side = 1.0 if delta > 0.0 else -1.0
    fee = order_fee(terms, delta, price * (1.0 + side * terms.slippage_rate))
    return terms.slippage_rate * abs(delta) * price + fee
