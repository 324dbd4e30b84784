"""Forced sales: how much of what is sold, and the record of the margin call.

1. Pro rata: the fraction x of every position that has a bar, with E - x sum(phi_i G_i) = sum(k_i G_i) after the sale.
2. Largest loss first: whole positions until that is met, and of the last one what is needed.
3. phi_i is slippage, fee and liquidation fee of a unit of value; minimum fees and caps are left to the account.
"""

from __future__ import annotations

import numpy as np

from core.engine.kernels.compilation import kernel
from core.engine.kernels.layout import (
    AT_CLOSE,
    BASIS,
    BY_LIQUIDATION,
    CASH,
    COLLATERAL,
    FIRST_ASSET,
    N_CALLS,
    PRICE,
    SHARES,
    WANT,
    FloatArray,
    IntArray,
    Records,
    Terms,
)
from core.engine.kernels.positions import net_and_gross, trade
from core.engine.kernels.requirements import (
    cost_rate,
    isolated_equity,
    maintenance_rate,
    required_at,
    target_rate,
    wanted_at,
)

TOUCH = 1e-12  # relative; E equal to the requirement but for rounding is a breach


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
    touch = TOUCH * net_and_gross(book[SHARES], book[PRICE])[1]
    sold = 0.0
    gains = book[WANT]
    for a in range(row.size):
        gains[a] = book[SHARES, a] * book[PRICE, a] - book[BASIS, a]
    for _ in range(row.size):
        a = least_tradable(row, gains, book[SHARES])
        if a < 0 or needed <= touch:
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
def sold_shares(held: float, fraction: float, terms: Terms) -> float:
    """Return the signed change of a position of which a fraction is liquidated; whole shares are rounded up."""
    if fraction >= 1.0:
        return -held
    shares = abs(held) * fraction
    if terms.whole_shares:
        shares = min(np.ceil(shares * (1.0 - TOUCH)), abs(held))
    return -shares if held > 0.0 else shares


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
