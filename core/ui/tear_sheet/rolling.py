"""Rolling Sharpe ratio and volatility of every curve."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from core.ui.charts import curve_styles, template, time_axis
from core.ui.tear_sheet.thinning import thinned
from core.ui.ticks import percent_ticks

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["rolling_figure"]


def rolling_figure(rolling: pd.DataFrame, colors: Colors) -> Figure:
    """Return the Sharpe ratio above the volatility, on one axis of time; the legend shows and hides a curve in both.

    Parameters
    ----------
    rolling : DataFrame
        As TearSheet has it.
    colors : Colors
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=(0.5, 0.5), vertical_spacing=0.07)
    styles = curve_styles(rolling, colors)
    for name, curve in rolling.groupby("curve", sort=False):
        drawn, shown = thinned(curve, ("sharpe", "volatility")), html.escape(str(name))
        line = {"x": drawn["timestamp"], "mode": "lines", "line": styles[str(name)], "name": shown}
        line |= {"legendgroup": shown, "visible": True if _is_first_seen(curve) else "legendonly"}
        ratio = "%{y:.2f}<extra>%{fullData.name}</extra>"
        figure.add_scatter(**line, y=drawn["sharpe"].to_numpy(), hovertemplate=ratio, row=1, col=1)
        percent = "%{y:.1%}<extra>%{fullData.name}</extra>"
        below = {"y": drawn["volatility"].to_numpy(), "hovertemplate": percent, "showlegend": False}
        figure.add_scatter(**line, **below, row=2, col=1)
    figure.update_layout(template=template(colors), height=420, uirevision="rolling")
    figure.update_yaxes(title_text="Sharpe (a year)", tickformat=".1f", zeroline=True, row=1, col=1)
    percent_format = percent_ticks(rolling["volatility"], is_from_zero=True)
    figure.update_yaxes(title_text="Volatility (% a year)", tickformat=percent_format, rangemode="tozero", row=2, col=1)
    figure.update_yaxes(zerolinecolor=colors.muted, zerolinewidth=1, row=1, col=1)
    time_axis(figure, colors)
    return figure


def _is_first_seen(curve: pd.DataFrame) -> bool:
    """Six wandering lines hide each other: baselines wait in the legend."""
    return bool(curve["role"].iloc[0] != "baseline")
