"""The account, bar by bar.

A bar, in this order:
1. splits change shares, dividends credit longs and debit shorts, tickers that have ended are paid out at their last
   close;
2. interest and borrow fees since the last bar are posted, on the balances at the end of that bar and its rates;
3. positions held from before are judged at the opens (the gap check);
4. orders for the open are filled; close_at_end last_open;
5. positions now held are judged on their way to the adverse extremes;
6. check "close": positions are judged at the closes;
7. orders for the close are filled; close_at_end last_close;
8. mark; an account without equity is ruined: everything is closed, and nothing happens after;
9. the targets of the bar become orders (with same_close they are filled at once), and the next interest is reckoned.
"""

from __future__ import annotations

from core.engine.kernels.compilation import entry_point, kernel
from core.engine.kernels.layout import (
    ACCOUNT_RUINED,
    AT_CLOSE,
    AT_GAP,
    BORROW_DUE,
    BORROW_FEE,
    BY_END,
    BY_RUIN,
    CASH,
    CHECK_ADVERSE,
    CHECK_CLOSE,
    CREDIT_DUE,
    CREDIT_INTEREST,
    DATA_ENDED,
    DEBIT_DUE,
    DEBIT_INTEREST,
    EQUITY,
    INTRABAR,
    LAST_CLOSE,
    LAST_OPEN,
    MARK,
    N_CALLS,
    N_FILLS,
    N_HELD_HINT,
    N_OWN_PRICES,
    N_PENDING,
    N_UNFILLED,
    NEXT_CLOSE,
    NEXT_OPEN,
    PRICE,
    RUINED_AT,
    SAME_CLOSE,
    FloatArray,
    IntArray,
    Market,
    Rates,
    Records,
    Terms,
)
from core.engine.kernels.margin import MAX_SALES, check_at_prices, check_inside_bar
from core.engine.kernels.orders import decide, fill_orders
from core.engine.kernels.positions import (
    close_all,
    copy_row,
    corporate_actions,
    drop_all_orders,
    pay_out_ended,
    present_sums,
    set_marks,
    set_prices,
)
from core.engine.kernels.requirements import headroom

FILLS_PER_ASSET = MAX_SALES + 10  # the most that one bar can bring


@entry_point
def run_ledger(
    start: int,
    market: Market,
    targets: FloatArray,
    rates: Rates,
    terms: Terms,
    book: FloatArray,
    account: FloatArray,
    count: IntArray,
    curve: FloatArray,
    posted: FloatArray,
    records: Records,
) -> int:
    """Walk the bars from `start`; return the next bar: n_bars, or earlier where `records` might not hold its events.

    Rows of `curve` (n_bars, 7) and `posted` (n_bars, 7; zero at first) are written. With longer buffers, a second call
    goes on from the bar returned.
    """
    n_bars, n_assets = targets.shape
    for bar in range(start, n_bars):
        records.first_fill[bar] = count[N_FILLS]
        if count[RUINED_AT] >= 0:
            copy_row(curve[bar - 1], curve[bar])
            continue
        if not has_room(records, count, FILLS_PER_ASSET * n_assets):
            return bar
        post = posted[bar]
        begin_bar(bar, market, book, terms, account, count, post, records)
        trade_at_open(bar, market, book, terms, account, count, post, records)
        trade_at_close(bar, market, book, terms, account, count, post, records)
        mark(bar, market.close[bar], book, terms, account, count, post, records)
        if count[RUINED_AT] < 0:
            end_bar(bar, market, targets, book, terms, account, count, post, records)
        write_curve(bar, book, rates, terms, account, count, curve)
    records.first_fill[n_bars] = count[N_FILLS]
    return int(n_bars)


@kernel
def has_room(records: Records, count: IntArray, room: int) -> bool:
    """Tell whether the buffers hold `room` more of everything."""
    return bool(
        count[N_FILLS] + room <= records.fill_key.size
        and count[N_OWN_PRICES] + room <= records.own_price.size
        and count[N_UNFILLED] + room <= records.unfilled_key.size
        and count[N_CALLS] + room <= records.calls.shape[0]
    )


