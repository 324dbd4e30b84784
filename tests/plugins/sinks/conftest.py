"""A run's outcome for the tests of sinks."""

from __future__ import annotations

import pandas as pd
import pytest
from qlop import RunResult


@pytest.fixture
def results() -> RunResult:
    """Tables with times, numbers that are hard to write, missing cells and text that a spreadsheet would run."""
    timestamps = pd.DatetimeIndex(["2024-01-02", "2024-01-03"], tz="UTC", name="timestamp").as_unit("us")
    trades = pd.DataFrame(
        {
            "ticker": ["=HYPERLINK(1)", "AAA"],
            "side": pd.Categorical(["-short", "long"]),
            "profit": [-0.1 - 0.2, float("nan")],
            "bars_held": [-3, 4],
            "exited_at": [timestamps[0], pd.NaT],
            "@note": [None, '\tb,"c"'],
        }
    )
    index = pd.MultiIndex.from_product([timestamps, ["AAA"]], names=["timestamp", "ticker"])
    predictions = pd.DataFrame({"probability_1": [1 / 3, float("inf")]}, index=index)
    metrics = {"sharpe": 0.1 + 0.2, "n_trades": 2, "model": "+xgboost", "is_ruined": False, "brier": None}
    return RunResult(metrics, {"trades": trades, "predictions": predictions, "empty": trades.iloc[:0]}, "Läuft.\n")
