"""Panels and terms for the tests of labelers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms

BARS = ("open", "high", "low", "close")


@pytest.fixture
def one_ticker():
    """A maker of one-ticker panels from rows of (date, open, high, low, close)."""

    def make(rows, **columns):
        timestamps = pd.DatetimeIndex([row[0] for row in rows], tz="UTC").as_unit("us")
        index = pd.MultiIndex.from_product([timestamps, ["AAA"]], names=["timestamp", "ticker"])
        prices = pd.DataFrame([row[1:] for row in rows], index=index, columns=list(BARS), dtype="float64")
        return prices.assign(volume=1.0, **columns)

    return make


@pytest.fixture
def random_panel():
    """A maker of panels: AAA has every bar, BBB begins late and misses some, CCC ends early."""

    def make(seed: int, n_bars: int = 60, volatility: float = 0.03) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        timestamps = pd.bdate_range("2024-01-01", periods=n_bars, tz="UTC").as_unit("us")
        shape = (n_bars, 3)
        close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, volatility, shape), axis=0))
        open_ = close * np.exp(rng.normal(0.0, volatility / 2, shape))
        high = np.maximum(open_, close) * (1.0 + rng.uniform(0.0, volatility, shape))
        low = np.minimum(open_, close) * (1.0 - rng.uniform(0.0, volatility, shape))
        held = np.ones(shape, dtype=bool)
        held[: n_bars // 6, 1] = False
        held[rng.choice(n_bars, size=3, replace=False), 1] = False
        held[-(n_bars // 8) :, 2] = False
        index = pd.MultiIndex.from_product([timestamps, ["AAA", "BBB", "CCC"]], names=["timestamp", "ticker"])
        wide = {"open": open_, "high": high, "low": low, "close": close, "volume": np.ones(shape)}
        return pd.DataFrame({name: values.ravel() for name, values in wide.items()}, index=index)[held.ravel()]

    return make


@pytest.fixture
def terms_for():
    """A maker of terms for a panel: margin 40 / 25 / 30 %, 5 bps a side, 3 % and a spread of 1.5 %."""

    def make(panel: pd.DataFrame, *, rate=0.03, fees=None, margin=None, **financing) -> BrokerTerms:
        n_bars = len(panel.index.unique(level="timestamp"))
        rates = np.full(n_bars, rate) if np.isscalar(rate) else np.asarray(rate, dtype=np.float64)
        return BrokerTerms(
            financing=replace(FinancingTerms(rates, debit_spread_annual=0.015), **financing),
            fees=fees or FeeTerms(fee_bps=3.0, slippage_bps=2.0),
            margin=margin or MarginTerms(initial_long=0.4, initial_short=0.4),
        )

    return make
