"""Panels for the tests of feature steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest


def panel_of(columns: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Stack wide columns (timestamps by tickers) into a panel; cells that are NaN have no bar."""
    long = pd.DataFrame({name: frame.stack() for name, frame in columns.items()})
    long.index = long.index.set_names(["timestamp", "ticker"])
    return long.dropna().sort_index().astype("float64")


@pytest.fixture
def uneven_panel() -> pd.DataFrame:
    """Three tickers over 420 weekdays: BBB begins late, CCC misses some bars and ends early."""
    rng = np.random.default_rng(3)
    timestamps = pd.bdate_range("2020-01-01", periods=420, tz="UTC").as_unit("us")
    shape = (len(timestamps), 3)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, shape), axis=0))
    open_ = close * np.exp(rng.normal(0.0, 0.01, shape))
    close[:37, 1] = np.nan
    close[[100, 101, 205], 2] = np.nan
    close[400:, 2] = np.nan
    high = np.maximum(open_, close) * (1.0 + rng.uniform(0.0, 0.02, shape))
    low = np.minimum(open_, close) * (1.0 - rng.uniform(0.0, 0.02, shape))
    volume = np.round(rng.lognormal(10.0, 0.5, shape))
    values = {"open": open_, "high": high, "low": low, "close": close, "volume": volume}
    tickers = ["AAA", "BBB", "CCC"]
    return panel_of({name: pd.DataFrame(wide, timestamps, tickers) for name, wide in values.items()})


@pytest.fixture
def one_ticker():
    """A maker of one-ticker panels: bars of columns by name; open, high and low are the close where not given."""

    def make(close: Sequence[float], start: str = "2024-01-01", **columns: Sequence[float]) -> pd.DataFrame:
        timestamps = pd.bdate_range(start, periods=len(close), tz="UTC").as_unit("us")
        index = pd.MultiIndex.from_product([timestamps, ["AAA"]], names=["timestamp", "ticker"])
        values = {"open": close, "high": close, "low": close, "close": close, "volume": [1.0] * len(close), **columns}
        return pd.DataFrame(values, index=index, dtype="float64")

    return make
