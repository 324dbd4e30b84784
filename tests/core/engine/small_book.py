"""A backtest of a few bars: prices, signals and terms in, fills out. Cash 1,000; costs and rates are zero unless named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.engine.backtest import BacktestResult, run_backtest

NAN = np.nan
Bar = tuple[float, float, float, float] | float | None

NO_FEES = FeeTerms()
REGULATION_T = MarginTerms()


def panel_of(columns: dict[str, list[Bar]], start: str = "2020-01-06", **extra: dict[str, list[float]]) -> pd.DataFrame:
    """Bars as (open, high, low, close) or one price for all four; None where there is no bar."""
    rows = {}
    for ticker, bars in columns.items():
        for day, bar in zip(pd.bdate_range(start, periods=len(bars), tz="UTC"), bars, strict=True):
            if bar is not None:
                rows[day, ticker] = bar if isinstance(bar, tuple) else (bar,) * 4
    index = pd.MultiIndex.from_tuples(list(rows), names=["timestamp", "ticker"])
    panel = pd.DataFrame(list(rows.values()), columns=["open", "high", "low", "close"], index=index, dtype=float)
    panel["volume"] = 1e6
    for name, values in extra.items():
        panel[name] = [values[ticker][i] for i, ticker in enumerate(index.get_level_values(1))]
    return panel.sort_index()


def run(
    panel: pd.DataFrame,
    signals: dict[str, list[float]],
    *,
    fees: FeeTerms = NO_FEES,
    margin: MarginTerms = REGULATION_T,
    financing: dict[str, object] | None = None,
    rate: float = 0.0,
    adjustment: str = "total_return",
    **execution: object,
) -> BacktestResult:
    days = panel.index.get_level_values("timestamp").unique()
    series = pd.Series(NAN, index=panel.index)
    for ticker, values in signals.items():
        for day, value in zip(days, values, strict=False):
            if (day, ticker) in panel.index:
                series[day, ticker] = value
    terms = BrokerTerms(FinancingTerms(np.full(len(days), rate), **(financing or {})), fees, margin)
    config = ExecutionConfig(**{"initial_cash": 1000.0, "close_at_end": "off", **execution})
    return run_backtest(panel, series, terms, config, adjustment=adjustment)


def fills(result: BacktestResult) -> list[tuple[str, float, float]]:
    table = result.fills
    return list(zip(table["side"], table["shares"].round(9), table["price"].round(9), strict=True))


RISING = {"A": [100.0, (110.0, 120.0, 105.0, 120.0), 120.0, 120.0]}
