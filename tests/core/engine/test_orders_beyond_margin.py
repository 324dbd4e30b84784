"""Orders beyond the initial margin, and what fees take, with numbers that fit in the head. Cash 1,000; costs and rates are zero unless named."""

from __future__ import annotations

import pytest

from core.contracts.broker_terms import FeeTerms, MarginTerms, MarginTier
from tests.core.engine.small_book import NAN, fills, panel_of, run


@pytest.mark.parametrize(
    ("policy", "reason", "left"), [("scale", "scaled_to_margin", 10.0), ("reject", "insufficient_margin", 30.0)]
)
def test_an_order_beyond_initial_margin_is_scaled_or_rejected(policy: str, reason: str, left: float) -> None:
    result = run(panel_of({"A": [100.0, 100.0]}), {"A": [3.0]}, margin=MarginTerms(insufficient_margin=policy))
    assert result.unfilled[["shares", "reason"]].to_numpy().tolist() == [[left, reason]]
    assert result.fills["shares"].sum() == pytest.approx(30.0 - left)


@pytest.mark.parametrize(
    ("targets", "filled", "rejected"),
    [
        ({"A": 0.5, "B": 2.0}, [("A", 5.0)], [("B", 20.0)]),  # .25 + 1 is beyond 1
        ({"A": 2.1, "B": 0.5}, [("B", 5.0)], [("A", 21.0)]),  # A does not fit, B does
        ({"A": 1.5, "B": 1.0, "C": 0.5}, [("A", 15.0), ("C", 5.0)], [("B", 10.0)]),  # .75, no .5, .25
    ],
)
def test_reject_leaves_out_the_orders_that_do_not_fit_and_fills_the_others(
    targets: dict[str, float], filled: list[tuple[str, float]], rejected: list[tuple[str, float]]
) -> None:
    panel = panel_of({ticker: [100.0, 100.0] for ticker in targets})
    signals = {ticker: [target] for ticker, target in targets.items()}
    result = run(panel, signals, margin=MarginTerms(insufficient_margin="reject"))
    assert list(result.fills[["ticker", "shares"]].itertuples(index=False, name=None)) == filled
    assert list(result.unfilled[["ticker", "shares"]].itertuples(index=False, name=None)) == rejected
    assert result.unfilled["reason"].unique().tolist() == ["insufficient_margin"]


def test_reject_counts_what_reductions_free_before_any_increase() -> None:
    panel = panel_of({"A": [100.0] * 3, "B": [100.0] * 3})
    result = run(panel, {"A": [NAN, 1.0], "B": [2.0, 1.0]}, margin=MarginTerms(insufficient_margin="reject"))
    assert result.unfilled.empty
    assert fills(result)[1:] == [("buy", 10.0, 100.0), ("sell", 10.0, 100.0)]


def test_reject_counts_the_cost_of_each_order() -> None:
    # Sized before costs, A takes 500 and pays 10; B would take 500 and pay 10, and 490 is left.
    panel = panel_of({"A": [100.0] * 2, "B": [100.0] * 2})
    margin = MarginTerms(insufficient_margin="reject")
    fees = FeeTerms(fee_bps=100.0)
    result = run(panel, {"A": [1.0], "B": [1.0]}, margin=margin, fees=fees, size_includes_fee=False)
    assert result.fills["ticker"].tolist() == ["A"]
    assert result.unfilled["ticker"].tolist() == ["B"]


def test_several_orders_beyond_initial_margin_are_scaled_by_one_factor() -> None:
    panel = panel_of({"A": [100.0, 100.0], "B": [50.0, 50.0]})
    result = run(panel, {"A": [3.0], "B": [-1.0]}, margin=MarginTerms(initial_long=0.5, initial_short=1.0))
    # .5 x 3,000 + 1 x 1,000 = 2,500 against 1,000: the factor is .4.
    assert result.fills["value"].tolist() == pytest.approx([1200.0, 400.0])


def test_what_reduces_a_position_is_filled_even_below_initial_margin() -> None:
    panel = panel_of({"A": [100.0, 100.0, 70.0, 70.0]})
    result = run(panel, {"A": [2.0, NAN, 4.0, NAN]})
    # E = 1,400 - 1,000 = 400 on 1,400 of stock, 29 %: more than maintenance, less than initial, so no more is bought.
    assert result.unfilled["reason"].tolist() == ["insufficient_margin"]
    reduced = run(panel, {"A": [2.0, 1.9, NAN, NAN]}, margin=MarginTerms(insufficient_margin="reject"))
    assert fills(reduced)[-1] == ("sell", round(20 - 1.9 * 400 / 70, 9), 70.0)


def test_scaling_leaves_room_for_the_fee() -> None:
    fees = FeeTerms(fee_bps=20.0, slippage_bps=10.0, minimum_fee=3.0)
    result = run(panel_of({"A": [100.0, 100.0]}), {"A": [4.0]}, fees=fees)
    assert result.equity["leverage"].iloc[1] == pytest.approx(2.0, rel=1e-9)


@pytest.mark.parametrize(
    ("shares", "fee"),
    [(10.0, 5.0), (2000.0, 20.0), (0.5, 0.25)],  # the minimum; .01 a share; the cap of .5 % of 50
)
def test_a_fee_by_the_share_has_a_minimum_and_a_cap(shares: float, fee: float) -> None:
    fees = FeeTerms(fee_per_share=0.01, minimum_fee=5.0, cap_fraction=0.005)
    panel = panel_of({"A": [100.0, 100.0]})
    result = run(panel, {"A": [1.0]}, fees=fees, initial_cash=shares * 100, size_includes_fee=False)
    assert result.fills["fee"].tolist() == pytest.approx([fee])


def test_scaling_takes_the_tier_of_the_position_that_was_wanted() -> None:
    tiers = (MarginTier(0.0, 0.2, 0.1), MarginTier(3000.0, 0.5, 0.25))
    result = run(panel_of({"A": [100.0, 100.0]}), {"A": [4.0]}, margin=MarginTerms(tiers=tiers))
    # 4,000 would need 2,000 at 50 %; half of it is allowed.
    assert fills(result) == [("buy", 20.0, 100.0)]
