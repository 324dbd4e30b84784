"""Charts of correlations: every two features, and each feature with the target."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from core.ui.charts import template

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["feature_heat_map", "target_bars"]

_CELL = 28
_BAR = 24


def feature_heat_map(table: pd.DataFrame, colors: Colors) -> Figure:
    """Return the rank correlation of every two features, from -1 to 1.

    Parameters
    ----------
    table : DataFrame
        feature, other, correlation, n_rows: one row for each ordered pair.
    colors : Colors
        Of the viewer's theme; the loss colour is -1, the gain colour 1.
    """
    from plotly.graph_objects import Figure

    names = list(dict.fromkeys(table["feature"]))
    shape = (len(names), len(names))
    shown = [html.escape(str(name)) for name in names]
    figure = Figure()
    figure.add_heatmap(
        x=shown,
        y=shown,
        z=table["correlation"].to_numpy().reshape(shape),
        customdata=table["n_rows"].to_numpy().reshape(shape),
        zmin=-1,
        zmax=1,
        colorscale=_scale(colors),
        colorbar={"title": {"text": "Rank correlation"}, "thickness": 12},
        hovertemplate="%{y} and %{x}<br>%{z:.2f} on %{customdata:,} rows<extra></extra>",
        xgap=1,
        ygap=1,
    )
    height = max(320, 150 + _CELL * len(names))
    figure.update_layout(template=template(colors), height=height, hovermode="closest")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(tickangle=-45)
    return figure


def target_bars(table: pd.DataFrame, colors: Colors) -> Figure:
    """Return each feature's rank correlation with the target, strongest first.

    Parameters
    ----------
    table : DataFrame
        feature, correlation, n_rows, of one ticker or of all together; undefined ones are left out.
    """
    from plotly.graph_objects import Figure

    known = table.dropna(subset=["correlation"])
    known = known.loc[known["correlation"].abs().sort_values(ascending=False, kind="stable").index]
    signs = [colors.gain if value >= 0 else colors.loss for value in known["correlation"]]
    figure = Figure()
    figure.add_bar(
        orientation="h",
        x=known["correlation"].to_numpy(),
        y=[html.escape(str(name)) for name in known["feature"]],
        marker={"color": signs} if all(signs) else {},
        customdata=known["n_rows"].to_numpy(),
        hovertemplate="%{y}: %{x:.3f} on %{customdata:,} rows<extra></extra>",
    )
    figure.update_layout(template=template(colors), height=90 + _BAR * max(len(known), 4), hovermode="closest")
    figure.update_xaxes(title_text="Rank correlation with the target", showgrid=True)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def _scale(colors: Colors) -> list[list[object]] | None:
    """Return loss to gain by way of the panel's colour; None, the library's own, where a theme leaves one out."""
    ends = (colors.loss, colors.panel, colors.gain)
    return [[0.5 * position, color] for position, color in enumerate(ends)] if all(ends) else None
