"""The label's breach of an isolated position beside the ledger's margin call of the very same position.

Twice the equity in one share bought at 100, maintenance 25 %: half of its value stands behind it, so that it is called
at 100 (1 - 1/2) / (1 - .25) = 66.67, and a short at 100 (1 + 1/2) / (1 + .30) = 115.38. Initial margin is 40 %: it is
not what is set aside.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.engine.backtest import run_backtest
from plugins.labelers.leverage_opportunity import LeverageOpportunity

TRIGGER = {"long": 50.0 / 0.75, "short": 150.0 / 1.3}
FEES = FeeTerms(fee_bps=20.0, slippage_bps=10.0, fee_per_share=0.01)


def panel_of(extreme: float, dividend: float = 0.0) -> pd.DataFrame:
    """Six sessions at 100; the fifth reaches `extreme`, the fourth pays a dividend."""
    timestamps = pd.bdate_range("2024-01-01", periods=6, tz="UTC").as_unit("us")
    index = pd.MultiIndex.from_product([timestamps, ["AAA"]], names=["timestamp", "ticker"])
    panel = pd.DataFrame(100.0, index=index, columns=["open", "high", "low", "close", "volume"])
    panel.iloc[4, panel.columns.get_loc("low" if extreme < 100.0 else "high")] = extreme
    panel["dividend"], panel["split"] = 0.0, 1.0
    panel.iloc[3, panel.columns.get_loc("dividend")] = dividend
    return panel


def terms_of(account: str, fees: FeeTerms, rate: float) -> BrokerTerms:
    margin = MarginTerms(account=account, initial_long=0.4, initial_short=0.4, liquidate_to="flat")
    return BrokerTerms(FinancingTerms(np.full(6, rate), debit_spread_annual=0.02, borrow_fee_annual=0.3), fees, margin)


def label_of(panel: pd.DataFrame, terms: BrokerTerms, side: str) -> pd.Series:
    params = LeverageOpportunity.Params(leverage=2.0, horizon_bars=4, hurdle=0.0, side=side)
    return LeverageOpportunity("label", params).label(panel, terms=terms).iloc[0]


def books_of(panel: pd.DataFrame, terms: BrokerTerms, side: str, **execution: bool):
    signals = pd.Series(np.nan, index=panel.index)
    signals.iloc[0] = 2.0 if side == "long" else -2.0
    return run_backtest(panel, signals, terms, ExecutionConfig(close_at_end="off", **execution), adjustment="raw")


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize(("fees", "rate"), [(FeeTerms(), 0.0), (FEES, 0.2)], ids=["no fees", "fees and a high rate"])
@pytest.mark.parametrize("dividend", [0.0, 1.5])
@pytest.mark.parametrize(("distance", "breach"), [(0.001, 0.0), (-0.001, 1.0)], ids=["above", "below"])
def test_the_label_breaches_where_the_ledger_calls(side, fees, rate, dividend, distance, breach):
    away = distance if side == "long" else -distance
    paid = dividend / (0.75 if side == "long" else 1.3)
    panel = panel_of(TRIGGER[side] - paid + away, dividend)
    terms = terms_of("isolated", fees, rate)
    books = books_of(panel, terms, side)
    assert label_of(panel, terms, side)["breach"] == float(len(books.margin_calls)) == breach
    if breach:
        slip = fees.slippage_bps / 10_000.0 * (1.0 if side == "short" else -1.0)
        assert books.fills["price"].iloc[1] == pytest.approx((TRIGGER[side] - paid) * (1.0 + slip))


@pytest.mark.parametrize("side", ["long", "short"])
def test_what_is_left_of_an_isolated_position_is_what_the_ledger_has_left(side):
    panel = panel_of(50.0 if side == "long" else 130.0)
    terms = terms_of("isolated", FEES, 0.05)
    books = books_of(panel, terms, side, size_includes_fee=False)
    twin = pd.Series(np.nan, index=panel.index)
    twin.iloc[0], twin.iloc[4] = (1.0, 0.0) if side == "long" else (-1.0, 0.0)
    execution = ExecutionConfig(close_at_end="off", size_includes_fee=False)
    unlevered = run_backtest(panel, twin, terms, execution, adjustment="raw").equity["equity"].iloc[5]
    advantage = (books.equity["equity"].iloc[5] - unlevered) / execution.initial_cash
    assert len(books.margin_calls) == 1
    assert label_of(panel, terms, side)["advantage"] == pytest.approx(advantage, abs=1e-4)


def test_costs_and_interest_bring_the_call_of_a_cross_account_nearer_and_of_an_isolated_position_not():
    panel = panel_of(TRIGGER["long"] + 0.05)
    for account, breach in (("cross", 1.0), ("isolated", 0.0)):
        terms = terms_of(account, FEES, 0.2)
        assert label_of(panel, terms, "long")["breach"] == breach
        assert float(len(books_of(panel, terms, "long").margin_calls)) == breach
