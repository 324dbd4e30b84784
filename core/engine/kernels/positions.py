"""Single events of a position: what a fill costs and changes, what splits, dividends and endings do."""

from __future__ import annotations

import numpy as np

from core.engine.kernels.compilation import kernel, summation
from core.engine.kernels.layout import (
    BASIS,
    BY_DELISTING,
    BY_END,
    BY_LIQUIDATION,
    BY_RUIN,
    BY_SIGNAL,
    CASH,
    COLLATERAL,
    DIVIDENDS,
    FEES,
    GROSS,
    LIQUIDATION_FEE,
    MARK,
    N_FILLS,
    N_HELD_HINT,
    N_OWN_PRICES,
    N_PENDING,
    N_UNFILLED,
    NET,
    ORDER_PRICE,
    ORDER_TARGET,
    PRICE,
    REASON_STEP,
    SHARES,
    SLIPPAGE,
    SUMMED_AT,
    TICKER_ENDED,
    FloatArray,
    IntArray,
    Market,
    Records,
    Terms,
)


@summation
def net_and_gross(shares: FloatArray, price: FloatArray) -> tuple[float, float]:
    """Return the sum of q P and the sum of |q| P."""
    net = 0.0
    gross = 0.0
    for a in range(shares.size):
        value = shares[a] * price[a]
        net += value
        gross += abs(value)
    return net, gross


@summation
def priced_sums(row: FloatArray, mark: FloatArray, price: FloatArray, shares: FloatArray) -> tuple[float, float]:
    """Write a bar's prices, the last mark where the ticker has no bar, and return the sums of q P and |q| P."""
    net = 0.0
    gross = 0.0
    for a in range(row.size):
        now = row[a] if row[a] == row[a] else mark[a]
        price[a] = now
        value = shares[a] * now
        net += value
        gross += abs(value)
    return net, gross


@summation
def marked_sums(row: FloatArray, mark: FloatArray, shares: FloatArray) -> tuple[float, float]:
    """Write a bar's closes into the marks, where there are any, and return the sums of q P and |q| P."""
    net = 0.0
    gross = 0.0
    for a in range(row.size):
        now = row[a] if row[a] == row[a] else mark[a]
        mark[a] = now
        value = shares[a] * now
        net += value
        gross += abs(value)
    return net, gross


@kernel
def set_prices(row: FloatArray, book: FloatArray, account: FloatArray, count: IntArray) -> None:
    """Begin an event at a bar's opens."""
    account[NET], account[GROSS] = priced_sums(row, book[MARK], book[PRICE], book[SHARES])
    count[SUMMED_AT] = count[N_FILLS]


@kernel
def set_marks(row: FloatArray, book: FloatArray, account: FloatArray, count: IntArray) -> None:
    """Begin the events at a bar's closes, whose prices are the marks."""
    account[NET], account[GROSS] = marked_sums(row, book[MARK], book[SHARES])
    count[SUMMED_AT] = count[N_FILLS]


@kernel
def present_sums(price: FloatArray, book: FloatArray, account: FloatArray, count: IntArray) -> tuple[float, float]:
    """Return the sums of q P and |q| P at the present event's prices."""
    if count[SUMMED_AT] != count[N_FILLS]:
        account[NET], account[GROSS] = net_and_gross(book[SHARES], price)
        count[SUMMED_AT] = count[N_FILLS]
    return account[NET], account[GROSS]


@kernel
def copy_row(source: FloatArray, out: FloatArray) -> None:
    """Copy a row; an assignment of slices would allocate."""
    for i in range(source.size):
        out[i] = source[i]


@kernel
def order_fee(terms: Terms, shares: float, price: float) -> float:
    """Return the fee of an order of `shares` (signed) at fill price `price`, without slippage and liquidation fee."""
    value = abs(shares) * price
    fee = terms.fee_rate * value
    if terms.has_share_fees and shares != 0.0:
        fee += min(max(terms.minimum_fee, terms.fee_per_share * abs(shares)), terms.cap_fraction * value)
    return fee


@kernel
def record_fill(asset: int, shares: float, price: float, reason: int, count: IntArray, records: Records) -> None:
    """Append a fill; the ledger has made sure of the room."""
    i = count[N_FILLS]
    records.fill_key[i] = asset * REASON_STEP + reason
    records.fill_shares[i] = shares
    count[N_FILLS] = i + 1
    if reason != BY_SIGNAL and reason != BY_END:
        records.own_price[count[N_OWN_PRICES]] = price
        count[N_OWN_PRICES] += 1


@kernel
def record_unfilled(cell: int, shares: float, reason: int, count: IntArray, records: Records) -> None:
    """Append what an order did not get; NaN shares where it was never sized."""
    i = count[N_UNFILLED]
    records.unfilled_key[i] = cell * REASON_STEP + reason
    records.unfilled_shares[i] = shares
    count[N_UNFILLED] = i + 1


