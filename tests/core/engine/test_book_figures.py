from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms
from core.engine.backtest import run_backtest
from core.engine.metric_options import MetricOptions
from core.engine.metrics import backtest_metrics, compute_metrics

DOCUMENT = Path(__file__).parents[3] / "docs" / "metrics.md"
OPTIONS = MetricOptions(initial_equity=1000.0)
KINDS = ("fees", "slippage", "debit_interest", "credit_interest", "borrow_fee", "dividends", "liquidation_fee")


def equity(**columns):
    frame = pd.DataFrame(columns)
    frame.insert(0, "timestamp", pd.date_range("2020-01-01", periods=len(frame), tz="UTC"))
    return frame


def measured(curve, **books):
    given = {"trades": None, "fills": None, "costs": None, **books}
    return compute_metrics(curve, given.pop("trades"), given.pop("fills"), given.pop("costs"), options=OPTIONS, **given)


def test_exposure_and_leverage_by_hand():
    found = measured(
        equity(
            equity=[1000.0, 500.0, 800.0], gross_exposure=[0.0, 1000.0, 800.0], margin_headroom=[1000.0, 250.0, 600.0]
        )
    )
    assert found["exposure"] == pytest.approx((0 + 2 + 1) / 3)
    assert found["leverage_mean"] == pytest.approx(1.5)
    assert found["leverage_max"] == 2.0
    assert found["time_in_market"] == pytest.approx(2 / 3)
    assert found["margin_headroom_min"] == 0.5


def test_bars_from_the_ruin_on_have_no_leverage():
    found = measured(
        equity(equity=[1000.0, -50.0, -50.0], gross_exposure=[3000.0, 0.0, 0.0], margin_headroom=[100.0, -50.0, -50.0])
    )
    assert found["exposure"] == 3.0
    assert found["leverage_max"] == 3.0
    assert found["margin_headroom_min"] == pytest.approx(0.1)


def test_turnover_is_half_of_what_is_traded_over_mean_equity_a_year():
    fills = pd.DataFrame({"value": [600.0, 900.0, 500.0], "reason": ["signal", "liquidation", "end_of_data"]})
    found = measured(equity(equity=[1000.0, 500.0, 1500.0]), fills=fills)
    assert found["traded_value"] == 2000.0
    assert found["turnover_annual"] == pytest.approx(2000 / 2 / 1000 / (3 / 252))
    assert (found["n_fills"], found["n_liquidations"]) == (3.0, 1.0)


def test_trades_are_judged_by_their_profit_net_of_costs():
    trades = pd.DataFrame(
        {"profit": [30.0, -10.0, 0.0, -5.0], "return": [0.3, -0.1, 0.0, -0.2], "bars_held": [4, 2, 1, 1]}
    )
    found = measured(equity(equity=[1000.0]), trades=trades)
    assert found["n_trades"] == 4.0
    assert found["win_rate"] == 0.25
    assert found["profit_factor"] == 2.0
    assert found["average_trade_profit"] == 3.75
    assert found["average_trade_return"] == pytest.approx(0.0)
    assert found["average_trade_bars"] == 2.0


def test_no_trades_and_no_losses_leave_ratios_undefined():
    trades = pd.DataFrame({"profit": [5.0], "return": [0.1], "bars_held": [1]})
    assert measured(equity(equity=[1000.0]), trades=trades)["profit_factor"] is None
    none = measured(equity(equity=[1000.0]), trades=trades.iloc[:0])
    assert (none["n_trades"], none["win_rate"], none["average_trade_return"]) == (0.0, None, None)


def test_costs_are_what_was_paid_and_dividends_are_none():
    costs = pd.DataFrame({kind: [0.0, 0.0] for kind in KINDS})
    costs.loc[0, ["fees", "debit_interest"]] = [-3.0, -4.0]
    costs.loc[1, ["fees", "credit_interest", "dividends"]] = [-1.0, 2.5, 7.0]
    found = measured(equity(equity=[1000.0, 1000.0]), costs=costs)
    assert found["cost_fees"] == 4.0
    assert found["cost_debit_interest"] == 4.0
    assert found["cost_credit_interest"] == -2.5
    assert found["cost_total"] == 5.5
    assert found["dividends_received"] == 7.0
    assert str(found["cost_slippage"]) == "0.0"


def leveraged_backtest():
    timestamps = pd.bdate_range("2024-01-01", periods=12, tz="UTC", name="timestamp").as_unit("us")
    close = np.array([100, 101, 103, 80, 58, 75, 78, 80, 79, 81, 83, 84.0])
    index = pd.MultiIndex.from_product([timestamps, ["AAA"]], names=["timestamp", "ticker"])
    panel = pd.DataFrame(
        {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1e6}, index=index
    )
    terms = BrokerTerms(
        financing=FinancingTerms(np.full(12, 0.03), debit_spread_annual=0.015), fees=FeeTerms(fee_bps=5.0)
    )
    signals = pd.Series(1.9, index=index)
    return run_backtest(panel, signals, terms, ExecutionConfig(initial_cash=1000.0))


def test_the_books_of_a_margin_call_are_counted():
    result = leveraged_backtest()
    found = backtest_metrics(result, options=OPTIONS)
    assert found["n_margin_calls"] == len(result.margin_calls) > 0
    assert found["n_liquidations"] == (result.fills["reason"] == "liquidation").sum() > 0
    assert found["n_unfilled"] == len(result.unfilled)
    assert found["debt_after_ruin"] == 0.0
    # What the account lost is the trades' loss and the interest: the books and the curve tell one story.
    lost = found["initial_equity"] - found["final_equity"]
    assert lost == pytest.approx(-result.trades["profit"].sum() + found["cost_debit_interest"])
    assert found["cost_fees"] == pytest.approx(result.fills["fee"].sum())
    assert found["leverage_max"] == pytest.approx(result.equity["leverage"].max())


def test_every_metric_is_documented():
    document = DOCUMENT.read_text(encoding="utf-8")
    missing = [
        name for name in backtest_metrics(leveraged_backtest(), options=OPTIONS) if f"| `{name}` |" not in document
    ]
    assert missing == []
