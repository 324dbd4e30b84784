"""The table of the folds: what a fold was scored on and with, then what it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.figures import figure_label
from core.ui.run_view.fold_scores import fold_metrics
from core.ui.tables import reading_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draw_fold_table", "fold_columns", "whole_rows"]

_FIRST = ("fold", "test_start", "test_end", "rows", "n_rows")
_MOST_ROWS = 12


def draw_fold_table(folds: pd.DataFrame) -> None:
    """Draw the folds, all of them where they are few, else as many as a window has room for."""
    config = st.column_config
    drawn = whole_rows(folds)
    reading_table(
        drawn,
        columns={name: _column(config, drawn, name) for name in fold_columns(drawn)},
        name="Scores by fold",
        most_rows=_MOST_ROWS,
    )


def fold_columns(folds: pd.DataFrame) -> list[str]:
    """Return the columns in the order in which a person asks: when, how many rows, the scores, then the rest."""
    return [name for name in dict.fromkeys((*_FIRST, *fold_metrics(folds), *map(str, folds.columns))) if name in folds]


def whole_rows(folds: pd.DataFrame) -> pd.DataFrame:
    """Return the table with counts of rows as whole numbers, those that weights have made fractions too."""
    counts = [name for name in folds.select_dtypes("float") if str(name).endswith("rows")]
    return folds.assign(**{str(name): folds[name].round().astype("Int64") for name in counts})


def _column(config: Any, folds: pd.DataFrame, name: str) -> Any:  # noqa: ANN401 - Streamlit gives these no type to name
    label, kind = figure_label(name), folds[name].dtype.kind
    if kind == "M":
        return config.DatetimeColumn(label, format="YYYY-MM-DD", timezone="UTC")
    if kind in "iu":
        return config.NumberColumn(label, format="localized")
    return config.NumberColumn(label, format="%.4f") if kind == "f" else config.TextColumn(label)
