"""What models reported while they learned, step by step."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from core.ui.charts import LEGEND_ABOVE, show_figure, template
from core.ui.colors import shown_colors
from core.ui.plain_text import quiet
from core.ui.tear_sheet.section_panel import panel_heading

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["curve_groups", "draw_learning_curves", "learning_curve_figure"]

_FINAL_MODEL = -1
_WORDS = "The thick lines are the model that was kept, the thin ones the folds'. Lower is better for a loss."


def curve_groups(curves: pd.DataFrame) -> list[str]:
    """Return what reported: a member's name for those of an ensemble, else nothing ("")."""
    return list(dict.fromkeys(str(metric).rpartition(".")[0] for metric in curves["metric"]))


def learning_curve_figure(curves: pd.DataFrame, group: str, colors: Colors) -> Figure:
    """Return the curves of one group: a thick line of the kept model for each metric, and thin ones of its folds.

    Parameters
    ----------
    curves : DataFrame
        fold (-1: the model that was kept), metric, step, value.
    group : str
        One of `curve_groups`.
    colors : Colors
    """
    from plotly.graph_objects import Figure

    figure = Figure()
    own = curves[[str(metric).rpartition(".")[0] == group for metric in curves["metric"]]]
    names = list(dict.fromkeys(own["metric"]))
    for metric, color in zip(names, _shades(len(names), colors), strict=True):
        rows = own[own["metric"] == metric].sort_values(["fold", "step"], kind="stable")
        label = html.escape(str(metric).rpartition(".")[2].replace("_", " "))
        shared = {"mode": "lines", "legendgroup": label, "name": label}
        for fold, points in rows.groupby("fold", sort=True):
            is_kept = fold == _FINAL_MODEL
            figure.add_scatter(
                **shared,
                x=points["step"].to_numpy(),
                y=points["value"].to_numpy(),
                line={"color": color, "width": 2.6 if is_kept else 1.2},
                opacity=1.0 if is_kept else 0.5,
                showlegend=is_kept,
                hovertemplate=f"{label}, {'kept model' if is_kept else f'fold {fold}'}: %{{y:.4g}}<extra></extra>",
            )
    figure.update_layout(
        template=template(colors), height=380, showlegend=True, legend=LEGEND_ABOVE, margin={"t": 34},
        hovermode="closest",
    )  # fmt: skip
    figure.update_xaxes(title_text="Step: round, epoch or trees")
    labels = [str(metric).rpartition(".")[2].replace("_", " ") for metric in names]
    figure.update_yaxes(title_text=html.escape(labels[0].capitalize() if len(labels) == 1 else "Reported value"))
    return figure


def draw_learning_curves(curves: pd.DataFrame | None, reason: str, *, run_id: str) -> None:
    """Draw the curves of a run, or say why there are none; `reason` may be anybody's text, empty of an older run."""
    if curves is None or curves.empty:
        if reason:
            st.subheader("Learning curves", anchor=False)
            quiet(reason, "no-learning-curve")
        return
    panel_heading("Learning curves", curves, name="learning-curves", run_id=run_id)
    groups = curve_groups(curves)
    group = groups[0]
    if len(groups) > 1:
        group = st.segmented_control(
            "Member", groups, default=group, required=True, key="learning-member", label_visibility="collapsed"
        )
    quiet(_WORDS, "learning-words")
    figure = learning_curve_figure(curves, group, shown_colors())
    show_figure(figure, key=f"learning-{run_id}", file_name=f"{run_id[:8]}-learning-curves", alt="Learning curves")


def _shades(n_metrics: int, colors: Colors) -> list[str | None]:
    # One curve alone is in the accent; of a pair the first is the training loss.
    chosen = [colors.accent] if n_metrics == 1 else [colors.muted, colors.accent, *colors.curves]
    return [chosen[place % len(chosen)] for place in range(n_metrics)]
