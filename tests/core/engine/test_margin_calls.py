"""Margin calls and liquidation, each option by itself, with numbers that fit in the head. Cash 1,000; costs and rates are zero unless named."""

from __future__ import annotations

import numpy as np
import pytest

from core.contracts.broker_terms import FeeTerms, MarginTerms, MarginTier
from tests.core.engine.small_book import NAN, fills, panel_of, run


def test_check_close_looks_at_closes_alone() -> None:
    panel = panel_of({"A": [100.0, (100.0, 100.0, 40.0, 90.0), (90.0, 90.0, 60.0, 60.0), 60.0]})
    result = run(panel, {"A": [2.0]}, margin=MarginTerms(check="close", liquidate_to="flat"))
    assert result.margin_calls["kind"].tolist() == ["close"]
    assert np.isnan(result.margin_calls["theta"].iloc[0])
    assert fills(result)[-1] == ("sell", 20.0, 60.0)


def test_every_call_of_a_bar_is_at_its_own_trigger() -> None:
    """Short 19 at 100: P* = 2,900 / (19 x 1.3) = 117.409, where .4 of it is bought back, which leaves E = .5 G.

    So the next trigger is 1.5 / 1.3 times as high, and the one after again: 135.472 and 156.314; 180.4 is not met.
    """
    panel = panel_of({"A": [100.0, (100.0, 160.0, 100.0, 150.0), 150.0]})
    result = run(panel, {"A": [-1.9]})
    first = 2900 / (19 * 1.3)
    triggers = [first * (1.5 / 1.3) ** n for n in range(3)]
    assert triggers == pytest.approx([117.408907, 135.471816, 156.313633])
    assert result.fills["price"].tolist()[1:] == pytest.approx(triggers, rel=1e-12)
    assert result.fills["shares"].tolist()[1:] == pytest.approx([7.6, 4.56, 2.736], rel=1e-12)
    assert result.equity["equity"].iloc[-1] == pytest.approx(346.6667273554847, rel=1e-9)


def test_a_deep_fall_is_sold_at_every_trigger_on_its_way() -> None:
    # P* = 66.67 = 1,000 / (20 x .75), and each next one is (1 - k) / (1 - m) = 2 / 3 of it: eleven down to 1.16.
    panel = panel_of({"A": [100.0, (100.0, 100.0, 1.0, 1.0)]})
    result = run(panel, {"A": [2.0]})
    assert result.fills["price"].tolist()[1:] == pytest.approx([100 * (2 / 3) ** n for n in range(1, 12)], rel=1e-9)
    assert (result.margin_calls["required_before"] / result.margin_calls["equity_before"]).tolist() == pytest.approx(
        [1.0] * 11
    )


def test_liquidation_to_maintenance_sells_whenever_an_eighth_of_the_equity_is_gone() -> None:
    # P* = 1,000 / (20 x .75) = 66.67, E = 333.33: nothing is to be sold there. At 64.583 E = 291.67 and G = 1,291.67:
    # S = (.25 G - E) / .25 = 125. That leaves E = .25 G again; an eighth is gone at 62.565, then at 60.610; 60 is the end.
    panel = panel_of({"A": [100.0, 100.0, (80.0, 80.0, 60.0, 80.0)]})
    result = run(panel, {"A": [2.0]}, margin=MarginTerms(liquidate_to="maintenance"))
    prices = [200 / 3 * (1 - 0.25 / 8) ** n for n in (1, 2, 3)]
    shares, expected = 20.0, []
    for price, before in zip([*prices, 60.0], [200 / 3, *prices], strict=True):
        equity = 0.25 * shares * before - shares * (before - price)
        sold = (0.25 * shares * price - equity) / 0.25 / price
        expected.append(("sell", round(sold, 9), round(price, 9)))
        shares -= sold
    assert expected[0] == ("sell", round(125 / prices[0], 9), round(64.5833333333333, 9))
    assert fills(result)[1:] == expected
    assert result.margin_calls["equity_after"].iloc[-1] == pytest.approx(0.25 * shares * 60)


@pytest.mark.parametrize("extreme", [62.0, 50.0, 30.0])
@pytest.mark.parametrize("margin", [MarginTerms(liquidate_to="maintenance"), MarginTerms(initial_long=0.2501)])
def test_liquidation_to_maintenance_stays_near_selling_without_a_pause(extreme: float, margin: MarginTerms) -> None:
    # Sold without a pause E stays m q P, so that dE = q dP gives E ~ P^(1 / m), from m q P* = 333.33 at 66.67.
    panel = panel_of({"A": [100.0, 100.0, (100.0, 100.0, extreme, extreme)]})
    result = run(panel, {"A": [2.0]}, margin=margin)
    limit = 1000 / 3 * (extreme / (200 / 3)) ** 4
    assert 0.0 <= limit - result.equity["equity"].iloc[-1] < 0.02 * 1000 / 3


