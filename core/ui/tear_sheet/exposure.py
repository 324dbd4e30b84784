"""What was held of each ticker, as fractions of equity."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from core.ui.charts import template, time_axis
from core.ui.tear_sheet.thinning import MOST_ROWS, thinned

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["MOST_TICKERS", "exposure_figure", "largest_tickers"]

MOST_TICKERS = 8
_OTHERS = "all others"


def exposure_figure(exposures: pd.DataFrame, colors: Colors) -> Figure:
    """Return areas above each other, longs up and shorts down; beyond eight tickers the smaller ones are one area.

    Parameters
    ----------
    exposures : DataFrame
        As `held_exposures` returns it.
    colors : Colors
    """
    from plotly.graph_objects import Figure

    shown = _with_others(exposures)
    shown = thinned(shown.assign(_net=shown.sum(axis=1)), ("_net",), MOST_ROWS // 2).drop(columns="_net")
    palette = [color for color in (colors.accent, *colors.curves[1:], *colors.curves[:1]) if color]
    figure = Figure()
    for number, ticker in enumerate(shown.columns):
        values = shown[ticker]
        color = palette[number % len(palette)] if palette else None
        _area(figure, values.clip(lower=0.0), values, str(ticker), color, "long", is_listed=True)
        if bool((values < 0.0).any()):
            _area(figure, values.clip(upper=0.0), values, str(ticker), color, "short", is_listed=False)
    figure.update_layout(template=template(colors), height=360, uirevision="exposure")
    figure.update_yaxes(title_text="Exposure (% of equity)", tickformat=".0%")
    time_axis(figure, colors)
    return figure


def largest_tickers(exposures: pd.DataFrame, most: int = MOST_TICKERS) -> list[str]:
    """Return the tickers that were held most on average, largest first."""
    return [str(name) for name in exposures.abs().mean().sort_values(ascending=False, kind="stable").index[:most]]


def _with_others(exposures: pd.DataFrame) -> pd.DataFrame:
    chosen = largest_tickers(exposures)
    shown = exposures[chosen]
    rest = exposures.columns.difference(chosen)
    return shown.assign(**{_OTHERS: exposures[rest].sum(axis=1)}) if len(rest) else shown


def _area(
    figure: Figure, height: pd.Series, values: pd.Series, name: str, color: str | None, stack: str, *, is_listed: bool
) -> None:
    # Plotly reads names as HTML; a ticker's is whatever the data source says.
    shown = html.escape(name)
    figure.add_scatter(
        x=height.index,
        y=height.to_numpy(),
        customdata=values.to_numpy(),
        name=shown,
        legendgroup=shown,
        showlegend=is_listed,
        stackgroup=stack,
        mode="lines",
        line={"width": 0.5, "color": color},
        hovertemplate="%{customdata:.1%}<extra>%{fullData.name}</extra>",
        hoverinfo="skip" if not is_listed else None,
    )
