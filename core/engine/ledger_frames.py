"""The frames of a backtest, from the kernels' records.

Fees and slippage of a fill follow from its shares and its reference price by the formula of FeeTerms; the ledger posted
the same amounts, which a test holds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms
from core.engine.kernels.layout import (
    BY_DELISTING,
    BY_END,
    BY_LIQUIDATION,
    BY_SIGNAL,
    CALL_KINDS,
    COST_KINDS,
    CURVE_COLUMNS,
    FILL_REASONS,
    REASON_STEP,
    UNFILLED_REASONS,
)
from core.engine.kernels.round_trips import TRIP_COLUMNS, round_trips
from core.engine.panel import PanelArrays
from core.engine.simulation import Adjustment, Simulation

__all__ = ["FillNumbers", "calls_frame", "costs_frame", "curve_frame", "fills_frame", "trades_frame", "unfilled_frame"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class FillNumbers(NamedTuple):
    """The fills as arrays of shape (n_fills,): positions, reason code, signed shares, price with slippage, fees."""

    bar: IntArray
    asset: IntArray
    reason: IntArray
    shares: FloatArray
    price: FloatArray
    fees: FloatArray


def curve_frame(simulation: Simulation, prices: PanelArrays) -> pd.DataFrame:
    """Return the equity frame."""
    return _by_bar(simulation.curve, CURVE_COLUMNS, prices)


def costs_frame(simulation: Simulation, prices: PanelArrays) -> pd.DataFrame:
    """Return the costs frame."""
    return _by_bar(simulation.posted + 0.0, COST_KINDS, prices)


def fills_frame(
    simulation: Simulation, prices: PanelArrays, terms: BrokerTerms, execution: ExecutionConfig
) -> tuple[pd.DataFrame, FillNumbers]:
    """Return the fills frame, and the numbers that trades are made of."""
    asset, reason = np.divmod(simulation.fill_key.astype(np.int64), REASON_STEP)
    bar = np.repeat(np.arange(prices.shape[0]), np.diff(simulation.first_fill))
    shares = simulation.fill_shares
    reference = _reference_prices(simulation, prices, execution, bar, asset, reason)
    size = np.abs(shares)
    is_order = reason != BY_DELISTING
    rate = terms.fees.slippage_bps / 10_000.0 * is_order
    price = reference * (1.0 + np.sign(shares) * rate)
    fee = _fees(terms, size, price) * is_order
    liquidation_fee = terms.margin.liquidation_fee_bps / 10_000.0 * size * price * (reason == BY_LIQUIDATION)
    frame = pd.DataFrame(
        {
            "timestamp": prices.timestamps[bar],
            "ticker": _names(asset, prices.tickers),
            "side": _names((shares < 0.0).astype(np.int64), ("buy", "sell")),
            "shares": size,
            "price": price,
            "value": size * price,
            "fee": fee,
            "slippage": rate * size * reference,
            "liquidation_fee": liquidation_fee,
            "reason": _names(reason, FILL_REASONS),
        }
    )
    return frame, FillNumbers(bar, asset, reason, shares, price, fee + liquidation_fee)


def _reference_prices(
    simulation: Simulation,
    prices: PanelArrays,
    execution: ExecutionConfig,
    bar: IntArray,
    asset: IntArray,
    reason: IntArray,
) -> FloatArray:
    reference = (prices.open if execution.fill == "next_open" else prices.close)[bar, asset]
    at_end = reason == BY_END
    ends = prices.open if execution.close_at_end == "last_open" else prices.close
    reference[at_end] = ends[bar[at_end], asset[at_end]]
    reference[(reason != BY_SIGNAL) & ~at_end] = simulation.own_price
    return reference


def _fees(terms: BrokerTerms, size: FloatArray, price: FloatArray) -> FloatArray:
    fees = terms.fees
    value = size * price
    total = fees.fee_bps / 10_000.0 * value
    if fees.fee_per_share > 0.0 or fees.minimum_fee > 0.0:
        counted = np.maximum(fees.minimum_fee, fees.fee_per_share * size)
        total = total + np.minimum(counted, fees.cap_fraction * value)
    return total


def trades_frame(fills: FillNumbers, prices: PanelArrays, adjustment: Adjustment) -> pd.DataFrame:
    """Return the trades frame: round trips by exit and ticker."""
    split = prices.split if adjustment == "raw" else np.ones((1, 1))
    has_action = np.zeros(prices.shape[0], dtype=np.bool_)
    if adjustment != "total_return":
        split = prices.split if adjustment == "raw" else np.ones_like(prices.split)
        has_action = (prices.dividend != 0.0).any(axis=1) | (split != 1.0).any(axis=1)
    trips = np.zeros((len(fills.bar) + 1, TRIP_COLUMNS))
    done = round_trips(
        np.argsort(fills.asset, kind="stable"),
        fills.bar,
        fills.asset,
        fills.reason,
        np.ascontiguousarray(fills.shares),
        fills.price,
        fills.fees,
        split,
        prices.dividend,
        has_action,
        trips,
    )
    trips = trips[:done][np.lexsort((trips[:done, 0], trips[:done, 2]))]
    asset, first, last, side, shares, entry, exit_, fees, paid, reason = trips.T
    profit = side * (exit_ - entry) - fees + paid
    return pd.DataFrame(
        {
            "ticker": _names(asset.astype(np.int64), prices.tickers),
            "side": _names((side < 0.0).astype(np.int64), ("long", "short")),
            "entered_at": prices.timestamps[first.astype(np.int64)],
            "entry_price": entry / shares,
            "exited_at": prices.timestamps[last.astype(np.int64)],
            "exit_price": exit_ / shares,
            "shares": shares,
            "profit": profit,
            "fees": fees,
            "dividends": paid,
            "return": profit / entry,
            "bars_held": (last - first).astype(np.int64),
            "exit_reason": _names(reason.astype(np.int64), FILL_REASONS),
        }
    )


def calls_frame(simulation: Simulation, prices: PanelArrays) -> pd.DataFrame:
    """Return the margin calls frame."""
    bar, kind, asset, theta, equity, gross, required, sold, after, shortfall = simulation.calls.T
    return pd.DataFrame(
        {
            "timestamp": prices.timestamps[bar.astype(np.int64)],
            "kind": _names(kind.astype(np.int64), CALL_KINDS),
            "ticker": _names(asset.astype(np.int64), (*prices.tickers, None)),
            "theta": theta,
            "equity_before": equity,
            "gross_before": gross,
            "required_before": required,
            "sold_value": sold,
            "equity_after": after,
            "shortfall": shortfall,
        }
    )


def unfilled_frame(simulation: Simulation, prices: PanelArrays) -> pd.DataFrame:
    """Return the frame of what was not filled."""
    bar, asset, reason = _unpacked(simulation.unfilled_key, prices)
    return pd.DataFrame(
        {
            "timestamp": prices.timestamps[bar],
            "ticker": _names(asset, prices.tickers),
            "shares": simulation.unfilled_shares,
            "reason": _names(reason, UNFILLED_REASONS),
        }
    )


def _by_bar(table: FloatArray, columns: tuple[str, ...], prices: PanelArrays) -> pd.DataFrame:
    frame = pd.DataFrame(table, columns=list(columns))
    frame.insert(0, "timestamp", prices.timestamps)
    return frame


def _unpacked(key: IntArray, prices: PanelArrays) -> tuple[IntArray, IntArray, IntArray]:
    cell, reason = np.divmod(key, REASON_STEP)
    bar, asset = np.divmod(cell, prices.shape[1])
    return bar, asset, reason


def _names(codes: IntArray, names: tuple[str | None, ...]) -> pd.Series:
    return pd.Series(pd.array(list(names), dtype="str").take(codes))
