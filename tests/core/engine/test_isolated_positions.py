"""Positions with margin of their own, with numbers that fit in the head. Cash 1,000; costs and rates are zero unless named."""

from __future__ import annotations

import numpy as np
import pytest

from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.engine.forward import forward_prices
from core.engine.levered_position import hold_to_horizon
from tests.core.engine.small_book import NAN, Bar, panel_of, run


def test_an_isolated_position_is_called_on_the_equity_set_aside_for_it() -> None:
    """Long 10 A and 10 B at 100 of 1,000: 500 is set aside for each, and 500 + 10 (P - 100) = .25 x 10 P at 66.67.

    The account as a whole is far from any call, as B rises.
    """
    panel = panel_of({"A": [100.0, 100.0, (100.0, 100.0, 60.0, 60.0)], "B": [100.0, 100.0, 200.0]})
    signals = {"A": [1.0], "B": [1.0]}
    isolated = run(panel, signals, margin=MarginTerms(account="isolated", liquidate_to="flat"))
    cross = run(panel, signals, margin=MarginTerms(liquidate_to="flat"))
    assert cross.margin_calls.empty
    assert isolated.fills["price"].iloc[2] == pytest.approx(1000 / 15)
    assert isolated.margin_calls[["ticker", "kind"]].to_numpy().tolist() == [["A", "intrabar"]]


@pytest.mark.parametrize("target", [0.5, 1.0])
def test_an_isolated_long_that_borrows_nothing_is_never_called(target: float) -> None:
    panel = panel_of({"A": [100.0, 100.0, (100.0, 100.0, 0.01, 0.01), (0.005, 0.005, 0.001, 0.001)]})
    result = run(panel, {"A": [target]}, margin=MarginTerms(account="isolated"), fees=FeeTerms(fee_bps=10.0))
    assert result.margin_calls.empty


@pytest.mark.parametrize("includes_fee", [True, False])
@pytest.mark.parametrize(("leverage", "side"), [(1.5, 1), (2.0, 1), (2.2, 1), (1.5, -1), (1.9, -1)])
def test_an_isolated_position_alone_is_called_where_the_label_says(
    leverage: float, side: int, includes_fee: bool
) -> None:
    # Its own equity is V / L. P* = e (L - 1) / (L (1 - m)) for a long, e (L + 1) / (L (1 + m)) for a short.
    panel = panel_of({"A": [100.0, 100.0, (100.0, 180.0, 30.0, 100.0)]})
    margin = MarginTerms(account="isolated", initial_long=0.4, liquidate_to="flat")
    fees = FeeTerms(fee_bps=20.0, slippage_bps=0.0)
    result = run(panel, {"A": [side * leverage]}, margin=margin, fees=fees, size_includes_fee=includes_fee)
    maintenance = 0.25 if side > 0 else 0.30
    expected = 100 * (leverage - side) / (leverage * (1 - side * maintenance))
    assert result.fills["price"].iloc[1] == pytest.approx(expected, rel=1e-9)


def test_an_isolated_position_and_its_label_agree_that_there_is_no_call() -> None:
    # P* = 100 / (2 x .75) = 66.67 at 2x, also where .4 would do to open it; prices fall to 78.
    prices = [100.0, 100.0, 100.0, 95.0, 85.0, 79.0, 78.0, 100.0]
    panel = panel_of({"A": list(prices)})
    margin = MarginTerms(account="isolated", initial_long=0.4)
    result = run(panel, {"A": [2.0]}, margin=margin)
    terms = BrokerTerms(FinancingTerms(np.zeros(8)), margin=margin)
    label = hold_to_horizon(forward_prices(panel), terms, side="long", leverage=2.0, horizon_bars=6)
    assert result.margin_calls.empty
    assert not label.is_called.any()


def test_an_increase_of_an_isolated_position_brings_what_no_position_has_yet() -> None:
    # A: 5 shares, 500 set aside, all of its value. B: 15 shares, and 500 is left for 1,500; .5 of it is asked: 750.
    # 750 + 15 (P - 100) = .25 x 15 P at 66.67; a half, bought later, of A would be its own.
    panel = panel_of({"A": [100.0] * 4, "B": [100.0, 100.0, 100.0, (100.0, 100.0, 50.0, 50.0)]})
    margin = MarginTerms(account="isolated", liquidate_to="flat")
    result = run(panel, {"A": [0.5], "B": [NAN, 1.5]}, margin=margin)
    assert result.fills["price"].tolist()[2:] == pytest.approx([1000 / 15])
    lower = MarginTerms(account="isolated", liquidate_to="flat", initial_long=0.3)
    # .3 x 1,500 = 450 is less than the 500 left: 500 + 15 (P - 100) = .25 x 15 P at 88.89.
    assert run(panel, {"A": [0.5], "B": [NAN, 1.5]}, margin=lower).fills["price"].iloc[2] == pytest.approx(1000 / 11.25)


def test_one_position_at_the_initial_limit_is_called_alike_isolated_and_cross() -> None:
    bars: list[Bar] = [100.0, 100.0, (95.0, 99.0, 61.0, 70.0), (55.0, 60.0, 40.0, 50.0), 50.0]
    fees = FeeTerms(slippage_bps=10.0)
    curves = [
        run(
            panel_of({"A": bars}),
            {"A": [2.0]},
            margin=MarginTerms(account=account, liquidation_fee_bps=30.0),
            fees=fees,
        )
        for account in ("cross", "isolated")
    ]
    assert len(curves[0].margin_calls) >= 2
    # What is set aside is half of the position; the entry's slippage is the account's.
    np.testing.assert_allclose(curves[0].equity["equity"], curves[1].equity["equity"], rtol=1e-9)


def test_reducing_an_isolated_position_takes_its_part_of_the_collateral() -> None:
    # 20 shares have 1,000 set aside, 10 have 500: 500 + 10 (P - 100) = .25 x 10 P at 66.67.
    panel = panel_of({"A": [100.0, 100.0, 100.0, (100.0, 100.0, 60.0, 60.0)]})
    result = run(panel, {"A": [2.0, 1.0]}, margin=MarginTerms(account="isolated", liquidate_to="flat"))
    assert result.fills["price"].tolist()[2:] == pytest.approx([1000 / 15])


def test_a_dividend_belongs_to_the_isolated_position_that_earned_it() -> None:
    # 20 shares, 1,000 set aside. At 60 its equity is 1,000 - 800 = 200 < 300; with the dividend of 400 it is 600.
    bars: list[Bar] = [100.0, 100.0, (80.0, 80.0, 60.0, 80.0)]
    margin = MarginTerms(account="isolated")
    paid = run(panel_of({"A": bars}, dividend={"A": [0.0, 0.0, 20.0]}), {"A": [2.0]}, margin=margin, adjustment="raw")
    unpaid = run(panel_of({"A": bars}), {"A": [2.0]}, margin=margin)
    assert paid.margin_calls.empty
    assert len(unpaid.margin_calls) == 1
