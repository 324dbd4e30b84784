"""When, at what price and how much an order fills, with numbers that fit in the head. Cash 1,000; costs and rates are zero unless named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.contracts.broker_terms import FeeTerms, MarginTerms
from tests.core.engine.small_book import NAN, RISING, fills, panel_of, run


@pytest.mark.parametrize(("fill", "price"), [("next_open", 110.0), ("next_close", 120.0), ("same_close", 100.0)])
def test_an_order_is_filled_when_the_config_says(fill: str, price: float) -> None:
    result = run(panel_of(RISING), {"A": [1.0]}, fill=fill)
    assert fills(result) == [("buy", round(1000 / price, 9), price)]


def test_size_at_the_signal_close_buys_what_that_close_promised() -> None:
    # 1,000 / 100 = 10 shares, bought at 110: 100 of it is borrowed.
    result = run(panel_of(RISING), {"A": [1.0]}, size_price="signal_close")
    assert fills(result) == [("buy", 10.0, 110.0)]
    assert result.equity["debt"].iloc[1] == pytest.approx(100.0)


def test_size_at_the_signal_close_follows_a_split_before_the_fill() -> None:
    # Ten shares of 100 became twenty of 50.
    panel = panel_of({"A": [100.0, 55.0, 55.0]}, split={"A": [1.0, 2.0, 1.0]})
    result = run(panel, {"A": [1.0]}, size_price="signal_close", adjustment="raw")
    assert fills(result) == [("buy", 20.0, 55.0)]


def test_a_reversal_sized_at_the_signal_opens_with_what_closing_has_left() -> None:
    # Bought 10 at 100, fee 10. At the signal E = 1,090; closing costs 11; (1,090 - 11) / 110 shares are sold short.
    result = run(
        panel_of({"A": [100.0, 100.0, 110.0, 110.0]}),
        {"A": [1.0, NAN, -1.0]},
        fees=FeeTerms(fee_bps=100.0),
        size_price="signal_close",
        size_includes_fee=False,
    )
    assert fills(result)[1:] == [("sell", 10.0, 110.0), ("sell", round(1079 / 110, 9), 110.0)]


def test_the_fee_fits_into_the_order_or_comes_on_top() -> None:
    panel = panel_of({"A": [100.0, 100.0, 100.0]})
    fees = FeeTerms(fee_bps=100.0)
    inside = run(panel, {"A": [2.0]}, fees=fees, margin=MarginTerms(check="off", initial_long=0.4))
    on_top = run(panel, {"A": [2.0]}, fees=fees, margin=MarginTerms(initial_long=0.4), size_includes_fee=False)
    # V = 2 (1,000 - .01 V), so V = 2,000 / 1.02 and leverage is 2 after the fee.
    assert inside.fills["value"].iloc[0] == pytest.approx(2000 / 1.02)
    assert inside.equity["leverage"].iloc[1] == pytest.approx(2.0)
    assert on_top.fills["value"].iloc[0] == pytest.approx(2000.0)
    assert on_top.equity["leverage"].iloc[1] == pytest.approx(2000 / 980)


def test_the_cash_buffer_takes_its_part_of_levered_targets_too() -> None:
    result = run(panel_of({"A": [100.0, 100.0]}), {"A": [1.5]}, cash_buffer=0.1)
    assert fills(result) == [("buy", 13.5, 100.0)]


@pytest.mark.parametrize(("target", "side"), [(1.0, "buy"), (-1.0, "sell")])
def test_whole_shares_are_cut_toward_zero(target: float, side: str) -> None:
    result = run(panel_of({"A": [300.0, 300.0]}), {"A": [target]}, shares="whole")
    assert fills(result) == [(side, 3.0, 300.0)]


def test_an_exact_number_of_whole_shares_is_not_lost_to_rounding() -> None:
    result = run(panel_of({"A": [0.1, 0.1]}), {"A": [0.3]}, shares="whole")
    assert result.fills["shares"].tolist() == [3000.0]


def test_on_change_compares_with_the_last_target_not_with_the_drifted_weight() -> None:
    panel = panel_of({"A": [100.0, 100.0, 150.0, 150.0, 150.0]})
    kept = run(panel, {"A": [0.5, 0.5, 0.5, 0.4]})
    steady = run(panel, {"A": [0.5, 0.5, 0.5, 0.4]}, rebalance="every_bar")
    # 5 shares at 100 drift to 60 % of 1,250. on_change trades at the change to .4 alone: 500 / 150 shares are left.
    assert fills(kept) == [("buy", 5.0, 100.0), ("sell", round(5 - 500 / 150, 9), 150.0)]
    assert fills(steady)[1] == ("sell", round(5 - 625 / 150, 9), 150.0)


@pytest.mark.parametrize(
    ("schedule", "start", "traded"),
    [("week_end", "2020-01-08", [3]), ("month_end", "2020-01-29", [3])],
)
def test_a_schedule_trades_after_its_last_bar_alone(schedule: str, start: str, traded: list[int]) -> None:
    # From Wednesday 8 January, and from Wednesday 29 January: Friday, bar 2, ends the week, and the month.
    panel = panel_of({"A": [100.0] * 5}, start=start)
    result = run(panel, {"A": [1.0] * 5}, rebalance="schedule", schedule=schedule)
    days = panel.index.get_level_values(0)
    assert result.fills["timestamp"].tolist() == [days[bar] for bar in traded]


def test_a_holiday_at_the_end_of_the_month_does_not_hide_the_month_end() -> None:
    days = pd.DatetimeIndex(["2020-02-26", "2020-02-27", "2020-03-02", "2020-03-03"], tz="UTC")
    index = pd.MultiIndex.from_product([days, ["A"]], names=["timestamp", "ticker"])
    panel = pd.DataFrame(100.0, index=index, columns=["open", "high", "low", "close", "volume"])
    result = run(panel, {"A": [1.0] * 4}, rebalance="schedule", schedule="month_end")
    assert result.fills["timestamp"].tolist() == [days[2]]


@pytest.mark.parametrize(
    ("close_at_end", "price", "reasons"),
    [("off", None, []), ("last_open", 90.0, ["end_of_data"]), ("last_close", 95.0, ["end_of_data"])],
)
def test_positions_are_closed_at_the_end_as_the_config_says(
    close_at_end: str, price: float | None, reasons: list
) -> None:
    panel = panel_of({"A": [100.0, 100.0, (90.0, 96.0, 89.0, 95.0)]})
    result = run(panel, {"A": [1.0, NAN, 0.5]}, close_at_end=close_at_end)
    assert result.trades["exit_reason"].tolist() == reasons
    assert result.trades["exit_price"].tolist() == ([] if price is None else [price])
    assert result.unfilled["reason"].tolist() == ["end_of_data"]


def test_a_position_opened_at_the_close_never_meets_that_bars_low() -> None:
    panel = panel_of({"A": [100.0, (100.0, 100.0, 10.0, 100.0), 100.0]})
    at_open = run(panel, {"A": [2.0]})
    at_close = run(panel, {"A": [2.0]}, fill="next_close")
    assert set(at_open.margin_calls["kind"]) == {"intrabar"}
    assert at_close.margin_calls.empty
    assert at_close.equity["equity"].tolist() == [1000.0] * 3


def test_an_order_waits_for_its_tickers_next_bar() -> None:
    panel = panel_of({"A": [100.0] * 4, "B": [50.0, None, None, 60.0]})
    result = run(panel, {"B": [0.6]})
    assert fills(result) == [("buy", 10.0, 60.0)]
    assert result.fills["timestamp"].iloc[0] == panel.index.get_level_values(0).unique()[3]


def test_a_position_without_a_bar_keeps_its_last_close_and_is_not_sold() -> None:
    # Maintenance is breached at bar 2 by A's fall; only A can be sold, B has no bar.
    panel = panel_of({"A": [100.0, 100.0, 60.0, 60.0], "B": [50.0, 50.0, None, 50.0]})
    result = run(panel, {"A": [1.2], "B": [0.8]}, margin=MarginTerms(maintenance_long=0.4, liquidate_to="flat"))
    call = result.margin_calls.iloc[0]
    assert (call["kind"], call["sold_value"], call["equity_before"]) == ("gap", 720.0, 520.0)
    assert result.equity["positions_value"].iloc[2] == 800.0
    assert result.equity["equity"].iloc[2] == 520.0


def test_a_ticker_that_ends_is_paid_out_at_its_last_close_without_a_fee() -> None:
    panel = panel_of({"A": [100.0] * 4, "B": [50.0, 50.0, None, None]})
    result = run(panel, {"B": [1.0, 0.5]}, fees=FeeTerms(fee_bps=100.0), size_includes_fee=False)
    last = result.fills.iloc[-1]
    assert last[["side", "shares", "price", "fee", "reason"]].tolist() == ["sell", 20.0, 50.0, 0.0, "delisted"]
    assert result.trades["exit_reason"].tolist() == ["delisted"]
    assert result.unfilled[["ticker", "reason"]].to_numpy().tolist() == [["B", "delisted"]]


def test_slippage_moves_the_price_against_the_order() -> None:
    panel = panel_of({"A": [100.0, 100.0, 100.0, 100.0]})
    result = run(panel, {"A": [1.0, NAN, 0.0]}, fees=FeeTerms(slippage_bps=50.0), size_includes_fee=False)
    assert fills(result) == [("buy", 10.0, 100.5), ("sell", 10.0, 99.5)]
    assert result.costs["slippage"].tolist() == [0.0, -5.0, 0.0, -5.0]


def test_buffers_grow_when_one_bar_brings_more_than_they_hold() -> None:
    random = np.random.default_rng(3)
    bars = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 400)))
    panel = panel_of({"A": [float(price) for price in bars]})
    # Every bar asks for more than the margin allows, so every bar leaves something unfilled.
    result = run(panel, {"A": [3.0, 2.9] * 200}, rebalance="every_bar")
    assert len(result.unfilled) == 400
    assert result.unfilled["timestamp"].is_monotonic_increasing


def test_an_empty_signal_series_keeps_the_cash() -> None:
    result = run(panel_of({"A": [100.0, 120.0]}), {})
    assert result.equity["equity"].tolist() == [1000.0, 1000.0]
    assert result.trades.empty
    assert result.fills.empty
