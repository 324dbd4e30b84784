"""Figures that are counted from an account's books: exposure, turnover, costs, trades, fills, margin calls.

Exposure and leverage are read at the bars' closes, before a ruin; in between they may have been higher.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["COST_KINDS", "book_figures"]

Figures = dict[str, float | None]

COST_KINDS = ("fees", "slippage", "debit_interest", "credit_interest", "borrow_fee", "liquidation_fee")
"""Kinds of postings that are costs; dividends are the one kind that is not."""

_LIQUIDATION = "liquidation"


def book_figures(
    equity: pd.DataFrame,
    n_alive: int,
    trades: pd.DataFrame | None,
    fills: pd.DataFrame | None,
    costs: pd.DataFrame | None,
    margin_calls: pd.DataFrame | None,
    unfilled: pd.DataFrame | None,
    years: float,
) -> Figures:
    """Return the figures of the books that are given.

    Parameters
    ----------
    equity : DataFrame of shape (n_bars, ...)
        The curve, with or without the account's columns.
    n_alive : int
        Bars up to a ruin, that one included.
    trades, fills, costs, margin_calls, unfilled : DataFrame or None
        As in BacktestResult.
    years : float
        How long the curve lasts.
    """
    figures: Figures = {}
    if "gross_exposure" in equity:
        figures |= _exposure(equity.iloc[:n_alive])
    if fills is not None:
        figures |= _fills(fills, equity["equity"].to_numpy(dtype=np.float64)[:n_alive], years)
    if trades is not None:
        figures |= _trades(trades)
    if costs is not None:
        figures |= _costs(costs)
    if margin_calls is not None:
        figures["n_margin_calls"] = float(len(margin_calls))
    if unfilled is not None:
        figures["n_unfilled"] = float(len(unfilled))
    return figures


def _exposure(alive: pd.DataFrame) -> Figures:
    equity = alive["equity"].to_numpy(dtype=np.float64)
    has_equity = equity > 0.0
    leverage = alive["gross_exposure"].to_numpy(dtype=np.float64)[has_equity] / equity[has_equity]
    is_invested = leverage > 0.0
    figures: Figures = {
        "exposure": _mean(leverage),
        "time_in_market": _mean(is_invested.astype(np.float64)),
        "leverage_mean": _mean(leverage[is_invested]),
        "leverage_max": float(leverage.max()) if len(leverage) else None,
    }
    if "margin_headroom" in alive:
        headroom = alive["margin_headroom"].to_numpy(dtype=np.float64)[has_equity] / equity[has_equity]
        figures["margin_headroom_min"] = float(headroom.min()) if len(headroom) else None
    return figures


def _fills(fills: pd.DataFrame, equity: NDArray[np.float64], years: float) -> Figures:
    traded = float(fills["value"].sum())
    mean_equity = float(equity.mean())
    is_defined = mean_equity > 0.0 and years > 0.0
    return {
        "n_fills": float(len(fills)),
        "n_liquidations": float((fills["reason"] == _LIQUIDATION).sum()),
        "traded_value": traded,
        "turnover_annual": traded / 2.0 / mean_equity / years if is_defined else None,
    }


def _trades(trades: pd.DataFrame) -> Figures:
    profit = trades["profit"].to_numpy(dtype=np.float64)
    gained, lost = float(profit[profit > 0.0].sum()), -float(profit[profit < 0.0].sum())
    return {
        "n_trades": float(len(trades)),
        "win_rate": _mean((profit > 0.0).astype(np.float64)),
        "profit_factor": gained / lost if lost > 0.0 else None,
        "average_trade_profit": _mean(profit),
        "average_trade_return": _mean(trades["return"].to_numpy(dtype=np.float64)),
        "average_trade_bars": _mean(trades["bars_held"].to_numpy(dtype=np.float64)),
    }


def _costs(costs: pd.DataFrame) -> Figures:
    # Postings are the account's: what it pays is negative. A cost is what was paid.
    paid = {kind: -float(costs[kind].sum()) for kind in COST_KINDS}
    return {
        **{f"cost_{kind}": amount for kind, amount in paid.items()},
        "cost_total": sum(paid.values()),
        "dividends_received": float(costs["dividends"].sum()),
    }


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if len(values) else None
