"""Margin: when the account or a position breaches what is required, and is sold.

1. All assets move together, at theta from 0 to 1, in straight lines from their opens to their adverse extremes (low of
   a long, high of a short). A ticker without a bar stays at its mark.
2. The trigger is the least theta with E(theta) <= sum of m_i G_i(theta); with tiers m_i changes on the way.
3. Positions are sold at their prices of that theta (liquidation.py says which and how much).
4. The move goes on with what is left, and every further sale comes at its own trigger.
5. A sale that restores no more than maintenance (k = m) leaves the account at its trigger; ever smaller sales without
   end would follow, whose limit is selling without a pause. Instead, the next sale waits until WAIT of the equity is
   gone, or for theta = 1. The equity E1 that is left misses the limit's by about (1 - m) WAIT / 2 ln(E0 / E1) of itself
   ((1 + m) for shorts), which is never above (1 - m) WAIT / (2 e) of the equity E0 at the trigger; costs apart.
6. A bar has MAX_SALES sales at most. The second half of them waits as in 5, wherever its triggers are, and the last one
   sells everything.
7. Isolated positions are judged one by one, each at its own theta: equity set aside for it (orders.py) and gain since,
   against m G.
"""

from __future__ import annotations

import numpy as np

from core.engine.kernels.compilation import kernel, summation
from core.engine.kernels.layout import (
    CASH,
    FIRST_ASSET,
    MARK,
    PRICE,
    SHARES,
    TO_FLAT,
    FloatArray,
    IntArray,
    Records,
    Terms,
)
from core.engine.kernels.liquidation import liquidate, liquidate_one
from core.engine.kernels.positions import present_sums
from core.engine.kernels.requirements import headroom, isolated_equity, maintenance_rate, target_rate

NO_TRIGGER = 2.0
STEP = 1e-9  # theta by which a tier's edge is passed; nearer triggers than that are the same
TOUCH = 1e-12  # relative; E equal to the requirement but for rounding is a breach
WAIT = 0.125  # part of the equity that is lost before a sale that does not come at its own trigger
MAX_SALES = 64  # margin calls of one account, or one position, in one bar