def test_a_short_liquidated_to_maintenance_stays_near_buying_without_a_pause() -> None:
    # dE = -|q| dP and E = m |q| P give E ~ P^(-1 / m), from .3 x 19 P* at P* = 117.41.
    panel = panel_of({"A": [100.0, 100.0, (100.0, 150.0, 100.0, 150.0)]})
    result = run(panel, {"A": [-1.9]}, margin=MarginTerms(liquidate_to="maintenance"))
    trigger = 2900 / (19 * 1.3)
    at_trigger = 0.3 * 19 * trigger
    limit = at_trigger * (150 / trigger) ** (-1 / 0.3)
    assert 0.0 <= limit - result.equity["equity"].iloc[-1] < 0.035 * at_trigger


def test_no_bar_has_more_than_64_calls_and_the_last_sells_everything() -> None:
    panel = panel_of({"A": [100.0, 100.0, (100.0, 100.0, 0.01, 0.01)]})
    margin = MarginTerms(initial_long=0.02, maintenance_long=0.01, liquidate_to="maintenance")
    result = run(panel, {"A": [40.0]}, margin=margin)
    # The first call, at the trigger, sells nothing and is not kept. 62 waits of an eighth each are left of E = .01 G.
    assert len(result.margin_calls) == 63
    assert result.equity["gross_exposure"].iloc[-1] == 0.0
    assert 0.0 < result.equity["equity"].iloc[-1] < 400 * (7 / 8) ** 62


@pytest.mark.parametrize("liquidate_to", ["maintenance", "initial"])
@pytest.mark.parametrize("account", ["cross", "isolated"])
def test_a_fall_without_a_gap_never_leaves_a_debt(liquidate_to: str, account: str) -> None:
    panel = panel_of({"A": [100.0, 100.0, (100.0, 100.0, 1.0, 1.0)]})
    margin = MarginTerms(account=account, initial_long=0.26, liquidate_to=liquidate_to)
    result = run(panel, {"A": [3.8]}, margin=margin, fees=FeeTerms(fee_bps=5.0))
    assert len(result.margin_calls) >= 7
    assert (np.diff(result.margin_calls["theta"]) > 0.0).all()
    assert (result.margin_calls["equity_after"] > 0.0).all()
    assert result.equity["gross_exposure"].iloc[-1] == 0.0
    assert result.ruined_at is None


def test_long_and_short_together_move_to_their_adverse_extremes() -> None:
    """Long 10 A at 100, short 10 B at 100; m = .25 and .30, cash 1,000 + 0; A falls to 60, B rises to 140.

    E(theta) = 1,000 - 800 theta; requirement = .25 (1,000 - 400 theta) + .30 (1,000 + 400 theta) = 550 + 20 theta;
    equal at theta = 450 / 820.
    """
    panel = panel_of(
        {"A": [100.0, 100.0, (100.0, 100.0, 60.0, 90.0)], "B": [100.0, 100.0, (100.0, 140.0, 100.0, 110.0)]}
    )
    result = run(panel, {"A": [1.0], "B": [-1.0]}, margin=MarginTerms(liquidate_to="flat"))
    call = result.margin_calls.iloc[0]
    assert call["theta"] == pytest.approx(450 / 820, rel=1e-12)
    assert call["equity_after"] == pytest.approx(1000 - 800 * 450 / 820, rel=1e-12)
    assert result.fills["price"].tolist()[2:] == pytest.approx([100 - 40 * 450 / 820, 100 + 40 * 450 / 820])


@pytest.mark.parametrize(("leverage", "maintenance"), [(1.5, 0.3), (2.0, 0.25), (1.9, 0.1)])
def test_a_single_position_is_called_at_the_price_of_the_closed_form(leverage: float, maintenance: float) -> None:
    bar = (100.0, 250.0, 10.0, 100.0)
    panel = panel_of({"A": [100.0, bar]})
    margin = MarginTerms(maintenance_long=maintenance, maintenance_short=maintenance, liquidate_to="flat")
    long = run(panel, {"A": [leverage]}, margin=margin)
    short = run(panel, {"A": [-leverage]}, margin=margin)
    shares = leverage * 10
    # P* = D / (q (1 - m)), and P* = C / (|q| (1 + m)).
    assert long.fills["price"].iloc[1] == pytest.approx((shares * 100 - 1000) / (shares * (1 - maintenance)))
    assert short.fills["price"].iloc[1] == pytest.approx((shares * 100 + 1000) / (shares * (1 + maintenance)))


