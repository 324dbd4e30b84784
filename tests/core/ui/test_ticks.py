"""Ticks that differ from each other, and none between two bars."""

import numpy as np
import pandas as pd
import pytest

from core.ui.charts import equity_figure
from core.ui.colors import theme_colors
from core.ui.ticks import bar_ticks, percent_ticks


@pytest.mark.parametrize(
    ("low", "shown"), [(-0.9, ".0%"), (-0.05, ".0%"), (-0.04, ".1%"), (-0.003, ".2%"), (-1e-9, ".4%"), (0.0, ".0%")]
)
def test_a_narrower_range_has_more_decimals(low, shown):
    assert percent_ticks(pd.Series([low, 0.0, np.nan, -np.inf][:3])) == shown


def test_a_range_of_nothing_has_none():
    assert percent_ticks(pd.Series([np.nan])) == ".0%"


def test_two_daily_bars_have_a_tick_each():
    days = pd.Series(pd.to_datetime(["2020-01-03", "2020-01-06"], utc=True))
    ticks = bar_ticks(days)
    assert (ticks["tick0"], ticks["dtick"]) == ("2020-01-03 00:00:00.000", 3 * 86_400_000)


def test_one_bar_is_a_day_and_many_bars_are_plotlys():
    assert bar_ticks(pd.Series(pd.to_datetime(["2020-01-03"], utc=True)))["dtick"] == 86_400_000
    assert bar_ticks(pd.Series(pd.date_range("2020-01-01", periods=100, tz="UTC"))) == {}
    assert bar_ticks(pd.Series([], dtype="datetime64[ns, UTC]")) == {}


def test_the_chart_of_a_short_backtest_has_these_ticks():
    curve = {"curve": "strategy", "role": "strategy", "equity": [100.0, 99.9], "drawdown": [0.0, -0.001]}
    days = pd.date_range("2020-01-02", periods=2, tz="UTC")
    drawn = equity_figure(pd.DataFrame({**curve, "timestamp": days}), theme_colors("light"), has_log_scale=False)
    assert drawn.layout.xaxis.dtick == drawn.layout.xaxis2.dtick == 86_400_000
    assert drawn.layout.yaxis2.tickformat == ".2%"
