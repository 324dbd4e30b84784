"""The figures of a tear sheet: what is drawn, in which unit and colour, in both themes."""

import numpy as np
import pandas as pd
import pytest

from core.ui.colors import theme_colors
from core.ui.tear_sheet.costs import cost_totals, costs_figure
from core.ui.tear_sheet.distribution import distribution_figure
from core.ui.tear_sheet.exposure import exposure_figure
from core.ui.tear_sheet.leverage import leverage_figure
from core.ui.tear_sheet.months import months_figure
from core.ui.tear_sheet.rolling import rolling_figure
from core.ui.tear_sheet.trade_marks import trade_figure

THEMES = ("light", "dark")
HOSTILE = '<a href="https://example.org">AAPL</a>'
DAYS = pd.date_range("2020-01-01", periods=4, tz="UTC")


@pytest.fixture(params=THEMES)
def colors(request):
    return theme_colors(request.param)


def account():
    return pd.DataFrame({"timestamp": DAYS, "leverage": [0.0, 2.0, 2.2, 1.0], "margin_headroom": [1.0, 0.5, -0.1, 0.7]})


def calls():
    return pd.DataFrame(
        {"timestamp": [DAYS[2]], "kind": [HOSTILE], "sold_value": [5.0], "equity_before": [9.0], "equity_after": [8.0]}
    )


def test_leverage_has_its_unit_and_a_margin_call_is_marked_where_it_was(colors):
    drawn = leverage_figure(account(), calls(), colors)
    assert drawn.layout.yaxis.title.text == "Leverage (x)"
    assert drawn.layout.yaxis2.title.text == "Headroom (%)"
    marks = next(trace for trace in drawn.data if trace.name == "Margin call")
    assert (list(marks.y), marks.marker.color) == ([2.2], colors.loss)
    assert "<a" not in marks.text[0]


def test_without_margin_calls_none_are_marked(colors):
    assert [trace.name for trace in leverage_figure(account(), calls().iloc[:0], colors).data] == [
        "Leverage",
        "Margin headroom",
    ]


def test_months_are_centred_on_zero_and_empty_months_say_nothing(colors):
    monthly = pd.DataFrame(np.nan, index=[2019, 2020], columns=[*range(1, 13), "year"])
    monthly.loc[2020, [1, 2, "year"]] = [0.034, -0.305, -0.28]
    months, years = months_figure(monthly, colors).data
    assert months.zmin == -months.zmax
    assert list(months.text[1][:3]) == ["3.4", "\N{MINUS SIGN}30", ""]
    assert list(years.text[1]) == ["\N{MINUS SIGN}28"]
    assert months.colorscale[1][1] == colors.panel


def test_rolling_figures_share_colours_with_equity_and_baselines_wait_in_the_legend(colors):
    frames = [
        pd.DataFrame({"timestamp": DAYS, "sharpe": 1.0, "volatility": 0.2, "curve": name, "role": role})
        for name, role in (("strategy", "strategy"), (HOSTILE, "baseline"), ("benchmark", "benchmark"))
    ]
    drawn = rolling_figure(pd.concat(frames), colors)
    shown = {trace.name: (trace.line.color, trace.visible) for trace in drawn.data}
    assert shown["strategy"] == (colors.accent, True)
    assert shown["benchmark"] == (colors.curves[0], True)
    assert [seen for name, (_, seen) in shown.items() if "href" in name] == ["legendonly"]
    assert not [name for name in shown if "<" in name]


def test_losses_and_gains_have_their_colours(colors):
    distribution = pd.DataFrame({"low": [-0.01, 0.0], "high": [0.0, 0.01], "n_bars": [3, 1], "share": [0.75, 0.25]})
    drawn = distribution_figure(distribution, colors)
    assert list(drawn.data[0].marker.color) == [colors.loss, colors.gain]
    assert drawn.layout.xaxis.title.text == "Return of a bar (%)"


def test_smaller_tickers_are_one_area_and_shorts_lie_below_zero(colors):
    wide = pd.DataFrame({f"T{n:02}": np.full(4, 0.1 * (n + 1)) for n in range(11)}, index=DAYS)
    wide["T10"] = -1.2
    drawn = exposure_figure(wide, colors)
    listed = [trace.name for trace in drawn.data if trace.showlegend]
    assert len(listed) == 9
    assert listed[-1] == "all others"
    below = [trace for trace in drawn.data if trace.name == "T10" and trace.stackgroup == "short"]
    assert list(below[0].y) == [-1.2] * 4
    others = next(trace for trace in drawn.data if trace.name == "all others")
    assert list(others.y) == pytest.approx([0.1 + 0.2 + 0.3] * 4)


def test_a_ticker_that_looks_like_markup_is_drawn_as_its_characters(colors):
    drawn = exposure_figure(pd.DataFrame({HOSTILE: [0.5] * 4}, index=DAYS), colors)
    assert not [trace.name for trace in drawn.data if "<" in trace.name]


def test_costs_bear_names_and_totals(colors):
    costs = pd.DataFrame({"timestamp": DAYS, "fees": [0.0, 1.0, 1.0, 2.0], "debit_interest": [0.0, 3.0, 6.0, 9.0]})
    assert [trace.name for trace in costs_figure(costs, colors).data] == ["Fees", "Interest on debt"]
    assert cost_totals(costs) == {"Interest on debt": 9.0, "Fees": 2.0}


def bars(n):
    close = np.linspace(10.0, 20.0, n)
    days = pd.date_range("2020-01-01", periods=n, tz="UTC")
    return pd.DataFrame(
        {"timestamp": days, "open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1.0}
    )


@pytest.mark.parametrize(("n_bars", "kind"), [(10, "candlestick"), (1000, "scatter")])
def test_entries_and_exits_stand_on_the_price(colors, n_bars, kind):
    found = bars(n_bars)
    trips = pd.DataFrame(
        {
            "side": ["long"],
            "shares": [2.0],
            "entered_at": [found["timestamp"].iloc[1]],
            "exited_at": [found["timestamp"].iloc[5]],
            "entry_price": [1.0],
            "exit_price": [2.0],
            "return": [0.5],
        }
    )
    price, entry, exit_ = trade_figure(found, trips, colors).data
    assert price.type == kind
    assert (entry.y[0], exit_.y[0]) == (found["close"].iloc[1], found["close"].iloc[5])
    assert "+50.0%" in entry.text[0]
