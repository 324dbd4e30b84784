"""Predicted probabilities beside how often it came true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.ui.charts import LEGEND_ABOVE, template

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["reliability_figure"]


def reliability_figure(reliability: pd.DataFrame, colors: Colors) -> Figure:
    """Return a point a bin with two standard errors about it, and the diagonal of perfect calibration.

    Parameters
    ----------
    reliability : DataFrame
        As `core.engine.tear_sheet.reliability` returns it.
    colors : Colors
    """
    from plotly.graph_objects import Figure

    figure = Figure()
    muted = {"color": colors.muted, "width": 1.2, "dash": "dot"}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="Perfect", line=muted, hoverinfo="skip")
    figure.add_scatter(
        x=reliability["probability"].to_numpy(),
        y=reliability["observed"].to_numpy(),
        error_y={"array": (2.0 * reliability["standard_error"]).to_numpy(), "thickness": 1, "width": 3},
        customdata=reliability["n_rows"].to_numpy(),
        mode="lines+markers",
        cliponaxis=False,
        name="Model",
        line={"color": colors.accent, "width": 1.6},
        hovertemplate="predicted %{x:.1%}, came true %{y:.1%} of %{customdata:,} rows<extra></extra>",
    )
    figure.update_layout(
        template=template(colors), height=360, hovermode="closest", legend=LEGEND_ABOVE, margin={"t": 34, "r": 24}
    )
    figure.update_xaxes(title_text="Predicted probability (%)", tickformat=".0%", dtick=0.2, range=[0, 1])
    figure.update_yaxes(title_text="Came true (%)", tickformat=".0%", dtick=0.2, range=[0, 1])
    return figure
