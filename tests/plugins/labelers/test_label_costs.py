"""What labels pay in fees by the share: by hand, and beside the ledger's books of the same trade."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.engine.backtest import run_backtest
from plugins.brokers.per_share import PerShare
from plugins.labelers.direction import Direction
from plugins.labelers.forward_return import ForwardReturn
from plugins.labelers.leverage_opportunity import LeverageOpportunity
from plugins.labelers.triple_barrier import TripleBarrier

CENT = FeeTerms(fee_per_share=0.01, minimum_fee=1.0, cap_fraction=0.02)
FREE = FinancingTerms(np.zeros(1))


def panel_of(opens, **columns):
    timestamps = pd.bdate_range("2024-01-01", periods=len(opens), tz="UTC").as_unit("us")
    index = pd.MultiIndex.from_product([timestamps, ["AAA"]], names=["timestamp", "ticker"])
    prices = {name: np.asarray(opens, dtype=float) for name in ("open", "high", "low", "close")}
    return pd.DataFrame({**prices, "volume": 1.0, **columns}, index=index)


def labels_of(panel, plugin_class=ForwardReturn, fees=CENT, **params):
    terms = BrokerTerms(replace(FREE, base_rate_annual=np.zeros(len(panel))), fees, MarginTerms(initial_long=0.4))
    return plugin_class("label", plugin_class.Params(**params)).label(panel, terms=terms)


def test_a_fee_by_the_share_is_paid_at_the_prices_of_entry_and_exit():
    payoff = labels_of(panel_of([100, 50, 60, 61]), horizon_bars=1)["payoff"].iloc[0]
    assert payoff == pytest.approx(0.2 - 0.01 / 50 - 0.01 / 60 * 1.2, abs=1e-15)


def test_a_cheap_share_pays_the_cap():
    payoff = labels_of(panel_of([0.1, 0.1, 0.12, 0.12]), horizon_bars=1)["payoff"].iloc[0]
    assert payoff == pytest.approx(0.2 - 0.02 - 0.02 * 1.2, abs=1e-15)


def test_the_minimum_fee_is_paid_where_the_position_has_a_value():
    panel = panel_of([100, 50, 60, 61])
    # Two shares of 50: the minimum of 1 is a hundredth. They leave at 120, and it is a hundred and twentieth.
    payoff = labels_of(panel, horizon_bars=1, position_value=100.0)["payoff"].iloc[0]
    assert payoff == pytest.approx(0.2 - 0.01 - 0.01, abs=1e-15)
    large = labels_of(panel, horizon_bars=1, position_value=1e6)["payoff"]
    pd.testing.assert_series_equal(large, labels_of(panel, horizon_bars=1)["payoff"])


@pytest.mark.parametrize(
    ("plugin_class", "params"),
    [
        (ForwardReturn, {"horizon_bars": 2}),
        (Direction, {"horizon_bars": 2, "side": "short"}),
        (TripleBarrier, {"horizon_bars": 2, "volatility_window_bars": 2}),
        (LeverageOpportunity, {"horizon_bars": 2, "hurdle": 0.0}),
    ],
)
def test_every_label_pays_them(plugin_class, params):
    panel = panel_of([50, 51, 50, 51, 50, 51, 50, 51])
    with_fee = labels_of(panel, plugin_class, **params)["payoff"].dropna()
    without = labels_of(panel, plugin_class, FeeTerms(), **params)["payoff"].dropna()
    assert len(with_fee) > 0
    np.testing.assert_allclose(without - with_fee, 0.0004, rtol=0.05)
    small = labels_of(panel, plugin_class, **params, position_value=100.0)["payoff"].dropna()
    np.testing.assert_allclose(without - small, 0.02, rtol=0.05)


def test_raw_prices_are_the_share_prices_of_their_day_after_a_split_too():
    # Continuous prices are 100, 100, 120; the shares traded at 100, then at 25 and, split once more, at 15.
    panel = panel_of([100, 25, 15, 15], split=[1.0, 4.0, 2.0, 1.0])
    label = labels_of(panel, horizon_bars=1).iloc[0]
    assert label["target"] == pytest.approx(0.2)
    assert label["payoff"] == pytest.approx(0.2 - 0.01 / 25 - 0.01 / 15 * 1.2, abs=1e-15)


def test_a_levered_label_pays_the_entrys_fraction_on_both_sides():
    panel = panel_of([100, 25, 15, 15], split=[1.0, 4.0, 2.0, 1.0])
    label = labels_of(panel, LeverageOpportunity, horizon_bars=1, hurdle=0.0, leverage=2.0).iloc[0]
    assert label["advantage"] == pytest.approx(0.2 - 0.01 / 25 * 2.2, abs=1e-15)


def test_the_twin_of_a_small_position_pays_the_same_minimum():
    panel = panel_of([100, 50, 60, 61])
    # Orders of 80 and of 40 pay 1 each, a fortieth of the equity, at the entry; kept for the exit by the formula.
    label = labels_of(
        panel, LeverageOpportunity, replace(CENT, cap_fraction=1.0), horizon_bars=1, hurdle=0.0, position_value=80.0
    ).iloc[0]
    assert label["advantage"] == pytest.approx(0.2, abs=1e-15)


@pytest.fixture
def raw_panel():
    """Prices that wander about 30, with a split and dividends among them."""
    rng = np.random.default_rng(4)
    opens = 30.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, 60)))
    split, dividend = np.ones(60), np.zeros(60)
    split[30] = 3.0
    dividend[[10, 40]] = 0.2
    opens[30:] /= 3.0
    return panel_of(opens, split=split, dividend=dividend)


def broker_terms(panel, **params):
    broker = PerShare("broker", PerShare.Params(base_rate_annual=0.0, debit_spread_annual=0.0, **params))
    return broker.terms(panel)


@pytest.mark.parametrize("cash", [1e6, 1_000.0])
def test_the_payoff_is_the_ledgers_profit_of_the_same_trade(cash, raw_panel):
    terms = broker_terms(raw_panel)
    execution = ExecutionConfig(close_at_end="off", initial_cash=cash, size_includes_fee=False)
    labeler = ForwardReturn("label", ForwardReturn.Params(horizon_bars=5, position_value=cash / 2))
    payoffs = labeler.label(raw_panel, terms=terms)["payoff"]
    for t in range(0, 54, 3):
        signals = pd.Series(np.nan, index=raw_panel.index)
        signals.iloc[t], signals.iloc[t + 5] = 0.5, 0.0
        books = run_backtest(raw_panel, signals, terms, execution, adjustment="raw")
        size = books.fills["value"].iloc[0]
        profit = (books.equity["equity"].iloc[t + 6] - cash) / size
        assert books.fills["fee"].sum() > 1e-4 * size
        assert payoffs.iloc[t] == pytest.approx(profit, abs=5e-6 if cash == 1_000.0 else 1e-9)


def test_the_advantage_is_the_ledgers_but_for_the_exits_fee_on_the_return(raw_panel):
    # Where a split lies inside a trade, more shares leave than entered; the entry's fraction does not know.
    margin = {"initial_long": 0.4, "maintenance_long": 0.25}
    terms = broker_terms(raw_panel, margin=margin, minimum_fee=0.0)
    execution = ExecutionConfig(close_at_end="off", initial_cash=1.0, size_includes_fee=False)
    labeler = LeverageOpportunity("label", LeverageOpportunity.Params(horizon_bars=5, hurdle=0.0))
    labels = labeler.label(raw_panel, terms=terms)
    free = labeler.label(raw_panel, terms=replace(terms, fees=FeeTerms()))
    for t in (*range(0, 24, 3), *range(30, 54, 3)):
        signals = pd.Series(np.nan, index=raw_panel.index)
        signals.iloc[t], signals.iloc[t + 5] = 2.0, 0.0
        levered, twin = (
            run_backtest(raw_panel, wanted, terms, execution, adjustment="raw").equity["equity"].iloc[t + 6]
            for wanted in (signals, signals / 2.0)
        )
        assert labels["advantage"].iloc[t] == pytest.approx(levered - twin, abs=2e-5)
        assert free["advantage"].iloc[t] > levered - twin + 2e-4
