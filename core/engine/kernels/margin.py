"""Margin: what positions require, when the account or a position breaches it, and what is then sold.

1. All assets move together, at theta from 0 to 1, in straight lines from their opens to their adverse extremes (low of
   a long, high of a short). A ticker without a bar stays at its mark.
2. The trigger is the least theta with E(theta) <= sum of m_i G_i(theta); with tiers m_i changes on the way.
3. Positions are sold at their prices of that theta: pro rata, the fraction x of every position that has a bar, with E -
   x sum(phi_i G_i) = sum(k_i G_i) after the sale; or position by position, largest loss first. phi_i is slippage, fee
   and liquidation fee of a unit of value; minimum fees and caps are left to the account.
4. The move goes on with what is left. The next sale comes at its trigger, but not before half of the equity is gone, or
   at theta = 1: so k = maintenance, which leaves the account at its trigger, makes few sales and not ever smaller ones.
   The eighth sale of a bar sells everything.
5. Isolated positions are judged one by one: equity set aside, plus the gain since, against m G, each at its own theta.
"""

from __future__ import annotations

import numpy as np

from core.engine.kernels.compilation import kernel, summation
from core.engine.kernels.layout import (
    AT_CLOSE,
    BASIS,
    BY_LIQUIDATION,
    CASH,
    COLLATERAL,
    FIRST_ASSET,
    MARK,
    N_CALLS,
    PRICE,
    SHARES,
    TO_FLAT,
    TO_INITIAL,
    WANT,
    FloatArray,
    IntArray,
    Records,
    Terms,
)
from core.engine.kernels.positions import initial_rate, net_and_gross, present_sums, tier_of, trade

NO_TRIGGER = 2.0
STEP = 1e-9  # theta by which a tier's edge is passed
TOUCH = 1e-12  # relative; E equal to the requirement but for rounding is a breach
MAX_SALES = 8  # margin calls of one account, or one position, in one bar


@kernel
def maintenance_rate(shares: float, value: float, terms: Terms) -> float:
    """Return the maintenance margin rate of a position of this side and value."""
    if terms.tiers.shape[0] > 0:
        return float(terms.tiers[tier_of(value, terms.tiers), 2])
    return terms.maintenance_long if shares > 0.0 else terms.maintenance_short


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


@kernel
def isolated_equity(a: int, price: float, book: FloatArray) -> float:
    """Return the equity set aside for a position, with its gain since."""
    return float(book[COLLATERAL, a] + book[SHARES, a] * price - book[BASIS, a])


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
    earliest = 0.0
    for sale in range(MAX_SALES):
        flat = terms.liquidate_to == TO_FLAT or sale == MAX_SALES - 1
        trigger = next_trigger(theta, first, last, open_, low, high, book, terms, account)
        if trigger > 1.0:
            return
        theta = min(max(trigger, earliest), 1.0)
        for a in range(first, last):
            if not np.isnan(open_[a]):
                book[PRICE, a] = open_[a] + theta * (extreme(book[SHARES, a], low[a], high[a]) - open_[a])
        if terms.isolated:
            liquidate_one(bar, kind, first, theta, flat, book, terms, account, count, post, records)
        else:
            liquidate(bar, kind, theta, flat, open_, book, terms, account, count, post, records)
        if theta >= 1.0:
            return
        earliest = half_gone(theta, first, last, open_, low, high, book, terms, account)


