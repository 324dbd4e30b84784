"""Leverage and margin headroom over time, margin calls marked."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from core.ui.charts import template, time_axis
from core.ui.tear_sheet.thinning import thinned
from core.ui.ticks import percent_ticks

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["leverage_figure"]


def leverage_figure(account: pd.DataFrame, margin_calls: pd.DataFrame | None, colors: Colors) -> Figure:
    """Return leverage above margin headroom, on one axis of time.

    Parameters
    ----------
    account : DataFrame
        As TearSheet has it.
    margin_calls : DataFrame or None
        As in BacktestResult.
    colors : Colors
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=(0.5, 0.5), vertical_spacing=0.07)
    drawn = thinned(account, ("leverage", "margin_headroom"))
    line = {"mode": "lines", "x": drawn["timestamp"], "showlegend": False}
    figure.add_scatter(
        **line,
        y=drawn["leverage"].to_numpy(),
        name="Leverage",
        line={"color": colors.accent, "width": 1.6},
        hovertemplate="%{y:.2f}x<extra>Leverage</extra>",
        row=1,
        col=1,
    )
    figure.add_scatter(
        **line,
        y=drawn["margin_headroom"].to_numpy(),
        name="Margin headroom",
        line={"color": colors.accent, "width": 1.6},
        hovertemplate="%{y:.1%} of equity<extra>Margin headroom</extra>",
        row=2,
        col=1,
    )
    figure.add_hline(y=0.0, line={"color": colors.loss, "width": 1, "dash": "dash"}, row=2, col=1)
    if margin_calls is not None and len(margin_calls):
        _mark_calls(figure, account, margin_calls, colors)
    figure.update_layout(template=template(colors), height=400, uirevision="leverage")
    figure.update_yaxes(title_text="Leverage (x)", tickformat=".1f", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="Headroom (%)", tickformat=percent_ticks(account["margin_headroom"]), row=2, col=1)
    time_axis(figure, colors)
    return figure


def _mark_calls(figure: Figure, account: pd.DataFrame, calls: pd.DataFrame, colors: Colors) -> None:
    at = account.set_index("timestamp")["leverage"].reindex(calls["timestamp"]).fillna(0.0)
    told = [
        f"{html.escape(str(kind))}, sold {sold:,.0f}, equity {before:,.0f} to {after:,.0f}"
        for kind, sold, before, after in calls[["kind", "sold_value", "equity_before", "equity_after"]].itertuples(
            index=False
        )
    ]
    figure.add_scatter(
        x=calls["timestamp"],
        y=at.to_numpy(),
        mode="markers",
        name="Margin call",
        text=told,
        marker={"symbol": "triangle-down", "size": 11, "color": colors.loss},
        hovertemplate="%{text}<extra>Margin call</extra>",
        row=1,
        col=1,
    )
