"""Scores of the folds, in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.ui.charts import LEGEND_ABOVE, template
from core.ui.figures import figure_label

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["fold_figure", "fold_metrics"]

_REFERENCES = {
    "brier": ("base_rate_brier", "Base rate"),
    "log_loss": ("base_rate_log_loss", "Base rate"),
    "rmse": ("base_rmse", "Training mean"),
}
_SCORES = ("brier", "auc", "log_loss", "accuracy", "rmse", "mae", "correlation", "rank_correlation")


def fold_metrics(folds: pd.DataFrame) -> list[str]:
    """Return the scores that the folds have, the most telling first."""
    return [name for name in _SCORES if name in folds and bool(folds[name].notna().any())]


def fold_figure(folds: pd.DataFrame, metric: str, colors: Colors) -> Figure:
    """Return one score of every fold at the beginning of its test block, beside its reference where there is one.

    Parameters
    ----------
    folds : DataFrame
        As fold_scores.parquet has them.
    metric : str
        A column of it.
    colors : Colors
    """
    from plotly.graph_objects import Figure

    figure = Figure()
    shared = {"x": folds["test_start"], "mode": "lines+markers"}
    value = "%{y:.4f}<extra>%{fullData.name}</extra>"
    line = {"color": colors.accent, "width": 2}
    figure.add_scatter(**shared, y=folds[metric].to_numpy(), name="Model", line=line, hovertemplate=value)
    reference, known = _REFERENCES.get(metric, ("", ""))
    if reference in folds:
        muted = {"color": colors.muted, "width": 1.4, "dash": "dot"}
        figure.add_scatter(**shared, y=folds[reference].to_numpy(), name=known, line=muted, hovertemplate=value)
    if metric == "auc":
        figure.add_hline(y=0.5, line={"color": colors.muted, "width": 1, "dash": "dot"})
    figure.update_layout(template=template(colors), height=300, showlegend=True, legend=LEGEND_ABOVE, margin={"t": 34})
    figure.update_xaxes(title_text="First bar of the test block", hoverformat="%Y-%m-%d")
    figure.update_yaxes(title_text=figure_label(metric))
    return figure
