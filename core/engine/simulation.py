"""The simulation of targets on price arrays: what the kernels need is made here, and their records are taken.

1. Terms are checked and turned into numbers.
2. The bars at which something happens (dividends, splits, ended tickers, the schedule's days) are marked.
3. `run_ledger` walks the bars (its file says how).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms
from core.engine.account_rules import check_rules, days_to_next_bar, kernel_terms, period_rates
from core.engine.kernels.layout import (
    ACCOUNT_PLACES,
    BOOK_ROWS,
    CALL_COLUMNS,
    CASH,
    COST_KINDS,
    COUNT_PLACES,
    CURVE_COLUMNS,
    EQUITY,
    N_CALLS,
    N_FILLS,
    N_OWN_PRICES,
    N_UNFILLED,
    ORDER_TARGET,
    RUINED_AT,
    Market,
    Records,
)
from core.engine.kernels.ledger import FILLS_PER_ASSET, run_ledger
from core.engine.panel import PanelArrays

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Adjustment", "Simulation", "rebalance_days", "simulate"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)
Adjustment = Literal["raw", "splits", "total_return"]

_MOST_FILLS_RESERVED = 4_000_000  # 48 MB of address space, of which only what is used is ever touched


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a simulation recorded, as arrays (kernels/layout.py names columns and codes).

    Attributes
    ----------
    curve : ndarray of shape (n_bars, 7)
        At each close, after its fills: equity, cash, debt, positions_value, gross_exposure, leverage, margin_headroom.
    posted : ndarray of shape (n_bars, 7)
        Costs by kind, signed as they change equity.
    first_fill : ndarray of shape (n_bars + 1,)
        Number of the first fill of each bar; last, the number of fills.
    fill_key, fill_shares : ndarrays of shape (n_fills,)
        asset * 8 + reason, and signed shares, in the order of events.
    own_price : ndarray
        Reference prices (slippage not in them) of the fills that are neither by a signal nor at the end of the data, in
        the same order; all other fills are at opens or closes, as the execution says.
    unfilled_key, unfilled_shares : ndarrays of shape (n_unfilled,)
        (bar * n_assets + asset) * 8 + reason; shares not filled, NaN where the order was never sized.
    calls : ndarray of shape (n_calls, 10)
        Margin calls.
    ruined_at : int
        Bar of ruin, or -1.
    """

    curve: FloatArray
    posted: FloatArray
    first_fill: IntArray
    fill_key: NDArray[np.int32]
    fill_shares: FloatArray
    own_price: FloatArray
    unfilled_key: IntArray
    unfilled_shares: FloatArray
    calls: FloatArray
    ruined_at: int


def simulate(
    prices: PanelArrays,
    targets: FloatArray,
    terms: BrokerTerms,
    execution: ExecutionConfig,
    *,
    adjustment: Adjustment = "total_return",
) -> Simulation:
    """Simulate an account.

    Parameters
    ----------
    prices : PanelArrays
        A bar is there with all of its prices, or NaN in all of them.
    targets : ndarray of shape (n_bars, n_assets)
        Signed fraction of equity, decided at the bar's close, finite or NaN. NaN keeps the shares held; a target at a
        bar that the ticker does not have is ignored.
    terms : BrokerTerms
        `base_rate_annual` aligned with the bars.
    execution : ExecutionConfig
    adjustment : str
        What the prices are adjusted for: "raw" applies splits and dividends, "splits" dividends, "total_return"
        neither.

    Returns
    -------
    Simulation

    Raises
    ------
    BacktestError
        If the terms cannot be simulated.
    """
    n_bars, n_assets = targets.shape
    check_rules(terms, n_bars)
    market = _market(prices, execution, adjustment)
    rates = period_rates(terms.financing, days_to_next_bar(prices.timestamps))
    book, account, count = _opening_state(n_assets, execution.initial_cash)
    curve = np.empty((n_bars, len(CURVE_COLUMNS)))
    posted = np.zeros((n_bars, len(COST_KINDS)))
    records = _buffers(n_bars, n_assets)
    plain_targets, plain_terms = _plain(targets), kernel_terms(terms, execution)
    bar = 0
    while True:
        bar = run_ledger(bar, market, plain_targets, rates, plain_terms, book, account, count, curve, posted, records)
        if bar == n_bars:
            break
        records = _longer(records)
    return Simulation(
        curve=curve,
        posted=posted,
        first_fill=records.first_fill,
        fill_key=records.fill_key[: count[N_FILLS]],
        fill_shares=records.fill_shares[: count[N_FILLS]],
        own_price=records.own_price[: count[N_OWN_PRICES]],
        unfilled_key=records.unfilled_key[: count[N_UNFILLED]],
        unfilled_shares=records.unfilled_shares[: count[N_UNFILLED]],
        calls=records.calls[: count[N_CALLS]],
        ruined_at=int(count[RUINED_AT]),
    )


