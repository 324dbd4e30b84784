from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from qlop import BacktestError
from qlop.testing import BrokerContractSuite, make_panel

from core.config.sections import ExecutionConfig
from core.engine.backtest import run_backtest
from plugins.brokers.per_share import PerShare


class TestPerShare(BrokerContractSuite):
    plugin_class = PerShare


def broker(**params):
    return PerShare("per_share", PerShare.Params.model_validate({"base_rate_annual": 0.0, **params}))


def fee_of(price, cash, **params):
    """The fee of buying for all of the cash at a flat price."""
    timestamps = pd.bdate_range("2024-01-01", periods=3, tz="UTC").as_unit("us")
    index = pd.MultiIndex.from_product([timestamps, ["AAA"]], names=["timestamp", "ticker"])
    panel = pd.DataFrame(price, index=index, columns=["open", "high", "low", "close", "volume"], dtype=float)
    execution = ExecutionConfig(initial_cash=cash, close_at_end="off", size_includes_fee=False)
    result = run_backtest(
        panel, pd.Series(0.5, index=index), broker(**params).terms(panel), execution, adjustment="raw"
    )
    return result.fills["fee"].iloc[0]


@pytest.mark.parametrize(
    ("price", "cash", "fee"),
    [
        (10.0, 20_000.0, 5.0),  # 1,000 shares at half a cent
        (10.0, 2_000.0, 1.0),  # 100 shares: the minimum
        (10.0, 100.0, 0.5),  # 5 shares: a hundredth of 50 caps the minimum
        (0.2, 20_000.0, 100.0),  # 50,000 shares: a hundredth of 10,000 caps 250
    ],
)
def test_the_fee_counts_shares_between_a_minimum_and_a_cap(price, cash, fee):
    assert fee_of(price, cash) == pytest.approx(fee)


def test_prices_adjusted_for_dividends_are_refused_unless_allowed():
    panel = make_panel(30, 1)
    signals = pd.Series(np.where(np.arange(30) < 15, 1.0, 0.0), index=panel.index)
    with pytest.raises(BacktestError, match="allow_adjusted_shares"):
        run_backtest(panel, signals, broker().terms(panel), ExecutionConfig())
    allowed = broker(allow_adjusted_shares=True).terms(panel)
    assert len(run_backtest(panel, signals, allowed, ExecutionConfig()).fills) == 2


def test_slippage_comes_on_top():
    assert broker(slippage_bps=2.5).terms(make_panel(5, 1)).fees.slippage_bps == 2.5
