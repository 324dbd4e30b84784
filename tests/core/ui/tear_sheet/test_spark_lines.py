"""The lines of the key figures: of the strategy alone, finite, short, and true to the extremes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from core.ui.tear_sheet.spark_lines import spark_lines

N_BARS = 2000


def sheet_of(equity, sharpe):
    days = pd.date_range("2015-01-01", periods=len(equity), tz="UTC")
    shared = {"timestamp": days, "role": "strategy", "curve": "strategy"}
    drawdown = equity / np.maximum.accumulate(equity) - 1.0
    curves = pd.DataFrame({**shared, "equity": equity, "drawdown": drawdown})
    other = curves.assign(role="baseline", curve="twin", equity=1e9)
    rolling = pd.DataFrame({**shared, "sharpe": sharpe})
    return SimpleNamespace(curves=pd.concat([curves, other]), rolling=rolling)


def test_each_line_is_short_and_keeps_its_extremes():
    equity = 100.0 + np.sin(np.arange(N_BARS) / 40.0)
    equity[777] = 50.0
    lines = spark_lines(sheet_of(equity, np.r_[[np.nan] * 125, np.arange(N_BARS - 125.0)]))
    assert set(lines) == {"cagr", "sharpe", "max_drawdown", "final_equity", "total_return"}
    assert all(len(points) <= 200 and np.isfinite(points).all() for points in lines.values())
    assert min(lines["final_equity"]) == 50.0
    assert max(lines["final_equity"]) < 1e9
    assert min(lines["max_drawdown"]) < -0.5
    assert lines["cagr"][0] == np.log(100.0)


def test_what_has_no_points_has_no_line():
    lines = spark_lines(sheet_of(np.array([100.0, -5.0]), [np.nan, np.nan]))
    assert set(lines) == {"max_drawdown", "final_equity", "total_return"}
