"""From targets to fills.

1. `decide` turns a bar's targets into waiting orders. An order waits for its ticker's next bar.
2. `fill_orders` fills all waiting orders whose ticker has a bar, together, at one price each:
   a. two_orders: positions that change their side are closed first, with their fee;
   b. the shares wanted are those of the targets once costs are paid, so that a target of 2 is 2 after costs
      (order_sizes.py);
   c. where that is more than initial margin allows, increases are scaled or rejected (initial_margin.py);
   d. fills are booked;
   e. isolated positions get the equity that is set aside for what was opened or increased (`set_aside`).
"""

from __future__ import annotations

import numpy as np

from core.engine.kernels.compilation import kernel, summation
from core.engine.kernels.initial_margin import (
    MARGIN_TOLERANCE,
    TINY,
    cost_toward,
    initial_requirement,
    keep_to_initial_margin,
    reduced_shares,
)
from core.engine.kernels.layout import (
    BY_SIGNAL,
    CASH,
    COLLATERAL,
    EQUITY,
    FEES,
    LAST_TARGET,
    MARK,
    N_FILLS,
    N_HELD_HINT,
    N_PENDING,
    ON_CHANGE,
    ORDER_EQUITY,
    ORDER_PRICE,
    ORDER_TARGET,
    PRICE,
    REASON_STEP,
    SHARES,
    SLIPPAGE,
    WANT,
    FloatArray,
    IntArray,
    Records,
    Terms,
)
from core.engine.kernels.order_sizes import bps_cost, fee_share_at_signal, size_at_fill, want_at_signal
from core.engine.kernels.positions import initial_rate, net_and_gross, present_sums, trade
from core.engine.kernels.requirements import isolated_equity


@kernel
def decide(
    targets: FloatArray, close: FloatArray, book: FloatArray, terms: Terms, account: FloatArray, count: IntArray
) -> None:
    """Make waiting orders of the targets of a bar at which trading is scheduled."""
    made = place_orders(
        targets, close, book[SHARES], book[LAST_TARGET], book[ORDER_TARGET], terms.rebalance == ON_CHANGE
    )
    count[N_PENDING] += made
    if made > 0 and terms.size_at_signal:
        for a in range(targets.size):
            # An order that waited from before has no close here: it waits because its ticker has no bar.
            if not (np.isnan(book[ORDER_TARGET, a]) or np.isnan(close[a])):
                book[ORDER_EQUITY, a] = account[EQUITY]
                book[ORDER_PRICE, a] = book[MARK, a]


@summation
def place_orders(
    targets: FloatArray, close: FloatArray, shares: FloatArray, last: FloatArray, waiting: FloatArray, on_change: bool
) -> int:
    """Write the targets that ask for a trade into `waiting`; return how many."""
    made = 0
    for a in range(targets.size):
        target = targets[a]
        known = last[a] if on_change else (0.0 if shares[a] == 0.0 else np.nan)
        asks = (target == target) & (close[a] == close[a]) & (target != known)
        last[a] = target if asks else last[a]
        waiting[a] = target if asks else waiting[a]
        made += 1 if asks else 0
    return made