@summation
def adverse_sums(
    shares: FloatArray, price: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[float, float, float, float]:
    """Return the sums of q P and |q| P at the opens, and the changes of long and of short value to adverse extremes."""
    net = 0.0
    gross = 0.0
    longs = 0.0
    shorts = 0.0
    for a in range(shares.size):
        held = shares[a]
        size = abs(held)
        now = price[a]
        bottom = low[a] if low[a] == low[a] else now
        top = high[a] if high[a] == high[a] else now
        net += held * now
        gross += size * now
        longs += (size + held) * (bottom - now)
        shorts += (size - held) * (top - now)
    return net, gross, 0.5 * longs, 0.5 * shorts


@kernel
def check_at_prices(
    bar: int,
    kind: int,
    row: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Judge positions at `book[PRICE]` (opens or closes), and liquidate there."""
    price = book[PRICE]
    flat = terms.liquidate_to == TO_FLAT
    net, gross = present_sums(price, book, account, count)
    if terms.isolated:
        for a in range(price.size):
            held = book[SHARES, a]
            if held == 0.0 or np.isnan(row[a]):
                continue
            value = abs(held) * price[a]
            required = maintenance_rate(held, value, terms) * value
            if isolated_equity(a, price[a], book) <= required + TOUCH * value:
                liquidate_one(bar, kind, a, 0.0, flat, book, terms, account, count, post, records)
        return
    if gross > 0.0 and headroom(net, gross, price, book, terms, account) <= TOUCH * gross:
        liquidate(bar, kind, 0.0, flat, row, book, terms, account, count, post, records)


@kernel
def check_inside_bar(
    bar: int,
    kind: int,
    open_: FloatArray,
    low: FloatArray,
    high: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Judge positions on their way from opens to adverse extremes, and liquidate where the trigger is."""
    if not terms.isolated:
        if may_breach(low, high, book, terms, account):
            walk(bar, kind, FIRST_ASSET, open_.size, open_, low, high, book, terms, account, count, post, records)
        return
    for a in range(open_.size):
        if book[SHARES, a] != 0.0 and not np.isnan(open_[a]):
            walk(bar, kind, a, a + 1, open_, low, high, book, terms, account, count, post, records)


@kernel
def may_breach(low: FloatArray, high: FloatArray, book: FloatArray, terms: Terms, account: FloatArray) -> bool:
    """Tell whether the account can breach at all in this bar; `book[PRICE]` holds the opens."""
    if terms.tiers.shape[0] > 0:
        return True
    net, gross, fall, rise = adverse_sums(book[SHARES], book[PRICE], low, high)
    longs = 0.5 * (gross + net) + fall
    shorts = 0.5 * (gross - net) + rise
    equity = account[CASH] + net + fall - rise
    required = terms.maintenance_long * longs + terms.maintenance_short * shorts
    return longs + shorts > 0.0 and equity <= required + TOUCH * gross


@kernel
def extreme(shares: float, low: float, high: float) -> float:
    """Return the adverse extreme of a position."""
    return low if shares > 0.0 else high


@kernel
def walk(
    bar: int,
    kind: int,
    first: int,
    last: int,
    open_: FloatArray,
    low: FloatArray,
    high: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Follow assets first..last-1 from theta 0 to 1, liquidating at every trigger; `book[PRICE]` holds the opens."""
    theta = 0.0
    for sale in range(MAX_SALES):
        flat = terms.liquidate_to == TO_FLAT or sale == MAX_SALES - 1
        trigger = next_trigger(theta, first, last, open_, low, high, book, terms, account)
        if trigger > 1.0:
            return
        waits = trigger <= theta + STEP or sale >= MAX_SALES // 2 or restores_no_more(first, last, book, terms)
        if waits and sale > 0:
            trigger = max(trigger, later(theta, first, last, open_, low, high, book, terms, account))
        theta = min(trigger, 1.0)
        for a in range(first, last):
            if not np.isnan(open_[a]):
                book[PRICE, a] = open_[a] + theta * (extreme(book[SHARES, a], low[a], high[a]) - open_[a])
        if terms.isolated:
            liquidate_one(bar, kind, first, theta, flat, book, terms, account, count, post, records)
        else:
            liquidate(bar, kind, theta, flat, open_, book, terms, account, count, post, records)
        if theta >= 1.0:
            return


@kernel
def restores_no_more(first: int, last: int, book: FloatArray, terms: Terms) -> bool:
    """Tell whether a sale restores no more than maintenance (k = m)."""
    # The rates say so; looking at what is left would not: whole shares, rounded up, leave a little more.
    above = 0.0
    gross = 0.0
    for a in range(first, last):
        held = book[SHARES, a]
        value = abs(held) * book[PRICE, a]
        if value > 0.0:
            above += (target_rate(held, value, terms) - maintenance_rate(held, value, terms)) * value
            gross += value
    return above <= STEP * gross


@kernel
def later(
    theta: float,
    first: int,
    last: int,
    open_: FloatArray,
    low: FloatArray,
    high: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
) -> float:
    """Return the theta at which WAIT of the equity of now is lost; `book[PRICE]` holds the prices of `theta`."""
    equity = 0.0 if terms.isolated else account[CASH]
    slope = 0.0
    for a in range(first, last):
        held, price = book[SHARES, a], book[PRICE, a]
        if held == 0.0:
            continue
        equity += isolated_equity(a, price, book) if terms.isolated else held * price
        if not np.isnan(open_[a]):
            slope += held * (extreme(held, low[a], high[a]) - open_[a])
    return theta - WAIT * equity / slope if slope < 0.0 else NO_TRIGGER


@kernel
def next_trigger(
    theta: float,
    first: int,
    last: int,
    open_: FloatArray,
    low: FloatArray,
    high: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
) -> float:
    """Return the least theta from `theta` on with E(theta) <= requirement(theta), or NO_TRIGGER."""
    while True:
        gap, slope, edge, gross = excess(theta, first, last, open_, low, high, book, terms, account)
        if gross <= 0.0:
            return NO_TRIGGER
        if gap <= TOUCH * gross and slope < 0.0:
            return theta
        if slope < 0.0 and theta - gap / slope <= min(edge, 1.0):
            return theta - gap / slope
        if edge >= 1.0:
            return NO_TRIGGER
        theta = edge


@kernel
def excess(
    theta: float,
    first: int,
    last: int,
    open_: FloatArray,
    low: FloatArray,
    high: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
) -> tuple[float, float, float, float]:
    """Return E less requirement at theta, its slope, the next tier's edge, and gross exposure."""
    equity = 0.0 if terms.isolated else account[CASH]
    slope = 0.0
    edge = NO_TRIGGER
    gross = 0.0
    for a in range(first, last):
        held = book[SHARES, a]
        if held == 0.0:
            continue
        has_bar = not np.isnan(open_[a])
        start = open_[a] if has_bar else book[MARK, a]
        move = extreme(held, low[a], high[a]) - start if has_bar else 0.0
        price = start + theta * move
        value = abs(held) * price
        change = abs(held) * move
        rate = maintenance_rate(held, value + STEP * change, terms)
        equity += isolated_equity(a, price, book) if terms.isolated else held * price
        equity -= rate * value
        slope += held * move - rate * change
        gross += value
        edge = min(edge, tier_edge(theta, abs(held) * start, change, terms))
    return equity, slope, edge, gross


@kernel
def tier_edge(theta: float, value_at_open: float, change: float, terms: Terms) -> float:
    """Return the next theta at which a position enters another tier, or NO_TRIGGER."""
    nearest = NO_TRIGGER
    if change != 0.0:
        for i in range(1, terms.tiers.shape[0]):
            crossing = (terms.tiers[i, 0] - value_at_open) / change
            if crossing > theta + STEP:
                nearest = min(nearest, crossing)
    return nearest
