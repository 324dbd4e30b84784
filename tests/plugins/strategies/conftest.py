"""Panels and predictions for the tests of strategies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def panel_of():
    """A maker of panels from closes by ticker, daily from a Monday; NaN has no bar."""

    def make(**closes: Sequence[float]) -> pd.DataFrame:
        n_bars = len(next(iter(closes.values())))
        timestamps = pd.bdate_range("2024-01-01", periods=n_bars, tz="UTC").as_unit("us")
        index = pd.MultiIndex.from_product([timestamps, list(closes)], names=["timestamp", "ticker"])
        values = np.column_stack(list(closes.values())).astype(float).ravel()
        panel = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), values), index=index)
        return panel.assign(volume=1.0).dropna()

    return make


@pytest.fixture
def predict():
    """A maker of predictions on a panel's rows, from columns; rows that are NaN in the first are left out."""

    def make(panel: pd.DataFrame, **columns: Sequence[float] | float) -> pd.DataFrame:
        frame = pd.DataFrame(columns, index=panel.index)
        return frame[frame.iloc[:, 0].notna()]

    return make
