"""Each option by itself, with numbers that fit in the head. Cash 1,000; costs and rates are zero unless a test names them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms, MarginTier
from core.engine.backtest import BacktestResult, run_backtest
from core.engine.forward import forward_prices
from core.engine.levered_position import hold_to_horizon

NAN = np.nan
Bar = tuple[float, float, float, float] | float | None

NO_FEES = FeeTerms()
REGULATION_T = MarginTerms()


def panel_of(columns: dict[str, list[Bar]], start: str = "2020-01-06", **extra: dict[str, list[float]]) -> pd.DataFrame:
    """Bars as (open, high, low, close) or one price for all four; None where there is no bar."""
    rows = {}
    for ticker, bars in columns.items():
        for day, bar in zip(pd.bdate_range(start, periods=len(bars), tz="UTC"), bars, strict=True):
            if bar is not None:
                rows[day, ticker] = bar if isinstance(bar, tuple) else (bar,) * 4
    index = pd.MultiIndex.from_tuples(list(rows), names=["timestamp", "ticker"])
    panel = pd.DataFrame(list(rows.values()), columns=["open", "high", "low", "close"], index=index, dtype=float)
    panel["volume"] = 1e6
    for name, values in extra.items():
        panel[name] = [values[ticker][i] for i, ticker in enumerate(index.get_level_values(1))]
    return panel.sort_index()


def run(
    panel: pd.DataFrame,
    signals: dict[str, list[float]],
    *,
    fees: FeeTerms = NO_FEES,
    margin: MarginTerms = REGULATION_T,
    financing: dict[str, object] | None = None,
    rate: float = 0.0,
    adjustment: str = "total_return",
    **execution: object,
) -> BacktestResult:
    days = panel.index.get_level_values("timestamp").unique()
    series = pd.Series(NAN, index=panel.index)
    for ticker, values in signals.items():
        for day, value in zip(days, values, strict=False):
            if (day, ticker) in panel.index:
                series[day, ticker] = value
    terms = BrokerTerms(FinancingTerms(np.full(len(days), rate), **(financing or {})), fees, margin)
    config = ExecutionConfig(**{"initial_cash": 1000.0, "close_at_end": "off", **execution})
    return run_backtest(panel, series, terms, config, adjustment=adjustment)


def fills(result: BacktestResult) -> list[tuple[str, float, float]]:
    table = result.fills
    return list(zip(table["side"], table["shares"].round(9), table["price"].round(9), strict=True))


RISING = {"A": [100.0, (110.0, 120.0, 105.0, 120.0), 120.0, 120.0]}


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


def test_slippage_moves_the_price_against_the_order() -> None:
    panel = panel_of({"A": [100.0, 100.0, 100.0, 100.0]})
    result = run(panel, {"A": [1.0, NAN, 0.0]}, fees=FeeTerms(slippage_bps=50.0), size_includes_fee=False)
    assert fills(result) == [("buy", 10.0, 100.5), ("sell", 10.0, 99.5)]
    assert result.costs["slippage"].tolist() == [0.0, -5.0, 0.0, -5.0]


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


def test_scaling_takes_the_tier_of_the_position_that_was_wanted() -> None:
    tiers = (MarginTier(0.0, 0.2, 0.1), MarginTier(3000.0, 0.5, 0.25))
    result = run(panel_of({"A": [100.0, 100.0]}), {"A": [4.0]}, margin=MarginTerms(tiers=tiers))
    # 4,000 would need 2,000 at 50 %; half of it is allowed.
    assert fills(result) == [("buy", 20.0, 100.0)]


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
