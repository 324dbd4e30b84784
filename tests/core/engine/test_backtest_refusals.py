"""What cannot be simulated is refused, and the message says why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from core.base.errors import BacktestError, DataError
from core.config.sections import ExecutionConfig
from core.contracts.broker_params import MarginParams, MarginTierParams
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms, MarginTier
from core.engine.backtest import BacktestResult, run_backtest

N_BARS = 4
DAYS = pd.bdate_range("2020-01-06", periods=N_BARS, tz="UTC")
INDEX = pd.MultiIndex.from_product([DAYS, ["A"]], names=["timestamp", "ticker"])
PANEL = pd.DataFrame(100.0, index=INDEX, columns=["open", "high", "low", "close", "volume"])
SIGNALS = pd.Series(0.5, index=INDEX)
FINANCING = FinancingTerms(np.full(N_BARS, 0.03))
TERMS = BrokerTerms(FINANCING)


def run(
    panel: pd.DataFrame = PANEL, signals: pd.Series = SIGNALS, terms: BrokerTerms = TERMS, **more: str
) -> BacktestResult:
    return run_backtest(panel, signals, terms, ExecutionConfig(), **more)


def test_the_case_that_all_refusals_vary_is_accepted() -> None:
    assert len(run().equity) == N_BARS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base_rate_annual": np.full(3, 0.03)}, r"base_rate_annual has shape \(3,\); it must be \(4,\)"),
        ({"base_rate_annual": np.array([0.03, np.nan, 0.03, 0.03])}, "base_rate_annual is nan at bar 1"),
        ({"accrual": "continuous"}, "financing.accrual is 'continuous'; it must be one of simple, compound, per_bar"),
        ({"short_proceeds": "lent"}, "financing.short_proceeds is 'lent'"),
        ({"basis": 252.0}, "financing.basis is 252.0; it must be one of 360.0, 365.0, 365.25"),
        ({"debit_spread_annual": np.inf}, "debit_spread_annual is inf; it must be a finite number"),
        ({"borrow_fee_annual": -0.01}, "borrow_fee_annual is -0.01; it must not be negative"),
        ({"short_rebate_spread_annual": 0.01}, "free proceeds are cash, which earns the credit rate already"),
        ({"accrual": "compound", "base_rate_annual": np.full(4, -1.2)}, "a compound rate of -100 % a year or less"),
    ],
)
def test_financing_that_makes_no_sense_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(BacktestError, match=message):
        run(terms=replace(TERMS, financing=replace(FINANCING, **change)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fee_bps": -1.0}, "fees.fee_bps is -1.0; it must be at least 0 and below 10,000"),
        ({"slippage_bps": 10_000.0}, "fees.slippage_bps is 10000.0"),
        ({"minimum_fee": -1.0}, "fees.minimum_fee is -1.0; it must not be negative"),
        ({"fee_per_share": np.nan}, "fee_per_share is nan"),
    ],
)
def test_fees_that_make_no_sense_are_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(BacktestError, match=message):
        run(terms=replace(TERMS, fees=FeeTerms(**change)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"check": "hourly"}, "margin.check is 'hourly'"),
        ({"initial_long": 0.2}, "margin rates of long are initial 0.2 and maintenance 0.25"),
        ({"maintenance_long": 1.0, "initial_long": 1.5}, "margin rates of long .* at least 0 and below 1"),
        ({"maintenance_short": 1.5, "initial_short": 1.2}, "margin rates of short .* initial finite and not below"),
        ({"maintenance_short": -0.1}, "margin rates of short .* maintenance must be at least 0, and"),
        ({"tiers": (MarginTier(0.0, 1.0, 1.0),)}, "margin rates of tier 0 .* below 1"),
        ({"tiers": (MarginTier(10.0, 0.5, 0.25),)}, "the first margin tier begins at 10.0; it must begin at 0"),
        ({"tiers": (MarginTier(0.0, 0.5, 0.25), MarginTier(9.0, 0.4, 0.2))}, "margin tier 9 must .* ask for no less"),
        ({"account": "isolated", "liquidation_order": "largest_loss_first"}, "liquidated each on its own"),
        ({"maintenance_long": 0.0, "liquidate_to": "maintenance"}, "selling would not restore it"),
        ({"liquidation_fee_bps": 10_000.0}, "margin.liquidation_fee_bps is 10000.0"),
    ],
)
def test_margin_that_makes_no_sense_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(BacktestError, match=message):
        run(terms=replace(TERMS, margin=MarginTerms(**change)))


def test_a_short_may_be_asked_for_more_than_its_value() -> None:
    margin = MarginTerms(initial_short=3.0, maintenance_short=2.5)
    assert len(run(terms=replace(TERMS, margin=margin)).equity) == N_BARS
    params = MarginParams(initial_short=3.0, maintenance_short=2.5)
    assert params.terms() == margin


def test_params_refuse_the_rates_that_the_ledger_refuses() -> None:
    with pytest.raises(ValidationError, match="less than 1"):
        MarginTierParams(from_value=0.0, initial=1.0, maintenance=1.0)
    with pytest.raises(ValidationError, match="less than 1"):
        MarginParams(initial_long=1.0, maintenance_long=1.0)


@pytest.mark.parametrize("adjustment", ["splits", "total_return"])
def test_fees_by_the_share_refuse_adjusted_prices(adjustment: str) -> None:
    terms = replace(TERMS, needs_real_shares=True)
    assert len(run(terms=terms, adjustment="raw").equity) == N_BARS
    with pytest.raises(BacktestError, match=f"adjustment {adjustment}.* allow_adjusted_shares"):
        run(terms=terms, adjustment=adjustment)


def test_an_unknown_adjustment_is_refused() -> None:
    with pytest.raises(BacktestError, match="adjustment is 'none'; it must be one of raw, splits, total_return"):
        run(adjustment="none")


def test_an_empty_panel_is_refused() -> None:
    with pytest.raises(BacktestError, match="The panel has no bars"):
        run(panel=PANEL.iloc[:0])


@pytest.mark.parametrize(
    ("signals", "message"),
    [
        (pd.Series([0.5, np.inf, 0.5, 0.5], index=INDEX), "signal of A at 2020-01-07.* is inf"),
        (pd.Series([0.5, 0.6], index=INDEX[[1, 1]]), "Signals hold A at 2020-01-07.* twice"),
        (pd.Series(0.5, index=DAYS), r"must be indexed by \(timestamp, ticker\)"),
        (pd.Series("long", index=INDEX), "they must be numbers"),
    ],
)
def test_signals_that_cannot_be_followed_are_refused(signals: pd.Series, message: str) -> None:
    with pytest.raises(BacktestError, match=message):
        run(signals=signals)


def test_a_signal_outside_the_panel_is_refused() -> None:
    index = pd.MultiIndex.from_tuples([(DAYS[0], "B")], names=["timestamp", "ticker"])
    with pytest.raises(DataError, match="1 of 1 rows are not in the panel, the first B"):
        run(signals=pd.Series([1.0], index=index))


def test_a_signal_at_a_bar_that_its_ticker_does_not_have_is_refused() -> None:
    index = pd.MultiIndex.from_product([DAYS, ["A", "B"]], names=["timestamp", "ticker"])
    panel = pd.DataFrame(100.0, index=index, columns=["open", "high", "low", "close", "volume"]).drop((DAYS[1], "B"))
    with pytest.raises(BacktestError, match=r"signal of B at 2020-01-07.* the panel has no bar of it"):
        run(panel=panel, signals=pd.Series(0.4, index=index))
