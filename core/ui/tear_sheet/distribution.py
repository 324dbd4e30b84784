"""The histogram of bar returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.ui.charts import template

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
    figure = Figure()
    figure.add_bar(
        x=(low + high) / 2.0,
        y=distribution["share"].to_numpy(),
        width=high - low,
        customdata=edges,
        marker={"color": [colors.loss if edge < 0.0 else colors.gain for edge in low], "line": {"width": 0}},
        hovertemplate="%{customdata[0]:.2%} to %{customdata[1]:.2%}: %{customdata[2]:,} bars, %{y:.1%}<extra></extra>",
        showlegend=False,
    )
    figure.update_layout(template=template(colors), height=320, bargap=0.04, hovermode="closest")
    figure.update_xaxes(title_text="Return of a bar (%)", tickformat=".1%")
    figure.update_yaxes(title_text="Share of bars (%)", tickformat=".0%")
    return figure
