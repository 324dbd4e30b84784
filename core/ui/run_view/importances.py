"""How much a model made of its features."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from core.ui.charts import template

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["importance_figure"]

_MOST = 25
_LEAST_WRITTEN_OUT = 1e-5


def importance_figure(importances: pd.DataFrame, colors: Colors) -> Figure:
    """Return a bar a feature, the largest on top; the 25 largest of more.

    Parameters
    ----------
    importances : DataFrame
        feature and importance.
    colors : Colors
    """
    from plotly.graph_objects import Figure

    largest = importances.sort_values("importance", kind="stable").iloc[-_MOST:]
    figure = Figure()
    figure.add_bar(
        x=largest["importance"].to_numpy(),
        # Plotly reads labels as HTML; a feature's name is a plugin's.
        y=[html.escape(str(name)) for name in largest["feature"]],
        orientation="h",
        marker={"color": colors.accent},
        hovertemplate="%{y}: %{x:.4g}<extra></extra>",
    )
    figure.update_layout(template=template(colors), height=max(200, 60 + 20 * len(largest)), hovermode="closest")
    # Plotly would write 0.0001 as 100µ.
    figure.update_xaxes(title_text="Importance", nticks=6, exponentformat=_exponent(largest["importance"]))
    figure.update_yaxes(type="category", showgrid=False)
    return figure


def _exponent(values: pd.Series) -> str:
    return "power" if values.abs().max() < _LEAST_WRITTEN_OUT else "none"