@kernel
def half_gone(
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
    """Return the theta at which half of the equity of now is lost; `book[PRICE]` holds the prices of `theta`."""
    equity = 0.0 if terms.isolated else account[CASH]
    slope = 0.0
    for a in range(first, last):
        held, price = book[SHARES, a], book[PRICE, a]
        if held == 0.0:
            continue
        equity += isolated_equity(a, price, book) if terms.isolated else held * price
        if not np.isnan(open_[a]):
            slope += held * (extreme(held, low[a], high[a]) - open_[a])
    return theta - 0.5 * equity / slope if slope < 0.0 else NO_TRIGGER


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


@kernel
def sold_shares(held: float, fraction: float, terms: Terms) -> float:
    """Return the signed change of a position of which a fraction is liquidated; whole shares are rounded up."""
    if fraction >= 1.0:
        return -held
    shares = abs(held) * fraction
    if terms.whole_shares:
        shares = min(np.ceil(shares * (1.0 - TOUCH)), abs(held))
    return -shares if held > 0.0 else shares


@kernel
def liquidate_one(
    bar: int,
    kind: int,
    a: int,
    theta: float,
    flat: bool,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Liquidate an isolated position at `book[PRICE]`; its loss, fees included, is taken from what was set aside."""
    held, price = book[SHARES, a], book[PRICE, a]
    value = abs(held) * price
    equity = isolated_equity(a, price, book)
    required = maintenance_rate(held, value, terms) * value
    fraction = 1.0
    if not flat:
        wanted = target_rate(held, value, terms)
        gain = (wanted - cost_rate(held, price, terms)) * value
        fraction = min(max((wanted * value - equity) / gain, 0.0), 1.0) if gain > 0.0 else 1.0
    delta = sold_shares(held, fraction, terms) if fraction > TOUCH else 0.0
    cash = account[CASH]
    trade(a, delta, price, BY_LIQUIDATION, book, terms, account, count, post, records)
    equity_after = equity - (cash - delta * price - account[CASH])
    left = abs(book[SHARES, a]) * price
    if left > 0.0:
        book[COLLATERAL, a] = equity_after - book[SHARES, a] * price + book[BASIS, a]
    short_of = maintenance_rate(held, left, terms) * left - equity_after
    call = records.calls[count[N_CALLS]]
    write_call(call, bar, kind, a, theta, equity, value, required)
    finish_call(call, abs(delta) * price, equity_after, short_of)
    if delta != 0.0 or call[9] > TOUCH * value:
        count[N_CALLS] += 1


@kernel
def liquidate(
    bar: int,
    kind: int,
    theta: float,
    flat: bool,
    row: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Liquidate positions of the account at `book[PRICE]`; those without a bar cannot be sold."""
    price = book[PRICE]
    net, gross = net_and_gross(book[SHARES], price)
    equity = account[CASH] + net
    call = records.calls[count[N_CALLS]]
    write_call(call, bar, kind, FIRST_ASSET - 1, theta, equity, gross, required_at(price, book, terms))
    if flat or not terms.largest_loss_first:
        sold = sell_pro_rata(row, flat, equity, book, terms, account, count, post, records)
    else:
        sold = sell_largest_losses(row, equity, book, terms, account, count, post, records)
    equity_after = account[CASH] + net_and_gross(book[SHARES], price)[0]
    finish_call(call, sold, equity_after, required_at(price, book, terms) - equity_after)
    # Nothing to sell and nothing short: an account at its very limit, whose next trigger is met at theta = 1.
    if sold > 0.0 or call[9] > TOUCH * gross:
        count[N_CALLS] += 1


@kernel
def sell_pro_rata(
    row: FloatArray,
    flat: bool,
    equity: float,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> float:
    """Sell the same fraction of every position that has a bar; return the value sold."""
    fraction = 1.0
    if not flat:
        gain = 0.0
        for a in range(row.size):
            held, price = book[SHARES, a], book[PRICE, a]
            if held != 0.0 and not np.isnan(row[a]):
                value = abs(held) * price
                gain += (target_rate(held, value, terms) - cost_rate(held, price, terms)) * value
        needed = wanted_at(book[PRICE], book, terms) - equity
        fraction = min(max(needed / gain, 0.0), 1.0) if gain > 0.0 else 1.0
    if fraction <= TOUCH:
        return 0.0
    sold = 0.0
    for a in range(row.size):
        held, price = book[SHARES, a], book[PRICE, a]
        if held != 0.0 and not np.isnan(row[a]):
            delta = sold_shares(held, fraction, terms)
            sold += abs(delta) * price
            trade(a, delta, price, BY_LIQUIDATION, book, terms, account, count, post, records)
    return sold


@kernel
def sell_largest_losses(
    row: FloatArray,
    equity: float,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> float:
    """Sell whole positions, largest loss first, and of the last one what is needed; return the value sold."""
    needed = wanted_at(book[PRICE], book, terms) - equity
    sold = 0.0
    gains = book[WANT]
    for a in range(row.size):
        gains[a] = book[SHARES, a] * book[PRICE, a] - book[BASIS, a]
    for _ in range(row.size):
        a = least_tradable(row, gains, book[SHARES])
        if a < 0 or needed <= TOUCH * sold:
            break
        gains[a] = np.nan
        held, price = book[SHARES, a], book[PRICE, a]
        value = abs(held) * price
        gain = (target_rate(held, value, terms) - cost_rate(held, price, terms)) * value
        delta = sold_shares(held, min(needed / gain, 1.0) if gain > 0.0 else 1.0, terms)
        needed -= gain * abs(delta / held)
        sold += abs(delta) * price
        trade(a, delta, price, BY_LIQUIDATION, book, terms, account, count, post, records)
    return sold


@kernel
def least_tradable(row: FloatArray, gains: FloatArray, shares: FloatArray) -> int:
    """Return the held asset with a bar whose gain is least, or -1; NaN gains are left out."""
    best = -1
    for a in range(row.size):
        if shares[a] == 0.0 or np.isnan(row[a]) or np.isnan(gains[a]):
            continue
        if best < 0 or gains[a] < gains[best]:
            best = a
    return best


@kernel
def write_call(
    call: FloatArray, bar: int, kind: int, asset: int, theta: float, equity: float, gross: float, required: float
) -> None:
    """Write what stood before a margin call's sale."""
    call[0] = bar
    call[1] = kind
    call[2] = asset
    call[3] = theta if kind != AT_CLOSE else np.nan
    call[4] = equity
    call[5] = gross
    call[6] = required


@kernel
def finish_call(call: FloatArray, sold: float, equity_after: float, short_of: float) -> None:
    """Write what stood after a margin call's sale."""
    call[7] = sold
    call[8] = equity_after
    call[9] = max(short_of, 0.0)
