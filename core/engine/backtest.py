"""The leveraged backtest: a panel and signals in, the books of an account out.

1. The panel becomes dense arrays, the signals a table of targets beside them.
2. `simulate` walks the bars (kernels/ledger.py lists what happens in a bar).
3. The records become frames (ledger_frames.py).

docs/leverage_and_margin.md gives the formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd

from core.base.errors import BacktestError
from core.engine.ledger_frames import (
    calls_frame,
    costs_frame,
    curve_frame,
    fills_frame,
    trades_frame,
    unfilled_frame,
)
from core.engine.panel import PanelArrays, panel_arrays
from core.engine.simulation import Adjustment, simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.config.sections import ExecutionConfig
    from core.contracts.broker_terms import BrokerTerms

__all__ = ["BacktestResult", "run_backtest"]


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """The books of a simulated account; every frame has a RangeIndex.

    Attributes
    ----------
    equity : DataFrame, one row a bar
        timestamp; at the close, after its fills: equity, cash, debt, positions_value, gross_exposure, leverage (gross
        over equity), margin_headroom (equity less maintenance; of isolated positions, the least). Equity is cash - debt
        + positions_value. The curve does not hold the initial equity: `initial_equity` does.
    trades : DataFrame, one row a round trip, by exit and ticker
        ticker, side ("long", "short"), entered_at, entry_price, exited_at, exit_price (averages, slippage included, in
        shares of the exit), shares, profit (fees, slippage and dividends included; interest and borrow fees are the
        account's), fees, return (profit over entry value), bars_held, exit_reason. Positions open at the end are in no
        row.
    fills : DataFrame, one row an order filled
        timestamp, ticker, side ("buy", "sell"), shares (positive), price (slippage included), value (shares times
        price), fee, slippage, liquidation_fee (all three positive), reason.
    costs : DataFrame, one row a bar
        timestamp, and a column for each kind, signed as it changes equity: what is paid is negative.
    margin_calls : DataFrame, one row a call
        timestamp, kind ("gap", "intrabar", "close"), ticker (of an isolated position), theta (part of the way from
        opens to adverse extremes; NaN at a close), equity_before, gross_before, required_before, sold_value,
        equity_after, shortfall (still missing to maintenance after the sale).
    unfilled : DataFrame, one row an order or a part of one
        timestamp, ticker, shares (signed; NaN where it was never sized), reason.
    ruined_at : Timestamp or None
        Bar at which equity was gone and trading ended.
    debt_after_ruin : float
        What is owed then; the curve stays at minus this.
    initial_equity : float
        Equity before the first bar.
    """

    equity: pd.DataFrame
    trades: pd.DataFrame
    fills: pd.DataFrame
    costs: pd.DataFrame
    margin_calls: pd.DataFrame
    unfilled: pd.DataFrame
    ruined_at: pd.Timestamp | None
    debt_after_ruin: float
    initial_equity: float


def run_backtest(
    panel: pd.DataFrame,
    signals: pd.Series,
    terms: BrokerTerms,
    execution: ExecutionConfig,
    *,
    adjustment: Adjustment = "total_return",
) -> BacktestResult:
    """Simulate an account that follows signals.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts, index (timestamp, ticker).
    signals : Series
        On the panel's index or a part of it: signed target as a fraction of equity, decided at that bar's close. NaN,
        or no row, keeps the shares held.
    terms : BrokerTerms
        `base_rate_annual` aligned with the panel's sorted unique timestamps.
    execution : ExecutionConfig
    adjustment : str
        What the prices are adjusted for: "raw" applies splits and dividends, "splits" dividends, "total_return"
        neither.

    Returns
    -------
    BacktestResult

    Raises
    ------
    BacktestError
        If the panel has no row; if signals are infinite, not numbers, repeated or outside the panel; if terms
        contradict themselves; if fees count shares and prices are adjusted for splits or dividends.
    """
    if adjustment not in get_args(Adjustment):
        raise BacktestError(f"adjustment is {adjustment!r}; it must be one of {', '.join(get_args(Adjustment))}.")
    if panel.empty:
        raise BacktestError("The panel has no bars; there is nothing to simulate. Check dates and tickers.")
    if terms.needs_real_shares and adjustment != "raw":
        raise BacktestError(
            f"The broker's fees count shares, and adjusted prices (adjustment {adjustment}) are not the prices of the "
            "shares of their day, so that their count is another. Use adjustment raw, or tell the broker to "
            "allow_adjusted_shares."
        )
    prices = panel_arrays(panel)
    simulation = simulate(prices, _targets(prices, signals), terms, execution, adjustment=adjustment)
    fills, numbers = fills_frame(simulation, prices, terms, execution)
    ruined = simulation.ruined_at
    return BacktestResult(
        equity=curve_frame(simulation, prices),
        trades=trades_frame(numbers, prices, adjustment),
        fills=fills,
        costs=costs_frame(simulation, prices),
        margin_calls=calls_frame(simulation, prices),
        unfilled=unfilled_frame(simulation, prices),
        ruined_at=prices.timestamps[ruined] if ruined >= 0 else None,
        debt_after_ruin=float(simulation.curve[-1, 2]) if ruined >= 0 else 0.0,
        initial_equity=float(execution.initial_cash),
    )


def _targets(prices: PanelArrays, signals: pd.Series) -> NDArray[np.float64]:
    targets = np.full(prices.shape, np.nan)
    if signals.empty:
        return targets
    if not isinstance(signals.index, pd.MultiIndex) or signals.index.nlevels != 2:
        raise BacktestError("Signals must be indexed by (timestamp, ticker), as the panel is.")
    if not pd.api.types.is_numeric_dtype(signals.dtype):
        raise BacktestError(f"Signals are of type {signals.dtype}; they must be numbers (float64).")
    values = signals.to_numpy(dtype=np.float64, na_value=np.nan)
    bars, assets = prices.locate(signals.index)
    cells = bars * prices.shape[1] + assets
    if len(cells) > 1 and not (np.diff(cells) > 0).all() and len(np.unique(cells)) < len(cells):
        twice = signals.index[signals.index.duplicated()][0]
        raise BacktestError(f"Signals hold {twice[1]} at {twice[0]} twice; keep one row for each bar and ticker.")
    bad = np.flatnonzero(np.isinf(values) | (~np.isnan(values) & np.isnan(prices.close[bars, assets])))
    if bad.size:
        timestamp, ticker = signals.index[int(bad[0])]
        raise BacktestError(
            f"The signal of {ticker} at {timestamp} is {values[bad[0]]}, where "
            + ("it must be finite or NaN." if np.isinf(values[bad[0]]) else "the panel has no bar of it. Leave it out.")
        )
    targets[bars, assets] = values
    return targets