def test_a_cheap_short_may_have_to_keep_all_of_its_value_or_more() -> None:
    # P* = 1,500 / (5 x 2) = 150 at a rate of 1.
    panel = panel_of({"A": [100.0, (100.0, 170.0, 100.0, 100.0)]})
    margin = MarginTerms(initial_short=1.5, maintenance_short=1.0, liquidate_to="flat")
    result = run(panel, {"A": [-0.5]}, margin=margin)
    assert result.fills["price"].tolist() == pytest.approx([100.0, 150.0])


def test_largest_loss_first_sells_the_loser_before_the_winner() -> None:
    panel = panel_of({"A": [100.0, 100.0, 50.0, 50.0], "B": [100.0, 100.0, 110.0, 110.0]})
    margin = MarginTerms(maintenance_long=0.45, liquidation_order="largest_loss_first")
    result = run(panel, {"A": [1.0], "B": [1.0]}, margin=margin)
    # E = 500 + 1,100 - 1,000 = 600 < .45 x 1,600 = 720; S = (.5 x 1,600 - 600) / .5 = 400, all of it from A.
    assert result.fills[["ticker", "value"]].iloc[-1].tolist() == ["A", 400.0]
    pro_rata = run(panel, {"A": [1.0], "B": [1.0]}, margin=MarginTerms(maintenance_long=0.45))
    assert pro_rata.fills["value"].tolist()[-2:] == pytest.approx([125.0, 275.0])


def test_tiers_take_the_rates_of_the_positions_value() -> None:
    tiers = (MarginTier(0.0, 0.2, 0.1), MarginTier(3000.0, 0.5, 0.25))
    panel = panel_of({"A": [100.0, 100.0, (100.0, 100.0, 70.0, 80.0)]})
    # 2,900 needs 580; 3,100 would need 1,550.
    small = run(panel, {"A": [2.9]}, margin=MarginTerms(tiers=tiers, liquidate_to="flat"))
    large = run(panel, {"A": [3.1]}, margin=MarginTerms(tiers=tiers, insufficient_margin="reject"))
    assert small.fills["value"].iloc[0] == pytest.approx(2900.0)
    assert large.unfilled["reason"].tolist() == ["insufficient_margin"]
    # D = 1,900, q = 29, m = .1: P* = 1,900 / (29 x .9) = 72.80.
    assert small.fills["price"].iloc[1] == pytest.approx(1900 / (29 * 0.9))


def test_a_short_that_grows_into_a_dearer_tier_is_called_at_its_edge() -> None:
    tiers = (MarginTier(0.0, 0.2, 0.1), MarginTier(1200.0, 0.9, 0.85))
    panel = panel_of({"A": [100.0, 100.0, (100.0, 130.0, 100.0, 100.0)]})
    result = run(panel, {"A": [-1.0]}, margin=MarginTerms(tiers=tiers, liquidate_to="flat"))
    # At 120 the short is worth 1,200 and needs 1,020; equity is 800.
    assert result.fills["price"].iloc[1] == pytest.approx(120.0, rel=1e-6)


def test_a_debt_after_ruin_is_reported_and_ends_trading() -> None:
    panel = panel_of({"A": [100.0, 100.0, 30.0, 300.0, 300.0]})
    result = run(panel, {"A": [2.0, NAN, NAN, 1.0]}, rate=0.05)
    # 20 shares bought with 1,000 of credit are worth 600 at the gap.
    assert result.ruined_at == panel.index.get_level_values(0).unique()[2]
    owed = 400 + result.costs["debit_interest"].sum() * -1
    assert result.debt_after_ruin == pytest.approx(owed)
    assert result.equity["equity"].tolist()[2:] == pytest.approx([-owed] * 3)
    assert result.equity["debt"].iloc[-1] == pytest.approx(owed)
    assert len(result.fills) == 2


def test_ruin_without_a_margin_check_closes_everything_at_the_close() -> None:
    panel = panel_of({"A": [100.0, 100.0, (80.0, 80.0, 40.0, 45.0), 90.0]})
    result = run(panel, {"A": [2.0]}, margin=MarginTerms(check="off"))
    assert result.trades["exit_reason"].tolist() == ["ruin"]
    assert result.debt_after_ruin == pytest.approx(100.0)