@kernel
def fill_orders(
    bar: int,
    row: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Fill the waiting orders at `book[PRICE]`, all together."""
    spent = 0.0
    if terms.two_orders:
        spent = close_reversals(row, book, terms, account, count, post, records)
    net, gross = present_sums(book[PRICE], book, account, count)
    equity = account[CASH] + net
    invested = terms.invested_fraction * max(equity, 0.0)
    if terms.size_at_signal:
        share = fee_share_at_signal(row, book, terms, equity, spent) if terms.size_includes_fee else 1.0
        want_at_signal(row, book, terms, share, spent)
    else:
        size_at_fill(row, book, terms, equity, invested)
    traded, net_change, gross_change = change_sums(book[SHARES], book[WANT], book[PRICE])
    cost = bps_cost(traded, net_change, terms)
    if terms.has_share_fees:
        cost = cost_toward(1.0, 1.0, row, book, terms)
    required = initial_requirement(net + net_change, gross + gross_change, book, terms)
    if required > equity - cost + MARGIN_TOLERANCE * abs(equity):
        keep_to_initial_margin(bar, row, book, terms, account[CASH], count, records)
    if terms.has_share_fees or terms.tracks_basis:
        book_fills_one_by_one(row, book, terms, account, count, post, records)
        if terms.isolated:
            after = account[CASH] + net_and_gross(book[SHARES], book[PRICE])[0]
            set_aside(after if terms.size_includes_fee else equity, book, terms)
    else:
        book_fills_together(row, book, terms, account, count, post, records)


@kernel
def close_reversals(
    row: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> float:
    """Close the positions whose orders change their side; return what that cost."""
    cash_and_value = 0.0
    if reversals(row, book[SHARES], book[ORDER_TARGET]) == 0:
        return cash_and_value
    for a in range(row.size):
        held = book[SHARES, a]
        if held * book[ORDER_TARGET, a] < 0.0 and not np.isnan(row[a]):
            before = account[CASH]
            trade(a, -held, book[PRICE, a], BY_SIGNAL, book, terms, account, count, post, records)
            cash_and_value += before + held * book[PRICE, a] - account[CASH]
    return cash_and_value


@summation
def reversals(row: FloatArray, shares: FloatArray, target: FloatArray) -> int:
    """Return how many orders change the side of their position."""
    found = 0
    for a in range(row.size):
        found += 1 if (shares[a] * target[a] < 0.0) & (row[a] == row[a]) else 0
    return found


@summation
def change_sums(shares: FloatArray, want: FloatArray, price: FloatArray) -> tuple[float, float, float]:
    """Return the sums of |dV|, of dV, and of the change in |V|."""
    traded = 0.0
    net = 0.0
    gross = 0.0
    for a in range(shares.size):
        delta = (want[a] - shares[a]) * price[a]
        traded += abs(delta)
        net += delta
        gross += (abs(want[a]) - abs(shares[a])) * price[a]
    return traded, net, gross


@kernel
def book_fills_together(
    row: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Book the fills where every fee is in bps: cash and costs come from sums."""
    shares, want, target, price = book[SHARES], book[WANT], book[ORDER_TARGET], book[PRICE]
    keys, filled_shares = records.fill_key, records.fill_shares
    filled = count[N_FILLS]
    done = 0
    traded = 0.0
    net = 0.0
    for a in range(row.size):
        if np.isnan(target[a]) or np.isnan(row[a]):
            continue
        target[a] = np.nan
        done += 1
        delta = want[a] - shares[a]
        if abs(delta) <= TINY * abs(want[a]):
            continue
        value = delta * price[a]
        net += value
        traded += abs(value)
        shares[a] = want[a]
        keys[filled] = a * REASON_STEP + BY_SIGNAL
        filled_shares[filled] = delta
        filled += 1
    slip = terms.slippage_rate * traded
    fee = terms.fee_rate * (traded + terms.slippage_rate * net)
    account[CASH] -= net + slip + fee
    post[SLIPPAGE] -= slip
    post[FEES] -= fee
    count[N_FILLS] = filled
    count[N_PENDING] -= done
    count[N_HELD_HINT] = 1


@kernel
def book_fills_one_by_one(
    row: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Book the fills where fees count shares or the positions' cost is followed; leave increases' values in WANT."""
    for a in range(row.size):
        held, want = book[SHARES, a], book[WANT, a]
        book[WANT, a] = 0.0
        if np.isnan(book[ORDER_TARGET, a]) or np.isnan(row[a]):
            continue
        book[ORDER_TARGET, a] = np.nan
        count[N_PENDING] -= 1
        delta = want - held
        if abs(delta) <= TINY * abs(want):
            continue
        book[WANT, a] = abs(want - reduced_shares(held, want)) * book[PRICE, a]
        trade(a, delta, book[PRICE, a], BY_SIGNAL, book, terms, account, count, post, records)
        book[SHARES, a] = want


@kernel
def set_aside(equity: float, book: FloatArray, terms: Terms) -> None:
    """Give isolated positions the equity behind the increases just booked, whose values are in `book[WANT]`.

    Equity that no position has yet is shared in proportion to the increases, up to their value; and a position that
    was increased has k V at least. So a position alone in the account has V / L, L its leverage, and one that borrows
    nothing has all of its value.
    """
    free = equity
    added = 0.0
    for a in range(book.shape[1]):
        added += book[WANT, a]
        if book[SHARES, a] != 0.0:
            free -= isolated_equity(a, book[PRICE, a], book)
    if added <= 0.0:
        return
    share = min(max(free, 0.0) / added, 1.0)
    for a in range(book.shape[1]):
        if book[WANT, a] > 0.0:
            held, price = book[SHARES, a], book[PRICE, a]
            value = abs(held) * price
            missing = initial_rate(held, value, terms) * value - isolated_equity(a, price, book)
            book[COLLATERAL, a] += max(share * book[WANT, a], missing)
