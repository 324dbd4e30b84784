"""Curves: equal things in equal colours, names as text, both themes."""

import numpy as np
import pandas as pd
import pytest

from core.ui.charts import equity_figure
from core.ui.colors import theme_colors

THEMES = ("light", "dark")
HOSTILE = '<a href="https://example.org">free money</a>'


def curves(*names_and_roles: tuple[str, str]) -> pd.DataFrame:
    timestamps = pd.date_range("2020-01-01", periods=3, tz="UTC", unit="us")
    frames = [
        pd.DataFrame(
            {
                "curve": name,
                "role": role,
                "timestamp": timestamps,
                "equity": [100.0, 90.0, 99.0],
                "drawdown": [0.0, -0.1, -0.01],
            }
        )
        for name, role in names_and_roles
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("theme", THEMES)
def test_the_strategy_has_the_accent_and_the_benchmark_the_muted_colour(theme):
    colors = theme_colors(theme)
    drawn = equity_figure(
        curves(("strategy", "strategy"), ("twin", "baseline"), ("benchmark", "benchmark")), colors, has_log_scale=False
    )
    by_name = {trace.name: trace.line.color for trace in drawn.data}
    assert by_name["strategy"] == colors.accent
    assert by_name["benchmark"] == colors.curves[0]
    assert by_name["twin"] == colors.curves[1]


def test_a_baseline_keeps_its_colour_when_there_is_no_benchmark():
    colors = theme_colors("light")
    drawn = equity_figure(curves(("strategy", "strategy"), ("twin", "baseline")), colors, has_log_scale=False)
    assert {trace.line.color for trace in drawn.data if trace.name == "twin"} == {colors.curves[1]}


def test_more_baselines_than_colours_repeat_the_colours():
    names = [(f"baseline {number}", "baseline") for number in range(9)]
    colors = theme_colors("light")
    drawn = equity_figure(curves(("strategy", "strategy"), *names), colors, has_log_scale=False)
    assert {trace.line.color for trace in drawn.data} == {colors.accent, *colors.curves[1:]}


def test_a_name_that_looks_like_markup_is_drawn_as_its_characters():
    drawn = equity_figure(curves((HOSTILE, "baseline")), theme_colors("light"), has_log_scale=False)
    assert all("<" not in trace.name and "&lt;a href" in trace.name for trace in drawn.data)


def test_equity_and_drawdown_share_the_axis_of_time_and_the_legend():
    drawn = equity_figure(curves(("strategy", "strategy")), theme_colors("light"), has_log_scale=False)
    equity, drawdown = drawn.data
    assert equity.legendgroup == drawdown.legendgroup
    assert drawn.layout.xaxis.matches == "x2"
    np.testing.assert_array_equal(drawdown.y, [0.0, -0.1, -0.01])


@pytest.mark.parametrize(("has_log_scale", "kind"), [(True, "log"), (False, "linear")])
def test_the_scale_of_equity_is_as_asked_and_drawdown_stays_linear(has_log_scale, kind):
    drawn = equity_figure(curves(("strategy", "strategy")), theme_colors("light"), has_log_scale=has_log_scale)
    assert drawn.layout.yaxis.type == kind
    assert drawn.layout.yaxis2.type != "log"