@kernel
def change_basis(a: int, delta: float, price: float, book: FloatArray) -> None:
    """Carry the cost of a position, and the equity set aside for it, through a fill (before the shares change).

    An increase brings no equity of its own here: orders.set_aside gives it, once all fills of the moment are booked.
    """
    held = book[SHARES, a]
    after = held + delta
    if held * after <= 0.0:
        book[BASIS, a] = after * price
        book[COLLATERAL, a] = 0.0
    elif abs(after) > abs(held):
        book[BASIS, a] += delta * price
    else:
        book[BASIS, a] *= after / held
        book[COLLATERAL, a] *= after / held


@kernel
def initial_rate(shares: float, value: float, terms: Terms) -> float:
    """Return the initial margin rate of a position of this side and value."""
    if terms.tiers.shape[0] > 0:
        return float(terms.tiers[tier_of(value, terms.tiers), 1])
    return terms.initial_long if shares > 0.0 else terms.initial_short


@kernel
def tier_of(value: float, tiers: FloatArray) -> int:
    """Return the last tier whose from_value is not above `value`."""
    tier = 0
    for i in range(1, tiers.shape[0]):
        if value >= tiers[i, 0]:
            tier = i
    return tier


@kernel
def trade(
    a: int,
    delta: float,
    price: float,
    reason: int,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Fill `delta` shares of asset `a` at reference price `price`: slippage, fees, cash, shares, record."""
    if delta == 0.0:
        return
    if terms.tracks_basis:
        change_basis(a, delta, price, book)
    slip = 0.0
    fee = 0.0
    liquidation_fee = 0.0
    if reason != BY_DELISTING:
        slip = terms.slippage_rate * abs(delta) * price
        paid = price * (1.0 + terms.slippage_rate) if delta > 0.0 else price * (1.0 - terms.slippage_rate)
        fee = order_fee(terms, delta, paid)
        if reason == BY_LIQUIDATION:
            liquidation_fee = terms.liquidation_rate * abs(delta) * paid
    account[CASH] -= delta * price + slip + fee + liquidation_fee
    post[SLIPPAGE] -= slip
    post[FEES] -= fee
    post[LIQUIDATION_FEE] -= liquidation_fee
    book[SHARES, a] += delta
    count[N_HELD_HINT] = 1
    record_fill(a, delta, price, reason, count, records)


@kernel
def corporate_actions(
    bar: int, market: Market, book: FloatArray, terms: Terms, account: FloatArray, post: FloatArray
) -> None:
    """Splits first, then dividends on the shares after the split: longs are credited, shorts debited."""
    for a in range(book.shape[1]):
        ratio = market.split[bar, a]
        if ratio != 1.0:
            book[SHARES, a] *= ratio
            book[MARK, a] /= ratio
            book[ORDER_PRICE, a] /= ratio
        paid = market.dividend[bar, a] * book[SHARES, a]
        if paid != 0.0:
            account[CASH] += paid
            post[DIVIDENDS] += paid
            if terms.isolated:
                book[COLLATERAL, a] += paid


@kernel
def pay_out_ended(
    bar: int,
    market: Market,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Pay out, at the last close and free of cost, positions in tickers whose last bar was the one before."""
    for a in range(book.shape[1]):
        if market.last_bar[a] != bar - 1:
            continue
        trade(a, -book[SHARES, a], book[MARK, a], BY_DELISTING, book, terms, account, count, post, records)
        if not np.isnan(book[ORDER_TARGET, a]):
            drop_order(bar, a, TICKER_ENDED, book, count, records)


@kernel
def drop_order(bar: int, a: int, reason: int, book: FloatArray, count: IntArray, records: Records) -> None:
    """Take a waiting order off the book, unfilled."""
    book[ORDER_TARGET, a] = np.nan
    count[N_PENDING] -= 1
    record_unfilled(bar * book.shape[1] + a, np.nan, reason, count, records)


@kernel
def drop_all_orders(bar: int, reason: int, book: FloatArray, count: IntArray, records: Records) -> None:
    """Take every waiting order off the book, unfilled."""
    if count[N_PENDING] == 0:
        return
    for a in range(book.shape[1]):
        if not np.isnan(book[ORDER_TARGET, a]):
            drop_order(bar, a, reason, book, count, records)


@kernel
def close_all(
    row: FloatArray,
    reason: int,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Close every position at `book[PRICE]`; those without a bar in `row` on ruin alone."""
    for a in range(book.shape[1]):
        if book[SHARES, a] != 0.0 and (reason == BY_RUIN or not np.isnan(row[a])):
            trade(a, -book[SHARES, a], book[PRICE, a], reason, book, terms, account, count, post, records)
