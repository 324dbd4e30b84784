"""The label by hand, against a slow second writing of it, and its invariants.

By hand: leverage 2, horizon 2 bars, 5 bps a side, entry at 100 on Friday 2024-01-05, T on Tuesday 2024-01-09, so that
three days lie over the weekend and one day after it. Rates 3 % on Friday and 4 % on Monday, spread 1.5 %, basis 360.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import qlop
from hypothesis import given, settings
from hypothesis import strategies as st
from qlop.testing import LabelerContractSuite

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms, MarginTier
from core.engine.backtest import run_backtest
from core.engine.labels import check_labels
from core.engine.look_ahead import check_label_end
from plugins.labelers.leverage_opportunity import LeverageOpportunity

DATES = ("2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10")
RATES = (0.99, 0.03, 0.04, 0.99, 0.99)
"""Only Friday's and Monday's may count."""


class TestLeverageOpportunity(LabelerContractSuite):
    plugin_class = LeverageOpportunity

    def make_terms(self, panel):
        return replace(super().make_terms(panel), margin=MarginTerms(initial_long=0.4, initial_short=0.4))


class TestLeverageOpportunityOfAShort(LabelerContractSuite):
    plugin_class = LeverageOpportunity
    params: ClassVar = {"side": "short", "target": "advantage"}

    def make_terms(self, panel):
        return replace(super().make_terms(panel), margin=MarginTerms(initial_long=0.4, initial_short=0.4))


def labeler(**params) -> LeverageOpportunity:
    params: ClassVar = {"leverage": 2.0, "horizon_bars": 2, "hurdle": 0.0, "volatility_window_bars": 5, **params}
    return LeverageOpportunity("label", LeverageOpportunity.Params(**params))


@pytest.fixture
def first_label(one_ticker, terms_for):
    """The label decided on Thursday, given the bars of Friday and Monday and the open of Tuesday."""

    def label(friday, monday, tuesday_open, *, terms_changes=None, columns=None, **params):
        rows = [(100.0,) * 4, friday, monday, (tuesday_open,) * 4, (tuesday_open,) * 4]
        dated = [(date, *row) for date, row in zip(DATES, rows, strict=True)]
        panel = one_ticker(dated, **(columns or {}))
        terms = terms_for(panel, rate=RATES, **(terms_changes or {}))
        return labeler(**params).label(panel, terms=terms).iloc[0]

    return label


CALM = ((100.0, 101.0, 99.0, 100.0), (101.0, 103.0, 100.0, 102.0), 104.0)


def test_without_a_breach_the_advantage_is_the_extra_return_less_costs_and_financing(first_label):
    label = first_label(*CALM)
    financing = (0.045 * 3 + 0.055 * 1) / 360
    assert label["advantage"] == pytest.approx(0.04 - 0.0005 * 2.04 - financing, abs=1e-15)
    assert label["payoff"] == pytest.approx(label["advantage"], abs=1e-15)
    assert label["position_return"] == pytest.approx(0.04)
    assert (label["target"], label["breach"]) == (1.0, 0.0)
    assert label["label_end"] == pd.Timestamp("2024-01-09", tz="UTC")


def test_the_weekend_costs_three_days_of_interest(first_label):
    with_interest = first_label(*CALM)["advantage"]
    base = first_label(*CALM, terms_changes={"debit_spread_annual": -0.03})["advantage"]
    assert base - with_interest == pytest.approx(0.045 * 4 / 360)


def test_a_low_inside_a_bar_breaches_and_fills_at_the_trigger_with_interest_accrued(first_label):
    label = first_label((100.0, 101.0, 99.0, 100.0), (80.0, 82.0, 60.0, 70.0), 90.0)
    debt = 1.0 + 2 * 0.0005 + 0.045 * 3 / 360
    trigger = 100.0 * debt / (2 * 0.75)
    levered = 2 * trigger / 100 * (1 - 0.0005) - debt
    twin = 1 - 0.1 - 0.0005 * 1.9
    assert label["advantage"] == pytest.approx(levered - twin, abs=1e-15)
    assert (label["target"], label["breach"]) == (0.0, 1.0)
    assert label["label_end"] == pd.Timestamp("2024-01-09", tz="UTC")
    assert label["payoff"] == pytest.approx(-0.1 - 0.0005 * 1.9 - (0.045 * 3 + 0.055) / 360)


def test_a_low_a_cent_above_the_trigger_does_not_breach(first_label):
    debt = 1.0 + 2 * 0.0005 + 0.045 * 3 / 360
    trigger = 100.0 * debt / (2 * 0.75)
    assert first_label(CALM[0], (80.0, 82.0, trigger + 0.01, 70.0), 90.0)["breach"] == 0.0
    assert first_label(CALM[0], (80.0, 82.0, trigger, 70.0), 90.0)["breach"] == 1.0


def test_an_open_below_the_trigger_fills_at_the_open_and_may_leave_a_debt(first_label):
    label = first_label(CALM[0], (50.0, 55.0, 45.0, 52.0), 104.0)
    debt = 1.0 + 2 * 0.0005 + 0.045 * 3 / 360
    levered = 2 * 0.5 * (1 - 0.0005) - debt
    assert levered < 0.0
    assert label["advantage"] == pytest.approx(levered - (1.04 - 0.0005 * 2.04), abs=1e-15)
    assert (label["target"], label["breach"]) == (0.0, 1.0)


def test_a_breach_at_the_last_open_counts_and_the_liquidation_fee_is_paid(first_label):
    margin = MarginTerms(initial_long=0.4, liquidation_fee_bps=100.0)
    label = first_label(*CALM[:2], 60.0, terms_changes={"margin": margin})
    debt = 1.0 + 2 * 0.0005 + (0.045 * 3 + 0.055) / 360
    levered = 2 * 0.6 * (1 - 0.0005 - 0.01) - debt
    assert label["advantage"] == pytest.approx(levered - (0.6 - 0.0005 * 1.6), abs=1e-15)
    assert label["breach"] == 1.0


def test_an_early_breach_is_a_breach_even_if_the_price_recovers(first_label):
    label = first_label((100.0, 101.0, 60.0, 100.0), CALM[1], 150.0)
    assert (label["target"], label["breach"]) == (0.0, 1.0)
    assert label["label_end"] == pd.Timestamp("2024-01-09", tz="UTC")


def test_a_short_pays_the_borrow_fee_on_its_marked_value(first_label):
    bars = ((100.0, 101.0, 99.0, 100.0), (105.0, 112.0, 104.0, 110.0), 105.0)
    label = first_label(*bars, side="short", terms_changes={"borrow_fee_annual": 0.036})
    fee = 0.036 * (1.00 * 3 + 1.10 * 1) / 360
    levered = 1 - 2 * 0.05 - 2 * 0.0005 * 2.05 - 2 * fee
    twin = 1 - 0.05 - 0.0005 * 2.05 - fee
    assert label["advantage"] == pytest.approx(levered - twin, abs=1e-15)
    assert label["payoff"] == pytest.approx(label["advantage"], abs=1e-15)
    assert label["position_return"] == pytest.approx(-0.05)
    assert (label["target"], label["breach"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "credit_annual"),
    [
        ({"credit_spread_annual": 0.01}, (0.02, 0.03)),
        ({"short_proceeds": "locked", "short_rebate_spread_annual": 0.035}, (0.0, 0.005)),
        ({"short_proceeds": "locked", "credit_spread_annual": 0.01}, (0.0, 0.0)),
    ],
)
def test_a_short_earns_what_the_broker_pays_on_its_proceeds(changes, credit_annual, first_label):
    falling = ((100.0, 101.0, 99.0, 100.0), (97.0, 98.0, 95.0, 96.0), 95.0)
    label = first_label(*falling, side="short", terms_changes=changes)
    credit = (credit_annual[0] * 3 + credit_annual[1] * 1) / 360
    assert label["advantage"] == pytest.approx(0.05 - 0.0005 * 1.95 + credit, abs=1e-15)
    assert label["target"] == 1.0


@pytest.mark.parametrize(
    ("monday", "fill"), [((105.0, 120.0, 104.0, 110.0), None), ((118.0, 120.0, 104.0, 110.0), 118.0)]
)
def test_a_short_is_bought_back_at_the_trigger_or_at_a_higher_open(monday, fill, first_label):
    label = first_label(CALM[0], monday, 105.0, side="short", terms_changes={"borrow_fee_annual": 0.036})
    cash = 3.0 - 2 * 0.0005 - 2 * 0.036 * 3 / 360
    bought_at = fill or 100.0 * cash / (2 * 1.3)
    levered = cash - 2 * bought_at / 100 * (1 + 0.0005)
    fee = 0.036 * (1.00 * 3 + 1.10 * 1) / 360
    twin = 1 - 0.05 - 0.0005 * 2.05 - fee
    assert label["advantage"] == pytest.approx(levered - twin, abs=1e-15)
    assert (label["target"], label["breach"]) == (0.0, 1.0)


def test_compound_interest_and_per_bar_rates_are_accrued_as_the_terms_say(first_label):
    compound = first_label(*CALM, terms_changes={"accrual": "compound", "basis": 365.0})["advantage"]
    interest = 1.045 ** (3 / 365) - 1 + 1.055 ** (1 / 365) - 1
    assert compound == pytest.approx(0.04 - 0.0005 * 2.04 - interest, abs=1e-15)
    per_bar = first_label(*CALM, terms_changes={"accrual": "per_bar", "debit_spread_annual": 0.036})["advantage"]
    assert per_bar == pytest.approx(0.04 - 0.0005 * 2.04 - (0.03 + 0.04 + 0.036 * 4 / 360), abs=1e-15)


def test_dividends_and_splits_after_the_entry_belong_to_the_holder(first_label):
    # A dividend of 2 on Monday, then Tuesday's 2:1 split with an open of 51: worth 51 * 2 + 2 = 104 in all.
    columns = {"dividend": [0.0, 7.0, 2.0, 0.0, 0.0], "split": [1.0, 1.0, 1.0, 2.0, 1.0]}
    label = first_label(*CALM[:2], 51.0, columns=columns)
    financing = (0.045 * 3 + 0.055 * 1) / 360
    assert label["position_return"] == pytest.approx(0.04)
    assert label["advantage"] == pytest.approx(0.04 - 0.0005 * 2.02 - financing, abs=1e-15)
    assert label["breach"] == 0.0


@pytest.mark.parametrize(("check", "breach"), [("off", 0.0), ("close", 0.0), ("adverse_extreme", 1.0)])
def test_margin_is_watched_as_the_terms_say(check, breach, first_label):
    margin = MarginTerms(initial_long=0.4, check=check)
    assert first_label(CALM[0], (80.0, 82.0, 60.0, 70.0), 90.0, terms_changes={"margin": margin})["breach"] == breach


def test_where_closes_are_watched_the_close_is_the_fill(first_label):
    margin = MarginTerms(initial_long=0.4, check="close")
    label = first_label(CALM[0], (80.0, 82.0, 60.0, 62.0), 90.0, terms_changes={"margin": margin})
    debt = 1.0 + 2 * 0.0005 + 0.045 * 3 / 360
    assert label["advantage"] == pytest.approx(2 * 0.62 * (1 - 0.0005) - debt - (0.9 - 0.0005 * 1.9), abs=1e-15)


def test_the_target_needs_more_than_the_hurdle(first_label):
    advantage = first_label(*CALM)["advantage"]
    assert first_label(*CALM, hurdle=advantage)["target"] == 0.0
    assert first_label(*CALM, hurdle=np.nextafter(advantage, 0.0))["target"] == 1.0


def test_the_advantage_itself_can_be_the_target(first_label):
    label = first_label(*CALM, target="advantage")
    assert label["target"] == label["advantage"]
    assert labeler(target="advantage").task == "regression"
    assert labeler().task == "classification"


def test_the_default_hurdle_is_the_variance_drag_known_at_the_close_of_t(random_panel, terms_for):
    panel = random_panel(5)
    params: ClassVar = {"hurdle": None, "leverage": 1.5, "horizon_bars": 4, "volatility_window_bars": 10}
    labels = labeler(**params).label(panel, terms=terms_for(panel))
    close = panel["close"].xs("AAA", level="ticker")
    sigma = np.log(close).diff().rolling(10).std() * np.sqrt(252)
    expected = (1.5**2 - 1) * sigma**2 * 4 / 504
    found = labels.xs("AAA", level="ticker")
    known = found["target"].notna()
    assert not known.iloc[:10].any()
    assert known.iloc[10:-5].all()
    np.testing.assert_allclose(found["hurdle"][known], expected[known], rtol=1e-9)
    assert (found["target"][known] == (found["advantage"] > found["hurdle"])[known]).all()


@pytest.mark.parametrize(("leverage", "margin"), [(2.0, MarginTerms()), (2.5, MarginTerms(initial_long=0.4))])
def test_a_leverage_that_margin_does_not_allow_is_refused(leverage, margin, random_panel, terms_for):
    panel = random_panel(1)
    with pytest.raises(qlop.DataError, match="the label is refused by the broker's terms") as refusal:
        labeler(leverage=leverage).label(panel, terms=terms_for(panel, margin=margin))
    assert f"must be above {margin.initial_long:g}" in str(refusal.value)
    assert f"Take a leverage below {1 / margin.initial_long:g}" in str(refusal.value)


def test_the_maintenance_margin_refuses_as_well(random_panel, terms_for):
    panel = random_panel(1)
    margin = MarginTerms(initial_short=0.1, maintenance_short=0.55)
    with pytest.raises(qlop.DataError, match="refused by the broker's terms"):
        labeler(side="short").label(panel, terms=terms_for(panel, margin=margin))


def test_tiers_of_margin_need_a_position_value(random_panel, terms_for):
    panel = random_panel(1)
    tiers = (MarginTier(0.0, 0.1, 0.05), MarginTier(1_000_000.0, 0.5, 0.4))
    terms = terms_for(panel, margin=MarginTerms(tiers=tiers))
    with pytest.raises(qlop.DataError, match="set position_value"):
        labeler().label(panel, terms=terms)
    assert labeler(position_value=999_999.0).label(panel, terms=terms)["target"].notna().any()
    with pytest.raises(qlop.DataError, match=r"must be above 0\.5"):
        labeler(position_value=1_000_000.0).label(panel, terms=terms)


def test_terms_of_another_panel_are_refused(random_panel, terms_for):
    panel = random_panel(1)
    with pytest.raises(qlop.DataError, match=r"rates of shape \(60,\), and the panel has 50 timestamps"):
        labeler().label(random_panel(1, n_bars=50), terms=terms_for(panel))


def test_a_rate_that_is_not_known_is_refused_with_its_date(random_panel, terms_for):
    panel = random_panel(1)
    rates = np.full(60, 0.03)
    rates[2] = np.nan
    with pytest.raises(qlop.DataError, match=r"rate of 2024-01-03 is nan; it must be finite"):
        labeler().label(panel, terms=terms_for(panel, rate=rates))


def test_rows_whose_horizon_lies_beyond_the_data_are_not_resolved(random_panel, terms_for):
    panel = random_panel(2)
    labels = labeler(horizon_bars=5).label(panel, terms=terms_for(panel))
    for _, rows in labels.groupby(level="ticker"):
        assert rows.iloc[:-6].notna().all(axis=None)
        assert rows.iloc[-6:].isna().all(axis=None)
    check_labels(labels, panel, "classification")


def slow_wealth(rows: pd.DataFrame, t: int, leverage: float, horizon: int, terms: BrokerTerms, rates: pd.Series):
    """The wealth of a long by one loop over days, in money: 1 of equity, shares bought at the open of t + 1."""
    kappa, m = terms.fees.one_side_cost_fraction, terms.margin.maintenance_long
    opens, lows = rows["open"].to_numpy(), rows["low"].to_numpy()
    entry = opens[t + 1]
    shares = leverage / entry
    debt = (leverage - 1.0) + leverage * kappa
    calendar = rates.index
    for k in range(t + 1, t + horizon + 2):
        if k > t + 1:
            held = calendar[(calendar >= rows.index[k - 1]) & (calendar < rows.index[k])]
            following = [*held[1:], rows.index[k]]
            for day, next_day in zip(held, following, strict=True):
                rate = rates[day] + terms.financing.debit_spread_annual
                debt += (leverage - 1.0) * rate * (next_day - day).days / terms.financing.basis
        trigger = debt / (shares * (1.0 - m))
        watched = opens[k] if k == t + horizon + 1 else lows[k]
        if leverage > 1.0 and watched <= trigger:
            return shares * min(opens[k], trigger) * (1.0 - kappa) - debt, True
    return shares * opens[t + horizon + 1] * (1.0 - kappa) - debt, False


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), horizon=st.integers(1, 12), leverage=st.floats(1.0, 2.4))
def test_the_label_equals_a_slow_account_kept_day_by_day(seed, horizon, leverage):
    panel = _random_panel(seed, volatility=0.06)
    calendar = panel.index.unique(level="timestamp")
    rates = pd.Series(np.random.default_rng(seed).uniform(0.0, 0.1, len(calendar)), index=calendar)
    terms = _terms(rates.to_numpy())
    labels = labeler(leverage=leverage, horizon_bars=horizon).label(panel, terms=terms)
    for ticker, rows in panel.groupby(level="ticker"):
        own = rows.droplevel("ticker")
        found = labels.xs(ticker, level="ticker")
        for t in range(len(own) - horizon - 1):
            levered, breach = slow_wealth(own, t, leverage, horizon, terms, rates)
            twin, _ = slow_wealth(own, t, 1.0, horizon, terms, rates)
            assert found["advantage"].iloc[t] == pytest.approx(levered - twin, abs=1e-12)
            assert found["breach"].iloc[t] == breach
            assert found["target"].iloc[t] == (found["advantage"].iloc[t] > 0.0 and not breach)


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("volatility", [0.02, 0.12])
def test_the_label_equals_the_backtest_of_its_own_trade_but_for_interest_on_interest(side, volatility):
    panel = _random_panel(21, volatility=volatility).xs("AAA", level="ticker", drop_level=False)
    margin = MarginTerms(initial_long=0.4, initial_short=0.4, liquidate_to="flat", liquidation_fee_bps=20.0)
    terms = replace(_terms(np.full(50, 0.03), borrow_fee_annual=0.02), fees=FeeTerms(), margin=margin)
    execution = ExecutionConfig(close_at_end="off", initial_cash=1.0)
    labels = labeler(side=side, horizon_bars=6).label(panel, terms=terms)
    exposure = 2.0 if side == "long" else -2.0
    breaches = 0
    for t in range(0, 43, 3):
        signals = pd.Series(np.nan, index=panel.index)
        signals.iloc[t], signals.iloc[t + 6] = exposure, 0.0
        levered = run_backtest(panel, signals, terms, execution)
        twin = run_backtest(panel, signals / 2.0, terms, execution)
        at_exit = t + 7
        advantage = levered.equity["equity"].iloc[at_exit] - twin.equity["equity"].iloc[at_exit]
        assert labels["advantage"].iloc[t] == pytest.approx(advantage, abs=1e-5)
        assert labels["breach"].iloc[t] == (len(levered.margin_calls) > 0)
        breaches += len(levered.margin_calls)
    assert (breaches > 0) == (volatility > 0.1)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), horizon=st.integers(1, 10), side=st.sampled_from(["long", "short"]))
def test_bars_after_label_end_do_not_change_a_label(seed, horizon, side):
    panel = _random_panel(seed, volatility=0.05)
    terms = _terms(np.random.default_rng(seed).uniform(0.0, 0.1, 50))
    made = labeler(horizon_bars=horizon, side=side, hurdle=None)
    assert check_label_end(made, panel, terms, cuts=49).n_values > 0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), spread=st.floats(0.0, 0.2), more=st.floats(0.001, 0.2))
def test_where_nothing_is_breached_the_advantage_falls_as_the_spread_rises(seed, spread, more):
    panel = _random_panel(seed, volatility=0.02)
    dear, cheap = (
        labeler().label(panel, terms=_terms(np.full(50, 0.03), debit_spread_annual=charged))
        for charged in (spread + more, spread)
    )
    compared = (dear["breach"] == 0.0) & (cheap["breach"] == 0.0)
    assert compared.any()
    assert (dear["advantage"] < cheap["advantage"])[compared].all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), side=st.sampled_from(["long", "short"]), volatility=st.floats(0.01, 0.15))
def test_a_leverage_of_one_has_no_advantage(seed, side, volatility):
    panel = _random_panel(seed, volatility=volatility)
    terms = _terms(np.full(50, 0.03), borrow_fee_annual=0.02, credit_spread_annual=0.01)
    labels = labeler(leverage=1.0, side=side).label(panel, terms=terms)
    assert (labels["advantage"].dropna() == 0.0).all()
    assert (labels["target"].dropna() == 0.0).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), leverage=st.floats(1.1, 2.4))
def test_without_a_breach_the_advantage_is_the_borrowed_units_payoff(seed, leverage):
    panel = _random_panel(seed, volatility=0.02)
    labels = labeler(leverage=leverage).label(panel, terms=_terms(np.full(50, 0.03))).dropna()
    kept = labels[labels["breach"] == 0.0]
    np.testing.assert_allclose(kept["advantage"], (leverage - 1.0) * kept["payoff"], atol=1e-12)


def _terms(rates: np.ndarray, **financing) -> BrokerTerms:
    return BrokerTerms(
        financing=replace(FinancingTerms(rates, debit_spread_annual=0.015), **financing),
        fees=FeeTerms(fee_bps=3.0, slippage_bps=2.0),
        margin=MarginTerms(initial_long=0.4, initial_short=0.4),
    )


def _random_panel(seed: int, volatility: float, n_bars: int = 50) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    timestamps = pd.bdate_range("2024-01-01", periods=n_bars, tz="UTC").as_unit("us")
    shape = (n_bars, 2)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, volatility, shape), axis=0))
    open_ = close * np.exp(rng.normal(0.0, volatility / 2, shape))
    high = np.maximum(open_, close) * (1.0 + rng.uniform(0.0, volatility, shape))
    low = np.minimum(open_, close) * (1.0 - rng.uniform(0.0, volatility, shape))
    held = np.ones(shape, dtype=bool)
    held[rng.choice(np.arange(1, n_bars), size=4, replace=False), 1] = False
    index = pd.MultiIndex.from_product([timestamps, ["AAA", "BBB"]], names=["timestamp", "ticker"])
    wide = {"open": open_, "high": high, "low": low, "close": close, "volume": np.ones(shape)}
    return pd.DataFrame({name: values.ravel() for name, values in wide.items()}, index=index)[held.ravel()]