def _opening_state(n_assets: int, initial_cash: float) -> tuple[FloatArray, FloatArray, IntArray]:
    book = np.zeros((BOOK_ROWS, n_assets))
    book[ORDER_TARGET] = np.nan
    account = np.zeros(ACCOUNT_PLACES)
    account[[CASH, EQUITY]] = initial_cash
    count = np.zeros(COUNT_PLACES, dtype=np.int64)
    count[RUINED_AT] = -1
    return book, account, count


def _buffers(n_bars: int, n_assets: int) -> Records:
    few = 64 + 2 * FILLS_PER_ASSET * n_assets
    fills = min(2 * n_bars * n_assets, _MOST_FILLS_RESERVED) + few
    return Records(
        first_fill=np.zeros(n_bars + 1, dtype=np.int64),
        fill_key=np.empty(fills, dtype=np.int32),
        fill_shares=np.empty(fills),
        own_price=np.empty(few),
        unfilled_key=np.empty(few, dtype=np.int64),
        unfilled_shares=np.empty(few),
        calls=np.empty((few, CALL_COLUMNS)),
    )


def _longer(records: Records) -> Records:
    def grown(buffer: NDArray[Number]) -> NDArray[Number]:
        longer = np.empty((2 * buffer.shape[0], *buffer.shape[1:]), dtype=buffer.dtype)
        longer[: buffer.shape[0]] = buffer
        return longer

    return Records(
        first_fill=records.first_fill,
        fill_key=grown(records.fill_key),
        fill_shares=grown(records.fill_shares),
        own_price=grown(records.own_price),
        unfilled_key=grown(records.unfilled_key),
        unfilled_shares=grown(records.unfilled_shares),
        calls=grown(records.calls),
    )


def _market(prices: PanelArrays, execution: ExecutionConfig, adjustment: Adjustment) -> Market:
    n_bars, _ = prices.shape
    last_bar = _last_bars(prices.close)
    has_end = np.zeros(n_bars, dtype=np.bool_)
    has_end[last_bar[last_bar < n_bars - 1] + 1] = True
    split = np.ones_like(prices.split) if adjustment == "splits" else prices.split
    has_action = np.zeros(n_bars, dtype=np.bool_)
    if adjustment != "total_return":
        has_action = (prices.dividend != 0.0).any(axis=1) | (split != 1.0).any(axis=1)
    return Market(
        open=_plain(prices.open),
        high=_plain(prices.high),
        low=_plain(prices.low),
        close=_plain(prices.close),
        dividend=_plain(prices.dividend),
        split=_plain(split),
        has_action=has_action,
        has_end=has_end,
        last_bar=last_bar,
        may_rebalance=rebalance_days(prices.timestamps, execution),
    )


def _plain(array: FloatArray) -> FloatArray:
    # One memory layout means one compiled kernel; read-only arrays would be another.
    return np.require(array, dtype=np.float64, requirements=["C", "W"])


def _last_bars(close: FloatArray) -> IntArray:
    """Return the last bar of each asset; the last of all where an asset has none."""
    n_bars, n_assets = close.shape
    last = np.full(n_assets, n_bars - 1, dtype=np.int64)
    for asset in np.flatnonzero(np.isnan(close[-1])):
        present = np.flatnonzero(~np.isnan(close[:, asset]))
        if present.size:
            last[asset] = present[-1]
    return last


def rebalance_days(timestamps: pd.DatetimeIndex, execution: ExecutionConfig) -> NDArray[np.bool_]:
    """Return at which bars targets may become orders.

    A bar ends its month (week) when the next bar lies in another; calendars are published ahead, so this is no
    knowledge of prices. The last bar of all ends it when the next weekday lies in another.
    """
    if execution.schedule is None:
        return np.ones(len(timestamps), dtype=np.bool_)
    days = timestamps.tz_localize(None).as_unit("us").to_numpy().astype("datetime64[D]")
    following = np.append(days[1:], np.busday_offset(days[-1] + 1, 0, roll="forward"))
    if execution.schedule == "month_end":
        return np.asarray(days.astype("datetime64[M]") != following.astype("datetime64[M]"))
    # numpy counts weeks from Thursday 1970-01-01; three days earlier is a Monday.
    monday = np.timedelta64(3, "D")
    return np.asarray((days + monday).astype("datetime64[W]") != (following + monday).astype("datetime64[W]"))
