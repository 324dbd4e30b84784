"""The figures of a run: the four that matter as tiles, and all of them as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.base.yearly_figures import too_few_bars
from core.ui.figures import figure_label, is_money, shown_figure
from core.ui.plain_text import quiet
from core.ui.tables import reading_table, right_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["figure_rows", "key_figures"]

_KEY_FIGURES = (
    "cagr",
    "sharpe",
    "max_drawdown",
    "final_equity",
    "total_return",
    "auc",
    "brier",
    "r2_out_of_sample",
    "rmse",
    "base_rate",
    "n_predictions",
    "rows_compared",
    "largest_difference",
)
_TILES = 4
_TILE_WIDTH = 170
_TILE_HEIGHT = 106
_TILE_HEIGHT_WITH_LINE = 158


def key_figures(figures: pd.DataFrame, lines: Mapping[str, Sequence[float]] | None = None) -> None:
    """Draw up to four tiles, those of the strategy that come first in the field's order of interest.

    Parameters
    ----------
    figures : DataFrame
        As `figure_table` returns it.
    lines : mapping of str to sequence of float, optional
        By the name of a figure what its spark line draws. All tiles of a row are equally high.
    """
    if "strategy" not in figures:
        return
    own = figures["strategy"].dropna()
    n_bars = too_few_bars({str(name): value for name, value in own.items()})
    asked = _KEY_FIGURES if n_bars is None else ("total_return", *_KEY_FIGURES)
    shown = [name for name in dict.fromkeys(asked) if name in own.index][:_TILES]
    with st.container(horizontal=True):
        for name in shown:
            _tile(name, float(own[name]), (lines or {}).get(name), is_high=bool(lines))
    if n_bars is not None:
        quiet(f"{n_bars} {'bar' if n_bars == 1 else 'bars'}: too few for a yearly figure.", "too-few-bars")


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


def _tile(name: str, value: float, line: Sequence[float] | None, *, is_high: bool) -> None:
    st.metric(
        figure_label(name),
        shown_figure(name, value),
        border=True,
        width=_TILE_WIDTH,
        height=_TILE_HEIGHT_WITH_LINE if is_high else _TILE_HEIGHT,
        chart_data=line,
        chart_type="area" if name == "max_drawdown" else "line",
        help="In the account's currency." if is_money(name) else None,
    )
