"""The figures of a run: the four that matter as tiles, and all of them as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.ui.figures import figure_label, shown_figure
from core.ui.tables import reading_table, right_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["figure_rows", "key_figures"]

_KEY_FIGURES = (
    "cagr",
    "sharpe",
    "max_drawdown",
    "final_equity",
    "auc",
    "brier",
    "base_rate",
    "n_predictions",
    "rows_compared",
    "largest_difference",
)
_TILES = 4
_TILE_WIDTH = 170


def key_figures(figures: pd.DataFrame) -> None:
    """Draw up to four tiles, those of the strategy that come first in the field's order of interest.

    Parameters
    ----------
    figures : DataFrame
        As `figure_table` returns it.
    """
    if "strategy" not in figures:
        return
    own = figures["strategy"].dropna()
    shown = [name for name in _KEY_FIGURES if name in own.index][:_TILES]
    with st.container(horizontal=True):
        for name in shown:
            st.metric(figure_label(name), shown_figure(name, own[name]), border=True, width=_TILE_WIDTH)


def figure_rows(figures: pd.DataFrame) -> None:
    """Draw every figure of the strategy, its baselines and the benchmark side by side."""
    if figures.empty:
        st.markdown("This run has no figures.")
        return
    # What all curves have comes first, what only a model has last.
    figures = figures.loc[figures.count(axis=1).sort_values(ascending=False, kind="stable").index]
    text = figures.apply(
        lambda row: [shown_figure(str(row.name), value) for value in row], axis=1, result_type="expand"
    )
    text.columns = figures.columns
    table = text.astype("str").assign(figure=[figure_label(str(name)) for name in figures.index])
    columns = {name: right_text(str(name)) for name in figures.columns}
    reading_table(table, columns={"figure": "Figure", **columns}, name="Figures")
