"""What trading and financing cost: running sums by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.ui.charts import template, time_axis
from core.ui.tear_sheet.thinning import thinned

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["cost_label", "cost_totals", "costs_figure"]

_LABELS = {
    "fees": "Fees",
    "slippage": "Slippage",
    "debit_interest": "Interest on debt",
    "credit_interest": "Interest on cash",
    "borrow_fee": "Borrow fee of shorts",
    "liquidation_fee": "Liquidation fee",
    "dividends": "Dividends",
}


def costs_figure(costs: pd.DataFrame, colors: Colors) -> Figure:
    """Return one line a kind; what was received lies below zero.

    Parameters
    ----------
    costs : DataFrame
        As `cumulative_costs` returns it.
    colors : Colors
    """
    from plotly.graph_objects import Figure

    kinds = [str(name) for name in costs.columns if name != "timestamp"]
    drawn = thinned(costs, kinds[:1])
    palette = [color for color in (colors.warning, *colors.curves[1:]) if color]
    figure = Figure()
    for number, kind in enumerate(kinds):
        figure.add_scatter(
            x=drawn["timestamp"],
            y=drawn[kind].to_numpy(),
            name=cost_label(kind),
            mode="lines",
            line={"color": palette[number % len(palette)] if palette else None, "width": 1.8},
            hovertemplate="%{y:,.0f}<extra>%{fullData.name}</extra>",
            showlegend=True,
        )
    figure.update_layout(template=template(colors), height=340, uirevision="costs")
    figure.update_yaxes(title_text="Paid so far (account currency)", tickformat=",.0f")
    time_axis(figure, colors)
    return figure


def cost_totals(costs: pd.DataFrame) -> dict[str, float]:
    """Return what each kind came to, by its name, the largest first."""
    last = costs.drop(columns="timestamp").iloc[-1]
    return {cost_label(str(kind)): float(last[kind]) for kind in last.abs().sort_values(ascending=False).index}


def cost_label(kind: str) -> str:
    """Return what a person calls a kind of posting."""
    return _LABELS.get(kind, kind)
