"""The account identity over all options: what the frames say adds up, computed here from the fills and the prices alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms, MarginTier
from core.engine.backtest import BacktestResult, run_backtest

COSTS = ["fees", "slippage", "debit_interest", "credit_interest", "borrow_fee", "dividends", "liquidation_fee"]


@dataclass(frozen=True)
class Case:
    panel: pd.DataFrame
    signals: pd.Series
    terms: BrokerTerms
    execution: ExecutionConfig
    adjustment: str

    def run(self) -> BacktestResult:
        return run_backtest(self.panel, self.signals, self.terms, self.execution, adjustment=self.adjustment)

    def wide(self, column: str, absent: float = np.nan) -> np.ndarray:
        return self.panel[column].unstack("ticker").fillna(absent).to_numpy()


def random_panel(
    seed: int, *, gaps: bool = True, n_bars: int = 24, n_assets: int = 3, volatility: float = 0.06
) -> pd.DataFrame:
    """Violent prices with overnight gaps; with `gaps`, missing bars, late starts, ended tickers, splits and dividends."""
    random = np.random.default_rng(seed)
    shape = (n_bars, n_assets)
    close = 50 * np.exp(np.cumsum(random.normal(0, volatility, shape), axis=0))
    opening = np.vstack([close[:1], close[:-1]]) * np.exp(random.normal(0, volatility / 2, shape))
    columns = {
        "open": opening,
        "high": np.maximum(opening, close) * (1 + np.abs(random.normal(0, volatility / 2, shape))),
        "low": np.minimum(opening, close) * (1 - np.minimum(np.abs(random.normal(0, volatility / 2, shape)), 0.9)),
        "close": close,
        "volume": np.full(shape, 1e6),
        "dividend": np.where(random.random(shape) < 0.08, close * 0.03, 0.0),
        "split": np.where(random.random(shape) < 0.05, random.choice([2.0, 0.5, 1.5], shape), 1.0),
    }
    present = np.ones(shape, dtype=bool)
    if gaps:
        present = random.random(shape) > 0.12
        for asset in range(1, n_assets):
            present[: random.integers(0, 6), asset] = False
            present[n_bars - random.integers(0, 8) :, asset] = False
        present[:, 0] |= ~present.any(axis=1)
    index = pd.MultiIndex.from_product(
        [pd.bdate_range("2020-01-06", periods=n_bars, tz="UTC"), [f"T{i}" for i in range(n_assets)]],
        names=["timestamp", "ticker"],
    )
    frame = pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index)
    return frame[present.ravel()]


def random_signals(panel: pd.DataFrame, seed: int, leverage: float) -> pd.Series:
    random = np.random.default_rng(seed + 1)
    size = len(panel)
    values = random.choice([0.0, 0.5, 1.0, -1.0, -0.4, 0.25], size) * random.uniform(0.5, 1.5, size) * leverage
    values[random.random(size) < 0.3] = np.nan
    values[random.random(size) < 0.15] = 0.0
    return pd.Series(values, index=panel.index)


@st.composite
def broker_terms(draw: st.DrawFn, n_bars: int) -> BrokerTerms:
    def choose(*values: object) -> object:
        return draw(st.sampled_from(values))

    proceeds = choose("free", "locked")
    account = choose("cross", "isolated")
    accrual = choose("simple", "compound", "per_bar")
    return BrokerTerms(
        financing=FinancingTerms(
            base_rate_annual=np.linspace(-0.01, 0.08, n_bars) / (100.0 if accrual == "per_bar" else 1.0),
            debit_spread_annual=choose(0.0, 0.03),
            credit_spread_annual=choose(None, 0.01),
            borrow_fee_annual=choose(0.0, 0.05),
            short_rebate_spread_annual=choose(None, 0.002) if proceeds == "locked" else None,
            basis=choose(360.0, 365.0, 365.25),
            accrual=accrual,
            short_proceeds=proceeds,
        ),
        fees=FeeTerms(
            fee_bps=choose(0.0, 10.0),
            fee_per_share=choose(0.0, 0.01),
            minimum_fee=choose(0.0, 2.0),
            cap_fraction=choose(1.0, 0.01),
            slippage_bps=choose(0.0, 7.0),
        ),
        margin=MarginTerms(
            account=account,
            initial_long=choose(0.5, 0.2),
            initial_short=choose(0.5, 0.35),
            maintenance_long=choose(0.2, 0.1),
            maintenance_short=choose(0.3, 0.15),
            tiers=choose(
                (), (MarginTier(0.0, 0.2, 0.1), MarginTier(40_000.0, 0.4, 0.2), MarginTier(90_000.0, 0.6, 0.3))
            ),
            check=choose("off", "close", "adverse_extreme"),
            liquidate_to=choose("initial", "maintenance", "flat"),
            liquidation_order="pro_rata" if account == "isolated" else choose("pro_rata", "largest_loss_first"),
            liquidation_fee_bps=choose(0.0, 25.0),
            insufficient_margin=choose("reject", "scale"),
        ),
    )


@st.composite
def execution_configs(draw: st.DrawFn) -> ExecutionConfig:
    def choose(*values: object) -> object:
        return draw(st.sampled_from(values))

    rebalance = choose("on_change", "every_bar", "schedule")
    return ExecutionConfig(
        fill=choose("next_open", "next_close", "same_close"),
        shares=choose("fractional", "whole"),
        rebalance=rebalance,
        schedule=choose("month_end", "week_end") if rebalance == "schedule" else None,
        size_price=choose("signal_close", "fill"),
        size_includes_fee=choose(True, False),
        cash_buffer=choose(0.0, 0.1),
        reversal=choose("two_orders", "one_order"),
        close_at_end=choose("off", "last_open", "last_close"),
        initial_cash=choose(100_000.0, 5_000.0),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    seed = draw(st.integers(0, 10_000))
    panel = random_panel(seed, volatility=draw(st.sampled_from([0.01, 0.06, 0.2])))
    n_bars = panel.index.get_level_values("timestamp").nunique()
    return Case(
        panel=panel,
        signals=random_signals(panel, seed, draw(st.sampled_from([0.3, 1.0, 4.0]))),
        terms=draw(broker_terms(n_bars)),
        execution=draw(execution_configs()),
        adjustment=draw(st.sampled_from(["raw", "splits", "total_return"])),
    )


@settings(deadline=None, max_examples=150)
@given(case=cases())
def test_equity_changes_by_price_gains_and_posted_costs_alone(case: Case) -> None:
    result = case.run()
    book = Reckoning.of(case, result)
    equity = result.equity["equity"].to_numpy()
    change = np.diff(equity, prepend=case.execution.initial_cash)
    scale = np.maximum.accumulate(np.maximum(np.abs(equity), result.equity["gross_exposure"])) + book.traded
    explained = book.price_gain + result.costs[COSTS].sum(axis=1).to_numpy()
    np.testing.assert_allclose(change / scale, explained / scale, atol=1e-9, rtol=0)


@settings(deadline=None, max_examples=100)
@given(case=cases())
def test_every_frame_says_the_same(case: Case) -> None:
    result = case.run()
    book = Reckoning.of(case, result)
    curve = result.equity
    scale = float(np.abs(curve[["equity", "gross_exposure"]].to_numpy()).max() + book.traded.max())
    close = {"atol": 1e-9 * scale, "rtol": 1e-9}
    np.testing.assert_allclose(curve["cash"] - curve["debt"] + curve["positions_value"], curve["equity"], **close)
    np.testing.assert_allclose((book.shares * book.mark).sum(axis=1), curve["positions_value"], **close)
    np.testing.assert_allclose(np.abs(book.shares * book.mark).sum(axis=1), curve["gross_exposure"], **close)
    assert (curve[["cash", "debt"]] >= 0.0).all(axis=None)
    assert np.isfinite(curve.drop(columns="timestamp").to_numpy()).all()
    for kind, column in (("fees", "fee"), ("slippage", "slippage"), ("liquidation_fee", "liquidation_fee")):
        paid = result.fills.groupby("timestamp")[column].sum().reindex(curve["timestamp"], fill_value=0.0)
        np.testing.assert_allclose(-result.costs[kind], paid, **close)
    np.testing.assert_allclose(book.dividends, result.costs["dividends"], **close)
    np.testing.assert_allclose(book.debit_interest, result.costs["debit_interest"], **close)
    np.testing.assert_allclose(book.credit_interest, result.costs["credit_interest"], **close)
    np.testing.assert_allclose(book.borrow_fee, result.costs["borrow_fee"], **close)


@settings(deadline=None, max_examples=60)
@given(case=cases())
def test_round_trips_explain_the_account_when_nothing_is_left_open(case: Case) -> None:
    result = replace(case, execution=case.execution.model_copy(update={"close_at_end": "last_close"})).run()
    carry = result.costs[["debit_interest", "credit_interest", "borrow_fee"]].to_numpy().sum()
    gained = result.equity["equity"].iloc[-1] - case.execution.initial_cash
    scale = case.execution.initial_cash + result.fills["value"].sum()
    assert result.equity["gross_exposure"].iloc[-1] == 0.0
    assert result.trades["profit"].sum() + carry == pytest.approx(gained, abs=1e-9 * scale)


@settings(deadline=None, max_examples=60)
@given(case=cases(), cut=st.integers(3, 20))
def test_what_comes_after_a_bar_does_not_change_the_account_before(case: Case, cut: int) -> None:
    timestamps = case.panel.index.get_level_values("timestamp")
    later = timestamps > timestamps.unique()[cut]
    panel, signals = case.panel.copy(), case.signals.copy()
    panel.loc[later, ["open", "high", "low", "close"]] *= 1.7
    panel.loc[later, "dividend"] = 1.0
    panel.loc[later, "split"] = 3.0
    signals[later] = 0.7
    rates = np.array(case.terms.financing.base_rate_annual)
    rates[cut + 1 :] = 0.2
    financing = replace(case.terms.financing, base_rate_annual=rates)
    other = replace(case, panel=panel, signals=signals, terms=replace(case.terms, financing=financing))
    before, after = case.run(), other.run()
    pd.testing.assert_frame_equal(before.equity.iloc[: cut + 1], after.equity.iloc[: cut + 1])
    pd.testing.assert_frame_equal(before.costs.iloc[: cut + 1], after.costs.iloc[: cut + 1])


@settings(deadline=None, max_examples=30)
@given(case=cases(), cut=st.integers(3, 20))
def test_leaving_later_bars_out_does_not_change_the_account_before(case: Case, cut: int) -> None:
    panel = random_panel(cut, gaps=False)
    update = {"close_at_end": "off", "rebalance": "on_change", "schedule": None}
    whole = replace(
        case,
        panel=panel,
        signals=random_signals(panel, cut, 2.0),
        terms=replace(case.terms, financing=FinancingTerms(np.full(24, 0.05), debit_spread_annual=0.01)),
        execution=case.execution.model_copy(update=update),
    )
    kept = panel.index.get_level_values("timestamp") <= panel.index.levels[0][cut]
    financing = replace(whole.terms.financing, base_rate_annual=np.full(cut + 1, 0.05))
    part = replace(
        whole, panel=panel[kept], signals=whole.signals[kept], terms=replace(whole.terms, financing=financing)
    )
    pd.testing.assert_frame_equal(part.run().equity, whole.run().equity.iloc[: cut + 1])


@settings(deadline=None, max_examples=40)
@given(case=cases(), seed=st.integers(0, 1000))
def test_isolated_longs_without_a_debt_are_never_called(case: Case, seed: int) -> None:
    panel = random_panel(seed, gaps=False, volatility=0.2)
    weights = np.random.default_rng(seed).dirichlet(np.ones(4), 24)[:, :3]
    margin = replace(case.terms.margin, account="isolated", liquidation_order="pro_rata", check="adverse_extreme")
    update = {"rebalance": "every_bar", "schedule": None, "size_price": "fill", "size_includes_fee": True}
    unlevered = replace(
        case,
        panel=panel,
        signals=pd.Series(weights.ravel(), index=panel.index),
        terms=replace(case.terms, financing=FinancingTerms(np.full(24, 0.05)), margin=margin),
        execution=case.execution.model_copy(update=update),
    )
    result = unlevered.run()
    assert len(result.fills) > 0
    assert result.margin_calls.empty


@settings(deadline=None, max_examples=40)
@given(case=cases(), factor=st.sampled_from([0.01, 3.0, 1000.0]))
def test_a_fractional_book_without_minimum_fees_scales_with_its_cash(case: Case, factor: float) -> None:
    fees = replace(case.terms.fees, minimum_fee=0.0)
    margin = replace(case.terms.margin, tiers=())
    small = replace(
        case,
        terms=replace(case.terms, fees=fees, margin=margin),
        execution=case.execution.model_copy(update={"shares": "fractional"}),
    )
    cash = small.execution.initial_cash * factor
    large = replace(small, execution=small.execution.model_copy(update={"initial_cash": cash}))
    curve, scaled = small.run().equity["equity"], large.run().equity["equity"]
    np.testing.assert_allclose(scaled / cash, curve / small.execution.initial_cash, rtol=1e-7, atol=1e-9)


@dataclass(frozen=True)
class Reckoning:
    """The account as fills, prices and terms give it, without a look at the curve but for its balances."""

    shares: np.ndarray
    mark: np.ndarray
    price_gain: np.ndarray
    traded: np.ndarray
    dividends: np.ndarray
    debit_interest: np.ndarray
    credit_interest: np.ndarray
    borrow_fee: np.ndarray

    @classmethod
    def of(cls, case: Case, result: BacktestResult) -> Reckoning:
        close = case.wide("close")
        split = case.wide("split", 1.0) if case.adjustment == "raw" else np.ones_like(close)
        paid = case.wide("dividend", 0.0) if case.adjustment != "total_return" else np.zeros_like(close)
        n_bars, n_assets = close.shape
        bars = pd.Index(result.equity["timestamp"]).get_indexer(result.fills["timestamp"])
        assets = sorted(case.panel.index.get_level_values("ticker").unique())
        columns = pd.Index(assets).get_indexer(result.fills["ticker"])
        sign = np.where(result.fills["side"] == "buy", 1.0, -1.0)
        delta = (sign * result.fills["shares"]).to_numpy()
        reference_value = (result.fills["value"] - sign * result.fills["slippage"]).to_numpy()
        shares, mark = np.zeros_like(close), np.zeros_like(close)
        gain, traded, dividends = np.zeros(n_bars), np.zeros(n_bars), np.zeros(n_bars)
        held, last = np.zeros(n_assets), np.zeros(n_assets)
        for bar in range(n_bars):
            held, last = held * split[bar], last / split[bar]
            dividends[bar] = (held * paid[bar]).sum()
            now = np.where(np.isnan(close[bar]), last, close[bar])
            gain[bar] = (held * (now - last)).sum()
            for i in np.flatnonzero(bars == bar):
                gain[bar] += delta[i] * now[columns[i]] - sign[i] * reference_value[i]
                traded[bar] += reference_value[i]
                held[columns[i]] += delta[i]
            held[np.abs(held * now) < 1e-9 * (1 + traded[bar])] = 0.0
            shares[bar], mark[bar], last = held, now, now
        if result.ruined_at is not None:
            dividends[result.equity["timestamp"] > result.ruined_at] = 0.0
        return cls(shares, mark, gain, traded, dividends, *cls.carry(case, result, shares * mark))

    @staticmethod
    def carry(case: Case, result: BacktestResult, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        financing = case.terms.financing
        shorts = np.maximum(-values, 0.0).sum(axis=1)
        locked = shorts if financing.short_proceeds == "locked" else np.zeros_like(shorts)
        debt, credit = result.equity["debt"].to_numpy(), result.equity["cash"].to_numpy() - locked
        days = result.equity["timestamp"].diff().dt.days.shift(-1).fillna(0).to_numpy()
        debit_interest, credit_interest, borrow_fee = np.zeros((3, len(days)))
        for bar in range(len(days) - 1):
            if result.ruined_at is not None and result.equity["timestamp"][bar] >= result.ruined_at:
                break
            years = days[bar] / financing.basis

            def rate(spread: float, base: float = financing.base_rate_annual[bar], years: float = years) -> float:
                if financing.accrual == "simple":
                    return (base + spread) * years
                return (1 + base + spread) ** years - 1 if financing.accrual == "compound" else base + spread * years

            def earned(spread: float | None, rate=rate) -> float:
                return 0.0 if spread is None else max(rate(-spread), 0.0)

            debit_interest[bar + 1] = -debt[bar] * rate(financing.debit_spread_annual)
            credit_interest[bar + 1] = credit[bar] * earned(financing.credit_spread_annual)
            credit_interest[bar + 1] += locked[bar] * earned(financing.short_rebate_spread_annual)
            borrow_fee[bar + 1] = -shorts[bar] * rate(financing.borrow_fee_annual, 0.0)
        return debit_interest, credit_interest, borrow_fee
