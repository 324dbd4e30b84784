"""What the kernels' arrays and numbers mean.

Everything that belongs together travels in a NamedTuple; what varies by asset is a row of one 2-D array, so that a call
passes few arguments. Money is in the account's currency, rates are fractions (not bps), times are bar positions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def _codes(how_many: int) -> tuple[int, ...]:
    # Plain integers would be literal types, and each literal argument another compilation of what it is passed to.
    codes: Any = np.arange(how_many, dtype=np.int64)
    return tuple(codes)


# Rows of `book`, each of shape (n_assets,).
SHARES = 0  # held, signed
MARK = 1  # last close, split-adjusted; 0 before the first bar
PRICE = 2  # price of the present event
WANT = 3  # shares that the present fills lead to; room to work in once they are booked
BASIS = 4  # signed cost of the position at reference prices; kept where terms.tracks_basis
COLLATERAL = 5  # equity set aside for the position; kept where terms.isolated
LAST_TARGET = 6  # last target that made an order
ORDER_TARGET = 7  # target of the waiting order, NaN without one
ORDER_EQUITY = 8  # equity when it was decided; kept where terms.size_at_signal
ORDER_PRICE = 9  # close when it was decided, split-adjusted; kept where terms.size_at_signal
BOOK_ROWS = 10

# Places in `account`.
CASH = 0  # net: cash less debt
EQUITY = 1  # at the last mark
DEBIT_DUE = 2  # interest that the next bar posts, signed like all postings
CREDIT_DUE = 3
BORROW_DUE = 4
NET = 5  # sum of q P and of |q| P at the present event's prices, when as many fills were booked as
GROSS = 6  # count[SUMMED_AT] says
ACCOUNT_PLACES = 7

# Places in `count`.
N_FILLS = 0
N_CALLS = 1
N_UNFILLED = 2
N_PENDING = 3
RUINED_AT = 4  # bar, or -1
N_HELD_HINT = 5  # 0 when nothing can be held
SUMMED_AT = 6
N_OWN_PRICES = 7
COUNT_PLACES = 8

# Columns of the posted costs, in the order of the costs frame.
FEES = 0
SLIPPAGE = 1
DEBIT_INTEREST = 2
CREDIT_INTEREST = 3
BORROW_FEE = 4
DIVIDENDS = 5
LIQUIDATION_FEE = 6
COST_KINDS = ("fees", "slippage", "debit_interest", "credit_interest", "borrow_fee", "dividends", "liquidation_fee")

# Columns of the curve.
CURVE_COLUMNS = ("equity", "cash", "debt", "positions_value", "gross_exposure", "leverage", "margin_headroom")

# Options, numbered as listed here.
FILL = ("next_open", "next_close", "same_close")
NEXT_OPEN, NEXT_CLOSE, SAME_CLOSE = 0, 1, 2
REBALANCE = ("on_change", "every_bar", "schedule")
ON_CHANGE, EVERY_BAR, ON_SCHEDULE = 0, 1, 2
CLOSE_AT_END = ("off", "last_open", "last_close")
END_OFF, LAST_OPEN, LAST_CLOSE = 0, 1, 2
CHECK = ("off", "close", "adverse_extreme")
CHECK_OFF, CHECK_CLOSE, CHECK_ADVERSE = 0, 1, 2
LIQUIDATE_TO = ("initial", "maintenance", "flat")
TO_INITIAL, TO_MAINTENANCE, TO_FLAT = 0, 1, 2

# Why an order was filled. DELISTED is a payout, not an order: it bears no cost.
FILL_REASONS = ("signal", "liquidation", "end_of_data", "delisted", "ruin")
BY_SIGNAL, BY_LIQUIDATION, BY_END, BY_DELISTING, BY_RUIN = _codes(5)

# Why shares were not filled.
UNFILLED_REASONS = ("insufficient_margin", "scaled_to_margin", "delisted", "end_of_data", "ruin")
NO_MARGIN, SCALED, TICKER_ENDED, DATA_ENDED, ACCOUNT_RUINED = _codes(5)

# When a margin call came.
CALL_KINDS = ("gap", "intrabar", "close")
AT_GAP, INTRABAR, AT_CLOSE = _codes(3)
# Columns of a margin call's record.
CALL_COLUMNS = (
    10  # bar, kind, asset or -1, theta, equity and gross and requirement before, sold, equity after, shortfall
)

FIRST_ASSET = _codes(1)[0]
REASON_STEP = 8  # keys of records hold the reason in their lowest digits to this base


class Market(NamedTuple):
    """Prices and events; float arrays are of shape (n_bars, n_assets), NaN where a ticker has no bar."""

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    dividend: FloatArray
    split: FloatArray
    has_action: BoolArray  # (n_bars,): some dividend or split
    has_end: BoolArray  # (n_bars,): the first bar without a ticker that has ended
    last_bar: IntArray  # (n_assets,)
    may_rebalance: BoolArray  # (n_bars,): the schedule's days; all of them without one


class Rates(NamedTuple):
    """Rates of the period from a bar to the next, each of shape (n_bars,)."""

    debit: FloatArray
    credit: FloatArray
    rebate: FloatArray
    borrow: FloatArray


class Terms(NamedTuple):
    """Execution, fees and margin as numbers."""

    fill: int
    rebalance: int
    close_at_end: int
    check: int
    liquidate_to: int
    size_at_signal: bool
    size_includes_fee: bool
    whole_shares: bool
    two_orders: bool
    isolated: bool
    largest_loss_first: bool
    reject: bool
    locked_proceeds: bool
    tracks_basis: bool
    has_share_fees: bool
    invested_fraction: float  # 1 - cash_buffer
    initial_cash: float
    fee_rate: float
    slippage_rate: float
    fee_per_share: float
    minimum_fee: float
    cap_fraction: float
    liquidation_rate: float
    initial_long: float
    initial_short: float
    maintenance_long: float
    maintenance_short: float
    tiers: FloatArray  # (n_tiers, 3): from_value, initial, maintenance


class Records(NamedTuple):
    """Growing buffers. Fills are in the order of their events; those of a bar begin at `first_fill[bar]`.

    A fill by a signal or at the end of the data is at the bar's open or close, as the terms say. All others, in the
    same order, have their reference prices in `own_price`. Small records matter: writing fresh memory is what a large
    backtest with daily orders does most.
    """

    first_fill: IntArray  # (n_bars + 1,)
    fill_key: NDArray[np.int32]  # asset * REASON_STEP + reason
    fill_shares: FloatArray  # signed
    own_price: FloatArray
    unfilled_key: IntArray  # (bar * n_assets + asset) * REASON_STEP + reason
    unfilled_shares: FloatArray
    calls: FloatArray  # (capacity, CALL_COLUMNS)
