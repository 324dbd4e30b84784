"""Charts of prices: candles above volume, one feature over time, and which bars there are."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from core.ui.charts import range_selector, template

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["candle_figure", "coverage_figure", "feature_figure"]

_ROWS = (0.76, 0.24)
_RANGES = (("3 months", "month", 3), ("1 year", "year", 1), ("3 years", "year", 3))
_SHOWN_AROUND_DAYS = 45
_ROW_HEIGHT = 34


def candle_figure(bars: pd.DataFrame, findings: pd.DataFrame, colors: Colors, *, around: pd.Timestamp | None) -> Figure:
    """Return candles above volume, findings marked, on one axis of time.

    Parameters
    ----------
    bars : DataFrame
        Index timestamp; open, high, low, close, volume, in the currency and the shares of the source.
    findings : DataFrame
        Rows of this ticker: timestamp and detail, anybody's text.
    colors : Colors
        Of the viewer's theme.
    around : Timestamp or None
        What to show at first: the weeks around it; None shows all.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=_ROWS, vertical_spacing=0.03)
    prices = {name: bars[name].to_numpy() for name in ("open", "high", "low", "close")}
    figure.add_candlestick(
        x=bars.index,
        **prices,
        name="Price",
        increasing={"line": {"color": colors.gain, "width": 1}, "fillcolor": colors.gain},
        decreasing={"line": {"color": colors.loss, "width": 1}, "fillcolor": colors.loss},
        row=1,
        col=1,
    )
    marked = findings[findings["timestamp"].isin(bars.index)]
    figure.add_scatter(
        x=marked["timestamp"],
        y=bars["high"].reindex(marked["timestamp"]).to_numpy() * 1.02,
        mode="markers",
        marker={"symbol": "triangle-down", "size": 9, "color": colors.warning},
        name="Finding",
        text=[html.escape(str(detail)) for detail in marked["detail"]],
        hovertemplate="%{text}<extra></extra>",
        row=1,
        col=1,
    )
    volume = {"hovertemplate": "%{y:,.0f} shares<extra>Volume</extra>", "marker": {"color": colors.muted}}
    figure.add_bar(x=bars.index, y=bars["volume"].to_numpy(), name="Volume", showlegend=False, **volume, row=2, col=1)
    figure.update_layout(template=template(colors), height=520, bargap=0, xaxis_rangeslider_visible=False)
    figure.update_xaxes(hoverformat="%Y-%m-%d %H:%M", row=1, col=1, rangeselector=range_selector(colors, _RANGES))
    figure.update_yaxes(title_text="Price (currency a share)", row=1, col=1)
    figure.update_yaxes(title_text="Volume (shares)", tickformat="~s", row=2, col=1)
    if around is not None:
        _show_around(figure, bars, around, colors.muted)
    return figure


def feature_figure(values: pd.DataFrame, colors: Colors) -> Figure:
    """Return one feature of one ticker over time; index timestamp, one column."""
    from plotly.graph_objects import Figure

    name = str(values.columns[0])
    figure = Figure()
    figure.add_scatter(
        x=values.index,
        y=values[name].to_numpy(),
        mode="lines",
        line={"color": colors.accent, "width": 1.4},
        name=html.escape(name),
        hovertemplate="%{y:,.4f}<extra>%{fullData.name}</extra>",
    )
    figure.update_layout(template=template(colors), height=260)
    figure.update_xaxes(hoverformat="%Y-%m-%d %H:%M")
    figure.update_yaxes(title_text=html.escape(name))
    return figure


def coverage_figure(coverage: pd.DataFrame, gaps: pd.DataFrame, colors: Colors) -> Figure:
    """Return one line a ticker from its first to its last bar, gaps marked upon it.

    Parameters
    ----------
    coverage, gaps : DataFrame
        As an inspection keeps them.
    colors : Colors
        Of the viewer's theme.
    """
    from plotly.graph_objects import Figure

    figure = Figure()
    shown = [html.escape(str(ticker)) for ticker in coverage["ticker"]]
    for name, first, last in zip(shown, coverage["first_bar"], coverage["last_bar"], strict=True):
        line = {"color": colors.accent, "width": 8}
        figure.add_scatter(x=[first, last], y=[name, name], mode="lines", line=line, name=name, hoverinfo="x+name")
    figure.add_scatter(
        x=gaps["first_missing"],
        y=[html.escape(str(ticker)) for ticker in gaps["ticker"]],
        mode="markers",
        marker={"symbol": "line-ns", "size": 14, "line": {"color": colors.loss, "width": 2}},
        name="Gap",
        customdata=gaps["n_bars"].to_numpy(),
        hovertemplate="%{y}: %{customdata} bars missing from %{x|%Y-%m-%d}<extra></extra>",
    )
    height = 60 + _ROW_HEIGHT * len(coverage)
    figure.update_layout(template=template(colors), height=height, showlegend=False, hovermode="closest")
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_xaxes(hoverformat="%Y-%m-%d")
    return figure


def _show_around(figure: Figure, bars: pd.DataFrame, around: pd.Timestamp, color: str | None) -> None:
    import pandas as pd

    margin = pd.Timedelta(days=_SHOWN_AROUND_DAYS)
    shown = bars.loc[around - margin : around + margin]
    if shown.empty:
        return
    low, high = float(shown["low"].min()), float(shown["high"].max())
    figure.update_xaxes(range=[around - margin, around + margin])
    figure.update_yaxes(range=[low - 0.05 * (high - low), high + 0.1 * (high - low)], row=1, col=1)
    figure.add_vline(x=around, line={"dash": "dot", "width": 1, "color": color}, row=1, col=1)
