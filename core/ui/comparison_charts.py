"""The equity of compared runs: over each other, or side by side where they are many.

The run that the others are compared with has the accent, the others the theme's curves in their order.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.ui.charts import template
from core.ui.colors import Colors

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["MOST_OVERLAID", "overlaid_equity", "side_by_side_equity"]

MOST_OVERLAID = 5
_ROW_HEIGHT = 190


def overlaid_equity(curves: pd.DataFrame, labels: Mapping[str, str], colors: Colors, *, is_normalised: bool) -> Figure:
    """Return one chart with a line for each run.

    Parameters
    ----------
    curves : DataFrame
        As `compared_curves` returns it.
    labels : mapping of str to str
        What each run is called, by run id, in the order of colours; anybody's text.
    colors : Colors
        Of the viewer's theme.
    is_normalised : bool
        Whether the curves begin at 1.
    """
    from plotly.graph_objects import Figure

    figure = Figure()
    lines = _lines(labels, colors)
    for run_id, curve in curves.groupby("run_id", sort=False):
        figure.add_scatter(**_trace(curve, labels[str(run_id)], lines[str(run_id)], is_normalised=is_normalised))
    figure.update_layout(template=template(colors), height=460, uirevision="compare")
    figure.update_yaxes(title_text=_title(is_normalised=is_normalised), tickformat=_tick(is_normalised=is_normalised))
    figure.update_xaxes(hoverformat="%Y-%m-%d")
    return figure


def side_by_side_equity(
    curves: pd.DataFrame, labels: Mapping[str, str], colors: Colors, *, is_normalised: bool
) -> Figure:
    """Return a small chart for each run, on equal axes, with the first run pale behind it; see `overlaid_equity`."""
    from plotly.subplots import make_subplots

    run_ids = [str(run_id) for run_id in curves["run_id"].unique()]
    n_rows = -(-len(run_ids) // 2)
    titles = [html.escape(labels[run_id]) for run_id in run_ids]
    figure = make_subplots(
        rows=n_rows,
        cols=2,
        shared_xaxes="all",
        shared_yaxes="all",
        subplot_titles=titles,
        vertical_spacing=0.24 / n_rows,
    )
    lines = _lines(labels, colors)
    first_id = next(iter(labels))
    first = curves[curves["run_id"] == first_id]
    behind = {"color": colors.muted, "width": 1}
    for position, run_id in enumerate(run_ids):
        place = {"row": position // 2 + 1, "col": position % 2 + 1}
        if run_id != first_id and not first.empty:
            figure.add_scatter(**_trace(first, labels[first_id], behind, is_normalised=is_normalised), **place)
        own = curves[curves["run_id"] == run_id]
        figure.add_scatter(**_trace(own, labels[run_id], lines[run_id], is_normalised=is_normalised), **place)
    figure.update_layout(
        template=template(colors), height=_ROW_HEIGHT * n_rows + 40, showlegend=False, uirevision="compare", margin_t=28
    )
    figure.update_yaxes(tickformat=_tick(is_normalised=is_normalised))
    figure.update_xaxes(hoverformat="%Y-%m-%d")
    figure.update_annotations(font_size=12)
    return figure


def _trace(curve: pd.DataFrame, label: str, line: dict[str, Any], *, is_normalised: bool) -> dict[str, Any]:
    # Plotly reads names as HTML.
    value = "%{y:,.3f}" if is_normalised else "%{y:,.0f}"
    return {
        "x": curve["timestamp"],
        "y": curve["equity"].to_numpy(),
        "name": html.escape(label),
        "mode": "lines",
        "line": line,
        "hovertemplate": f"{value}<extra>%{{fullData.name}}</extra>",
    }


def _lines(labels: Mapping[str, str], colors: Colors) -> dict[str, dict[str, Any]]:
    # The first of the theme's curves is the benchmark's, on every screen.
    others = colors.curves[1:] or (colors.muted,)
    first, *rest = labels
    lines = {run_id: {"color": others[number % len(others)], "width": 1.4} for number, run_id in enumerate(rest)}
    return {first: {"color": colors.accent, "width": 2.4}, **lines}


def _title(*, is_normalised: bool) -> str:
    return "Equity (multiple of the first bar)" if is_normalised else "Equity (account currency)"


def _tick(*, is_normalised: bool) -> str:
    return ",.2f" if is_normalised else ",.0f"
