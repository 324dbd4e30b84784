"""Interest, rebates, dividends and trades, with numbers that fit in the head. Cash 1,000; costs and rates are zero unless named."""

from __future__ import annotations

import pytest

from core.contracts.broker_terms import FeeTerms
from tests.core.engine.small_book import panel_of, run


@pytest.mark.parametrize(
    ("accrual", "rate", "expected"),
    [
        ("simple", 0.05, 1000 * 0.06 * 3 / 365),
        ("compound", 0.05, 1000 * (1.06 ** (3 / 365) - 1)),
        ("per_bar", 0.0004, 1000 * (0.0004 + 0.01 * 3 / 365)),
    ],
)
def test_debit_interest_follows_the_accrual(accrual: str, rate: float, expected: float) -> None:
    panel = panel_of({"A": [100.0, 100.0, 100.0]}, start="2020-01-09")  # bar 1 is a Friday
    financing = {"debit_spread_annual": 0.01, "basis": 365.0, "accrual": accrual}
    result = run(panel, {"A": [2.0]}, financing=financing, rate=rate)
    assert result.costs["debit_interest"].iloc[2] == pytest.approx(-expected)


def test_locked_proceeds_earn_the_rebate_and_do_not_offset_a_debit() -> None:
    """Long 15 A, short 5 B at 100: 500 of credit for A beyond the own 1,000, while B's 500 are locked, or pay for A."""
    panel = panel_of({"A": [100.0] * 3, "B": [100.0] * 3})
    signals = {"A": [1.5], "B": [-0.5]}
    locked = run(
        panel, signals, rate=0.036, financing={"short_proceeds": "locked", "short_rebate_spread_annual": 0.0072}
    )
    free = run(panel, signals, rate=0.036)
    assert locked.equity[["cash", "debt"]].iloc[1].tolist() == [500.0, 500.0]
    assert locked.costs["debit_interest"].iloc[2] == pytest.approx(-500 * 0.0001)
    assert locked.costs["credit_interest"].iloc[2] == pytest.approx(500 * 0.00008)
    assert free.equity[["cash", "debt"]].iloc[1].tolist() == [0.0, 0.0]


def test_credit_and_rebate_never_turn_negative() -> None:
    panel = panel_of({"A": [100.0] * 3})
    result = run(panel, {"A": [0.5]}, rate=0.01, financing={"credit_spread_annual": 0.02})
    assert (result.costs["credit_interest"] == 0.0).all()


@pytest.mark.parametrize(("adjustment", "dividends"), [("raw", 20.0), ("splits", 20.0), ("total_return", 0.0)])
def test_dividends_are_credited_unless_prices_hold_them_already(adjustment: str, dividends: float) -> None:
    panel = panel_of({"A": [100.0, 100.0, 98.0]}, dividend={"A": [0.0, 5.0, 2.0]})
    result = run(panel, {"A": [1.0]}, adjustment=adjustment)
    # Bought at the open of the first ex-date: that dividend is not ours.
    assert result.costs["dividends"].tolist() == [0.0, 0.0, dividends]


def test_trades_share_the_fees_of_a_one_order_reversal_by_shares() -> None:
    panel = panel_of({"A": [100.0] * 6})
    result = run(
        panel,
        {"A": [1.0, -0.5, 0.0]},
        fees=FeeTerms(fee_bps=100.0),
        reversal="one_order",
        size_includes_fee=False,
    )
    assert result.trades["side"].tolist() == ["long", "short"]
    # Bought 10 (fee 10); sold 10 + 4.95 (fee 14.95, shared 10 and 4.95); bought 4.95 back (fee 4.95).
    assert result.trades["fees"].tolist() == pytest.approx([20.0, 9.9])
