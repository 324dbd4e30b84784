"""Exposures from fills and prices add up to the ledger's own leverage."""

import numpy as np
import pandas as pd
import pytest

from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.engine.backtest import run_backtest
from core.engine.tear_sheet.held_exposures import held_exposures
from core.engine.tear_sheet.ticker_trades import ticker_trades
from core.engine.traded_prices import traded_prices

DAYS = pd.bdate_range("2020-01-01", periods=120, tz="UTC")
TICKERS = ("AAA", "BBB", "CCC")


def panel(*, split_at: int | None = None) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([DAYS, TICKERS], names=["timestamp", "ticker"])
    steps = np.random.default_rng(5).normal(0.0, 0.01, (len(DAYS), 3))
    close = 100.0 * np.exp(steps.cumsum(axis=0))
    split = np.ones_like(close)
    if split_at is not None:
        close[split_at:, 0] /= 4.0
        split[split_at, 0] = 4.0
    frame = pd.DataFrame({"close": close.ravel()}, index=index)
    frame["open"] = frame["close"]
    frame["high"], frame["low"], frame["volume"] = frame["close"] * 1.001, frame["close"] * 0.999, 1e6
    return frame.assign(split=split.ravel())


def books(prices: pd.DataFrame, *, adjustment: str):
    weights = np.random.default_rng(6).uniform(-0.4, 0.7, (len(DAYS), 3))
    weights[:, 2] = np.nan  # never traded
    signals = pd.Series(weights.ravel(), index=prices.index)
    financing = FinancingTerms(base_rate_annual=np.zeros(len(DAYS)))
    terms = BrokerTerms(fees=FeeTerms(fee_bps=5.0), financing=financing, margin=MarginTerms())
    return run_backtest(prices, signals, terms, ExecutionConfig(rebalance="every_bar"), adjustment=adjustment)


@pytest.mark.parametrize(("adjustment", "split_at"), [("total_return", None), ("raw", 60)])
def test_absolute_exposures_add_up_to_the_leverage_of_the_ledger(adjustment, split_at):
    prices = panel(split_at=split_at)
    result = books(prices, adjustment=adjustment)
    kept = traded_prices(prices, result.fills, has_splits=adjustment == "raw")
    found = held_exposures(result.fills, kept, result.equity)
    assert list(found.columns) == ["AAA", "BBB"]
    assert (found < 0.0).any(axis=None)
    assert found.abs().sum(axis=1).to_numpy() == pytest.approx(result.equity["leverage"].to_numpy(), abs=1e-12)


def test_the_kept_prices_are_those_of_the_panel_for_tickers_that_were_filled_alone():
    prices = panel()
    kept = traded_prices(prices, books(prices, adjustment="total_return").fills, has_splits=False)
    assert list(kept.columns) == ["timestamp", "ticker", "open", "high", "low", "close", "volume"]
    assert list(kept["ticker"].unique()) == ["AAA", "BBB"]
    expected = prices["close"].xs("BBB", level="ticker")
    np.testing.assert_array_equal(kept.loc[kept["ticker"] == "BBB", "close"], expected)


def test_without_fills_no_prices_are_kept():
    prices = panel()
    nothing = books(prices, adjustment="total_return").fills.iloc[:0]
    assert traded_prices(prices, nothing, has_splits=True).empty


def test_a_split_is_no_jump_on_the_chart_and_trades_lie_on_it():
    prices = panel(split_at=60)
    kept = traded_prices(prices, books(prices, adjustment="raw").fills, has_splits=True)
    trades = pd.DataFrame(
        {
            "ticker": ["AAA"],
            "side": ["long"],
            "entered_at": [DAYS[10]],
            "exited_at": [DAYS[30]],
            "entry_price": [kept["close"].iloc[10]],
            "exit_price": [kept["close"].iloc[30]],
            "shares": [5.0],
            "return": [0.1],
        }
    )
    bars, trips = ticker_trades(kept, trades, "AAA")
    assert bars["close"].pct_change().abs().max() < 0.05
    assert trips["exit_price"].iloc[0] == pytest.approx(bars["close"].iloc[30])
    assert trips["entry_price"].iloc[0] == pytest.approx(bars["close"].iloc[10])
    assert trips["shares"].iloc[0] == pytest.approx(20.0)
