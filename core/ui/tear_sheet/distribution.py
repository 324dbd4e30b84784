"""The histogram of bar returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.ui.charts import template
from core.ui.ticks import percent_ticks

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["distribution_figure"]


def distribution_figure(distribution: pd.DataFrame, colors: Colors) -> Figure:
    """Return the share of bars by their return, losses and gains in their colours.

    Parameters
    ----------
    distribution : DataFrame
        As `return_distribution` returns it.
    colors : Colors
    """
    from plotly.graph_objects import Figure

    low, high = distribution["low"].to_numpy(), distribution["high"].to_numpy()
    edges = distribution[["low", "high", "n_bars"]].to_numpy()
    # Without the dashboard's own theme Plotly's colours hold: a list of none is none to it.
    has_colors = colors.loss and colors.gain
    paint = [colors.loss if edge < 0.0 else colors.gain for edge in low] if has_colors else None
    figure = Figure()
    figure.add_bar(
        x=(low + high) / 2.0,
        y=distribution["share"].to_numpy(),
        width=high - low,
        customdata=edges,
        marker={"color": paint, "line": {"width": 0}},
        hovertemplate="%{customdata[0]:.2%} to %{customdata[1]:.2%}: %{customdata[2]:,} bars, %{y:.1%}<extra></extra>",
        showlegend=False,
    )
    figure.update_layout(template=template(colors), height=320, bargap=0.04, hovermode="closest")
    figure.update_xaxes(title_text="Return of a bar (%)", tickformat=percent_ticks(distribution["high"]))
    figure.update_yaxes(title_text="Share of bars (%)", tickformat=".0%")
    return figure