@kernel
def begin_bar(
    bar: int,
    market: Market,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Steps 1 and 2."""
    if market.has_action[bar]:
        corporate_actions(bar, market, book, terms, account, post)
    if market.has_end[bar]:
        pay_out_ended(bar, market, book, terms, account, count, post, records)
    post[DEBIT_INTEREST] += account[DEBIT_DUE]
    post[CREDIT_INTEREST] += account[CREDIT_DUE]
    post[BORROW_FEE] += account[BORROW_DUE]
    account[CASH] += account[DEBIT_DUE] + account[CREDIT_DUE] + account[BORROW_DUE]


@kernel
def trade_at_open(
    bar: int,
    market: Market,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Steps 3 to 5."""
    row = market.open[bar]
    fills = terms.fill == NEXT_OPEN and count[N_PENDING] > 0
    closes = terms.close_at_end == LAST_OPEN and bar == market.close.shape[0] - 1
    checks = terms.check == CHECK_ADVERSE
    if not (fills or closes or (checks and count[N_HELD_HINT] > 0)):
        return
    set_prices(row, book, account, count)
    if checks and count[N_HELD_HINT] > 0:
        check_at_prices(bar, AT_GAP, row, book, terms, account, count, post, records)
    if closes:
        close_all(row, BY_END, book, terms, account, count, post, records)
        drop_all_orders(bar, DATA_ENDED, book, count, records)
    elif fills:
        fill_orders(bar, row, book, terms, account, count, post, records)
    if checks and count[N_HELD_HINT] > 0:
        check_inside_bar(
            bar, INTRABAR, row, market.low[bar], market.high[bar], book, terms, account, count, post, records
        )


@kernel
def trade_at_close(
    bar: int,
    market: Market,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Steps 6 and 7."""
    row = market.close[bar]
    last = bar == market.close.shape[0] - 1
    set_marks(row, book, account, count)
    fills = terms.fill == NEXT_CLOSE and count[N_PENDING] > 0
    closes = last and terms.close_at_end == LAST_CLOSE
    checks = terms.check == CHECK_CLOSE and count[N_HELD_HINT] > 0
    if not (fills or closes or checks):
        return
    copy_row(book[MARK], book[PRICE])
    if checks:
        check_at_prices(bar, AT_CLOSE, row, book, terms, account, count, post, records)
    if closes:
        close_all(row, BY_END, book, terms, account, count, post, records)
        drop_all_orders(bar, DATA_ENDED, book, count, records)
    elif fills:
        fill_orders(bar, row, book, terms, account, count, post, records)


@kernel
def mark(
    bar: int,
    row: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Step 8."""
    net, gross = present_sums(book[MARK], book, account, count)
    account[EQUITY] = account[CASH] + net
    count[N_HELD_HINT] = 1 if gross > 0.0 else 0
    if account[EQUITY] > 0.0:
        return
    copy_row(book[MARK], book[PRICE])
    close_all(row, BY_RUIN, book, terms, account, count, post, records)
    drop_all_orders(bar, ACCOUNT_RUINED, book, count, records)
    account[EQUITY] = account[CASH]
    count[N_HELD_HINT] = 0
    count[RUINED_AT] = bar


@kernel
def end_bar(
    bar: int,
    market: Market,
    targets: FloatArray,
    book: FloatArray,
    terms: Terms,
    account: FloatArray,
    count: IntArray,
    post: FloatArray,
    records: Records,
) -> None:
    """Step 9, but for interest."""
    last = bar == market.close.shape[0] - 1
    row = market.close[bar]
    if market.may_rebalance[bar]:
        decide(targets[bar], row, book, terms, account, count)
    if terms.fill == SAME_CLOSE and count[N_PENDING] > 0 and not (last and terms.close_at_end != 0):
        copy_row(book[MARK], book[PRICE])
        fill_orders(bar, row, book, terms, account, count, post, records)
        mark(bar, row, book, terms, account, count, post, records)
    if last:
        drop_all_orders(bar, DATA_ENDED, book, count, records)


@kernel
def write_curve(
    bar: int, book: FloatArray, rates: Rates, terms: Terms, account: FloatArray, count: IntArray, curve: FloatArray
) -> None:
    """Write the bar's point of the curve, and reckon the interest that the next bar posts."""
    net, gross = present_sums(book[MARK], book, account, count)
    shorts = 0.5 * (gross - net)
    locked = shorts if terms.locked_proceeds else 0.0
    free = account[CASH] - locked
    debt = max(-free, 0.0)
    credit = max(free, 0.0)
    equity = account[CASH] + net
    point = curve[bar]
    point[0] = equity
    point[1] = credit + locked
    point[2] = debt
    point[3] = net
    point[4] = gross
    point[5] = gross / equity if gross > 0.0 else 0.0
    point[6] = headroom(net, gross, book[MARK], book, terms, account)
    account[DEBIT_DUE] = -debt * rates.debit[bar]
    account[CREDIT_DUE] = credit * rates.credit[bar] + locked * rates.rebate[bar]
    account[BORROW_DUE] = -shorts * rates.borrow[bar]
