"""Charts in the theme's colours.

One Plotly template for every chart. Equal things have equal colours on every screen: the strategy has the accent, the
benchmark is muted and dotted, baselines take the theme's other colours in the order of the config.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.colors import Colors
from core.ui.ticks import bar_ticks, percent_ticks

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["LEGEND_ABOVE", "curve_styles", "equity_figure", "range_selector", "show_figure", "template", "time_axis"]

LEGEND_ABOVE = {"y": 1.02, "yanchor": "bottom"}
"""Where the legend goes when the x axis has a title below."""

_FONT = "'Source Sans', 'Source Sans Pro', sans-serif"
_EQUITY_ROWS = (0.68, 0.32)
_RANGES = (("1 year", "year", 1), ("3 years", "year", 3), ("5 years", "year", 5))


def template(colors: Colors) -> dict[str, Any]:
    """Return the Plotly template of every chart, as plain data."""
    axis = {
        "gridcolor": colors.border,
        "linecolor": colors.border,
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": colors.border,
        "title": {"font": {"size": 12, "color": colors.muted}, "standoff": 10},
        "tickfont": {"size": 12, "color": colors.muted},
        "automargin": True,
    }
    return {
        "layout": {
            "font": {"family": _FONT, "size": 13, "color": colors.text},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [color for color in (colors.accent, *colors.curves) if color],
            "hovermode": "x unified",
            "hoverlabel": {"bgcolor": colors.panel, "bordercolor": colors.border, "font": {"color": colors.text}},
            "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.08, "yanchor": "top"},
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": {**axis, "showgrid": False, "showline": True},
            "yaxis": axis,
        }
    }


def equity_figure(curves: pd.DataFrame, colors: Colors, *, has_log_scale: bool) -> Figure:
    """Return equity above drawdown, on one axis of time; the legend shows and hides a curve in both.

    Parameters
    ----------
    curves : DataFrame
        As `read_equity_curves` returns it.
    colors : Colors
        Of the viewer's theme.
    has_log_scale : bool
        Whether equal distances of equity are equal growth. A logarithmic axis leaves out what is not above zero.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=_EQUITY_ROWS, vertical_spacing=0.05)
    styles = curve_styles(curves, colors)
    for name, curve in curves.groupby("curve", sort=False):
        shared = _trace(str(name), curve, styles[str(name)])
        value = "%{y:,.0f}<extra>%{fullData.name}</extra>"
        figure.add_scatter(**shared, y=curve["equity"].to_numpy(), hovertemplate=value, row=1, col=1)
        fall = "%{y:.1%}<extra>%{fullData.name}</extra>"
        below = {"y": curve["drawdown"].to_numpy(), "hovertemplate": fall, "showlegend": False}
        figure.add_scatter(**shared, **below, row=2, col=1)
    figure.update_layout(template=template(colors), height=540, uirevision="equity")
    time_axis(figure, colors)
    # D2 puts ticks at 1, 2 and 5 times each power of ten.
    scale = {"type": "log", "dtick": "D2"} if has_log_scale else {"type": "linear"}
    figure.update_yaxes(title_text="Equity (account currency)", tickformat=",.0f", row=1, col=1, **scale)
    figure.update_yaxes(title_text="Drawdown (%)", tickformat=percent_ticks(curves["drawdown"]), row=2, col=1)
    return figure


def show_figure(figure: Figure, *, key: str, file_name: str, alt: str) -> None:
    """Draw a figure of this file; its toolbar saves it as <file_name>.png."""
    config = {
        "displaylogo": False,
        "toImageButtonOptions": {"format": "png", "filename": file_name, "scale": 2},
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    }
    st.plotly_chart(figure, theme=None, key=key, config=config, alt=alt)


def curve_styles(curves: pd.DataFrame, colors: Colors) -> dict[str, dict[str, Any]]:
    """Return each curve's line by its name; `curves` has the columns curve and role."""
    benchmark, *others = colors.curves or (colors.muted,)
    styles: dict[str, dict[str, Any]] = {}
    n_baselines = 0
    for name, role in curves[["curve", "role"]].drop_duplicates().itertuples(index=False):
        if role == "strategy":
            styles[name] = {"color": colors.accent, "width": 2.4}
        elif role == "benchmark":
            styles[name] = {"color": benchmark, "width": 1.4, "dash": "dot"}
        else:
            color = others[n_baselines % len(others)] if others else None
            styles[name] = {"color": color, "width": 1.4}
            n_baselines += 1
    return styles


def range_selector(colors: Colors, ranges: Sequence[tuple[str, str, int]] = _RANGES) -> dict[str, Any]:
    """Return the buttons that choose how much time an axis shows; a range is a label, a Plotly step and its count."""
    buttons = [{"label": label, "step": step, "count": count} for label, step, count in ranges]
    return {
        "buttons": [*buttons, {"label": "All", "step": "all"}],
        "bgcolor": colors.panel,
        "activecolor": colors.border,
        "font": {"size": 12, "color": colors.text},
        "x": 0,
        "xanchor": "left",
        "y": 1.02,
        "yanchor": "bottom",
    }


def time_axis(figure: Figure, colors: Colors, *, has_ranges: bool = True) -> None:
    """Turn every x axis of `figure` into one of dates, with buttons for the years above the first."""
    figure.update_xaxes(hoverformat="%Y-%m-%d", type="date", **bar_ticks(_moments(figure)))
    if has_ranges:
        figure.update_layout(xaxis={"rangeselector": range_selector(colors)}, margin={"t": 34})


def _moments(figure: Figure) -> pd.Series:
    import pandas as pd

    found = [pd.Series(pd.to_datetime(trace.x, utc=True)) for trace in figure.data if trace.x is not None]
    return pd.concat(found) if found else pd.Series([], dtype="datetime64[ns, UTC]")


def _trace(name: str, curve: pd.DataFrame, line: dict[str, Any]) -> dict[str, Any]:
    # Plotly reads names as HTML; a baseline's name is whatever its config says.
    shown = html.escape(name)
    return {"x": curve["timestamp"], "name": shown, "legendgroup": shown, "mode": "lines", "line": line}
