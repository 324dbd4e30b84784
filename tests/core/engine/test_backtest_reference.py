"""The kernels against a ledger in plain Python, for fractional shares without margin, gaps included."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.engine.backtest import run_backtest

NO_MARGIN = MarginTerms(check="off", initial_long=0.0, initial_short=0.0, maintenance_long=0.0, maintenance_short=0.0)


@dataclass
class PlainLedger:
    """Cash, shares by ticker, and the curve; one order of events, no arrays, no options but those compared here."""

    fee: float
    slippage: float
    execution: ExecutionConfig
    cash: float
    shares: dict[str, float] = field(default_factory=dict)
    marks: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, float] = field(default_factory=dict)
    last_target: dict[str, float] = field(default_factory=dict)
    curve: list[float] = field(default_factory=list)

    def equity(self, prices: dict[str, float]) -> float:
        return self.cash + sum(q * prices.get(t, self.marks.get(t, 0.0)) for t, q in self.shares.items())

    def order(self, ticker: str, delta: float, price: float) -> None:
        paid = price * (1 + self.slippage) if delta > 0 else price * (1 - self.slippage)
        self.cash -= delta * paid + self.fee * abs(delta) * paid
        self.shares[ticker] = self.shares.get(ticker, 0.0) + delta

    def cost(self, ticker: str, delta: float, price: float) -> float:
        cash = self.cash
        self.order(ticker, delta, price)
        cost = cash - self.cash - delta * price
        self.order(ticker, -delta, price)
        self.cash = cash
        return cost

    def fill(self, prices: dict[str, float]) -> None:
        ready = {t: w for t, w in self.waiting.items() if t in prices}
        if self.execution.reversal == "two_orders":
            for ticker, target in ready.items():
                if self.shares.get(ticker, 0.0) * target < 0:
                    self.order(ticker, -self.shares[ticker], prices[ticker])
        equity = max(self.equity(prices), 0.0)
        sized = equity
        if self.execution.size_includes_fee:
            low, high = 0.0, equity
            for _ in range(200):
                sized = (low + high) / 2
                spent = sum(self.cost(t, self.delta(t, w, sized, prices), prices[t]) for t, w in ready.items())
                low, high = (sized, high) if sized + spent < equity else (low, sized)
        for ticker, delta in [(t, self.delta(t, w, sized, prices)) for t, w in ready.items()]:
            self.order(ticker, delta, prices[ticker])
            del self.waiting[ticker]

    def delta(self, ticker: str, target: float, equity: float, prices: dict[str, float]) -> float:
        wanted = target * (1 - self.execution.cash_buffer) * equity / prices[ticker]
        return wanted - self.shares.get(ticker, 0.0)

    def decide(self, targets: dict[str, float]) -> None:
        for ticker, target in targets.items():
            if self.execution.rebalance == "every_bar" or target != self.last_target.get(ticker, 0.0):
                self.waiting[ticker] = self.last_target[ticker] = target

    def run(self, panel: pd.DataFrame, signals: pd.Series, daily_rate: float) -> list[float]:
        last_seen = panel.reset_index().groupby("ticker")["timestamp"].max().to_dict()
        previous = None
        for now, bars in panel.groupby(level="timestamp"):
            bars = bars.droplevel("timestamp")
            opens, closes = bars["open"].to_dict(), bars["close"].to_dict()
            targets = signals.loc[now].dropna().to_dict()
            for ticker in [t for t, end in last_seen.items() if previous is not None and end == previous]:
                self.cash += self.shares.pop(ticker, 0.0) * self.marks[ticker]
                self.waiting.pop(ticker, None)
            if previous is not None:
                self.cash += min(self.debit, 0.0) * daily_rate * (now - previous).days
            if self.execution.fill == "next_open":
                self.fill(opens)
            self.marks.update(closes)
            if self.execution.fill == "next_close":
                self.fill(closes)
            self.decide(targets)
            if self.execution.fill == "same_close":
                self.fill(closes)
            self.debit = self.cash
            self.curve.append(self.equity(closes))
            previous = now
        return self.curve


def gappy_panel(seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    shape = (60, 4)
    close = 80 * np.exp(np.cumsum(random.normal(0.001, 0.02, shape), axis=0))
    opening = close * np.exp(random.normal(0, 0.01, shape))
    present = random.random(shape) > 0.1
    present[:, 0] = True
    present[40:, 3] = False
    index = pd.MultiIndex.from_product(
        [pd.bdate_range("2021-03-01", periods=60, tz="UTC"), list("ABCD")], names=["timestamp", "ticker"]
    )
    high, low = np.maximum(opening, close) * 1.01, np.minimum(opening, close) * 0.99
    values = {"open": opening, "high": high, "low": low, "close": close, "volume": np.ones(shape)}
    panel = pd.DataFrame({name: value.ravel() for name, value in values.items()}, index=index)
    return panel[present.ravel()]


@pytest.mark.parametrize("fill", ["next_open", "next_close", "same_close"])
@pytest.mark.parametrize("size_includes_fee", [True, False])
@pytest.mark.parametrize(("rebalance", "reversal"), [("on_change", "two_orders"), ("every_bar", "one_order")])
@pytest.mark.parametrize("seed", [1, 2])
def test_equity_equals_that_of_a_ledger_in_plain_python(
    fill: str, size_includes_fee: bool, rebalance: str, reversal: str, seed: int
) -> None:
    panel = gappy_panel(seed)
    random = np.random.default_rng(seed)
    signals = pd.Series(random.choice([np.nan, 0.0, 0.3, 0.5, -0.2], len(panel)), index=panel.index)
    execution = ExecutionConfig(
        fill=fill,
        size_includes_fee=size_includes_fee,
        rebalance=rebalance,
        reversal=reversal,
        close_at_end="off",
        cash_buffer=0.02,
    )
    rate, spread = 0.05, 0.015
    terms = BrokerTerms(
        FinancingTerms(np.full(60, rate), debit_spread_annual=spread),
        FeeTerms(fee_bps=12.0, slippage_bps=5.0),
        NO_MARGIN,
    )
    result = run_backtest(panel, signals, terms, execution)
    ledger = PlainLedger(fee=12e-4, slippage=5e-4, execution=execution, cash=100_000.0)
    expected = ledger.run(panel, signals, (rate + spread) / 360)
    np.testing.assert_allclose(result.equity["equity"], expected, rtol=1e-9)
