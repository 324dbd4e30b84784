"""The heat map of monthly returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.ui.charts import template
from core.ui.figures import with_minus

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["months_figure"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ROW_HEIGHT = 27


def months_figure(monthly: pd.DataFrame, colors: Colors) -> Figure:
    """Return years by months, coloured from loss to gain, with the years' returns beside them.

    Parameters
    ----------
    monthly : DataFrame
        As `monthly_returns` returns it.
    colors : Colors
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, column_widths=(0.9, 0.1), horizontal_spacing=0.015)
    years = [str(year) for year in monthly.index]
    figure.add_trace(_cells(monthly[list(range(1, 13))].to_numpy(), years, _MONTHS, colors), row=1, col=1)
    figure.add_trace(_cells(monthly[["year"]].to_numpy(), years, ("Year",), colors), row=1, col=2)
    figure.update_layout(template=template(colors), height=56 + _ROW_HEIGHT * max(len(years), 3), hovermode="closest")
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category", ticks="")
    figure.update_yaxes(dtick=1, row=1, col=1)
    figure.update_xaxes(side="top", showgrid=False, showline=False, ticks="", type="category", fixedrange=True)
    return figure


def _cells(values: NDArray[np.float64], years: list[str], names: tuple[str, ...], colors: Colors) -> Any:  # noqa: ANN401 - Plotly's traces have no types to name
    from plotly.graph_objects import Heatmap

    known = np.abs(values[np.isfinite(values)])
    # A single wild month does not bleach all others.
    reach = float(np.quantile(known, 0.95)) if len(known) else 0.0
    text = [[_shown(100.0 * value) for value in row] for row in values]
    told = "%{y}" if names == ("Year",) else "%{x} %{y}"
    return Heatmap(
        z=values,
        x=names,
        y=years,
        text=text,
        texttemplate="%{text}",
        textfont={"size": 11, "color": colors.text},
        colorscale=_scale(colors),
        zmin=-(reach or 0.01),
        zmax=reach or 0.01,
        xgap=2,
        ygap=2,
        showscale=False,
        hoverongaps=False,
        hovertemplate=told + ": %{z:.2%}<extra></extra>",
    )


def _shown(percent: float) -> str:
    """Return a percentage in four characters or so, to fit into a cell of a phone's width; the hover has it all."""
    if np.isnan(percent):
        return ""
    return with_minus(f"{percent:.1f}" if abs(percent) < 9.95 else f"{percent:.0f}")


def _scale(colors: Colors) -> list[list[object]] | None:
    if not (colors.loss and colors.gain and colors.panel):
        return None
    return [[0.0, _mixed(colors.loss, colors.panel)], [0.5, colors.panel], [1.0, _mixed(colors.gain, colors.panel)]]


def _mixed(color: str, ground: str, weight: float = 0.62) -> str:
    """Return `color` over `ground`, so thin that text stands upon it."""
    pairs = [(int(color[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(weight * front + (1.0 - weight) * back):02X}" for front, back in pairs)
