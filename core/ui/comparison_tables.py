"""The tables of a comparison: what the runs do not share, side by side, and figures with their differences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.services.compare import Comparison
from core.services.differences import ABSENT, Difference
from core.ui.figures import figure_label, shown_difference, shown_figure
from core.ui.tables import reading_table, right_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["difference_rows", "figure_comparison", "run_heads"]

_FIRST = (
    "cagr",
    "sharpe",
    "max_drawdown",
    "final_equity",
    "volatility_annual",
    "sortino",
    "calmar",
    "turnover_annual",
    "cost_total",
    "auc",
    "brier",
    "r2_out_of_sample",
    "rmse",
)
_RUN_WIDTH = 150
_FIGURE_WIDTH = 150


def run_heads(compared: Comparison, labels: Mapping[str, str]) -> None:
    """Draw which runs are compared, in the order of their columns."""
    import pandas as pd

    from core.ui.run_columns import state_column

    table = pd.DataFrame(
        {"label": list(labels.values()), "state": [[state] for state in compared.states], "run_id": compared.run_ids}
    )
    reading_table(table, columns={"label": "Run", "state": state_column(), "run_id": "Id"}, name="Compared runs")


def difference_rows(rows: Sequence[Difference], labels: Mapping[str, str], *, name: str, equal: str) -> None:
    """Draw what the runs do not share, grouped by section; `equal` is said where there is nothing."""
    if not rows:
        st.markdown(equal)
        return
    table = _frame([[*_section(row.path), *(_shown(value) for value in row.values)] for row in rows], labels)
    sections = {"section": st.column_config.TextColumn("Section", width=110)} if table["section"].any() else {}
    what = {**sections, "what": st.column_config.TextColumn("Setting" if sections else "What", width=190)}
    reading_table(table, columns={**what, **_run_columns(labels)}, name=name)


def figure_comparison(compared: Comparison, labels: Mapping[str, str], *, with_all: bool) -> None:
    """Draw the figures, each with its difference to the first run's.

    Parameters
    ----------
    compared : Comparison
        Of two to ten runs.
    labels : mapping of str to str
        What each run is called, by run id, in the comparison's order.
    with_all : bool
        Whether figures of baselines, and of one run alone, are drawn too.
    """
    shared = [row for row in compared.metrics if row.path in compared.shared_metrics and "." not in row.path]
    rows = sorted(compared.metrics if with_all else shared, key=lambda row: (_rank(row.path), row.path))
    if not rows:
        st.markdown("The runs have no figures in common.")
        return
    table = _frame([["", _figure_name(row.path), *_figure_cells(row)] for row in rows], labels)
    figure = st.column_config.TextColumn("Figure", width=_FIGURE_WIDTH, pinned=True)
    columns = {run_id: right_text(label) for run_id, label in labels.items()}
    reading_table(table, columns={"what": figure, **columns}, name="Figures compared")


def _frame(cells: Sequence[Sequence[str]], labels: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(cells, columns=["section", "what", *labels], dtype="str")


def _run_columns(labels: Mapping[str, str]) -> dict[str, object]:
    width = _RUN_WIDTH if len(labels) > 3 else None
    return {run_id: st.column_config.TextColumn(label, width=width) for run_id, label in labels.items()}


def _section(path: str) -> tuple[str, str]:
    section, dot, what = path.partition(".")
    return (section, what) if dot else ("", section)


def _shown(value: object) -> str:
    if value == ABSENT:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _rank(path: str) -> tuple[int, int]:
    return ("." in path, _FIRST.index(path) if path in _FIRST else len(_FIRST))


def _figure_name(path: str) -> str:
    owner, _, name = path.rpartition(".")
    return f"{owner}: {figure_label(name)}" if owner else figure_label(name)


def _figure_cells(row: Difference) -> list[str]:
    values = [float(value) if isinstance(value, (int, float)) else None for value in row.values]
    cells = [shown_figure(row.path, values[0])]
    for value in values[1:]:
        difference = shown_difference(row.path, value, values[0])
        shown = shown_figure(row.path, value)
        cells.append(f"{shown} ({difference})" if difference else shown)
    return cells
