"""The comparison of two to ten runs: what they share, what they do not, and what that shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.services.compare import Comparison, compare_runs
from core.services.compare_curves import compared_curves
from core.services.compare_verdict import comparison_verdict
from core.services.text_form import counted
from core.ui.charts import show_figure
from core.ui.colors import shown_colors
from core.ui.comparison_charts import MOST_OVERLAID, overlaid_equity, side_by_side_equity
from core.ui.comparison_tables import difference_rows, figure_comparison, run_heads
from core.ui.plain_text import problems_shown

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["runs_to_compare", "show_comparison"]

_PARAMETER = "compare"
_BASELINE = "baseline"
_LONGEST_TITLE = 28


def runs_to_compare() -> tuple[str, ...]:
    """Return the runs that the address asks to compare, each once; none where it does not."""
    named = (name.strip() for name in st.query_params.get(_PARAMETER, "").split(","))
    return tuple(dict.fromkeys(name for name in named if name))


def show_comparison(workbench: Workbench, named: Sequence[str]) -> None:
    """Draw the comparison, and the way back to the list."""
    if st.button("All runs", icon=":material/arrow_back:", key="all-runs", type="tertiary"):
        for parameter in (_PARAMETER, _BASELINE):
            st.query_params.pop(parameter, None)
        st.rerun()
    with problems_shown("These runs cannot be compared"):
        compared = compare_runs(workbench, _first_the_baseline(named))
        labels = _labels(compared, named)
        _draw_heads(compared, labels, named)
        figures, equity, config, data, versions = st.tabs(
            ["Figures", "Equity", "Config", "Data", "Versions"], key="part", bind="query-params"
        )
        with figures:
            with_all = st.toggle("Baselines, and figures of one run alone", key="all-figures", bind="query-params")
            figure_comparison(compared, labels, with_all=with_all)
        with equity:
            _draw_equity(workbench, labels)
        with config:
            difference_rows(compared.config, labels, name="Config", equal="The configs are the same.")
        with data:
            difference_rows(compared.data, labels, name="Data", equal=_no_difference_of_data(compared))
        with versions:
            difference_rows(compared.environment, labels, name="Versions", equal="Machine and versions are the same.")


def _draw_heads(compared: Comparison, labels: Mapping[str, str], named: Sequence[str]) -> None:
    st.subheader(f"{counted(len(named), 'run')} compared", anchor=False)
    run_heads(compared, labels)
    by_name = dict(zip(_first_the_baseline(named), labels.values(), strict=True))
    st.selectbox(
        "Differences are to",
        list(named),
        index=list(named).index(next(iter(by_name))),
        format_func=by_name.__getitem__,
        key=_BASELINE,
        on_change=_keep_baseline,
        width=320,
    )
    with st.container(border=True):
        st.text(" ".join(comparison_verdict(compared)))


def _first_the_baseline(named: Sequence[str]) -> list[str]:
    baseline = st.query_params.get(_BASELINE)
    return sorted(named, key=lambda name: name != baseline)


def _keep_baseline() -> None:
    st.query_params[_BASELINE] = st.session_state[_BASELINE]


def _draw_equity(workbench: Workbench, labels: Mapping[str, str]) -> None:
    is_normalised = not st.toggle("In account currency", key="currency", bind="query-params")
    curves = compared_curves(workbench, list(labels), is_normalised=is_normalised)
    if curves.empty:
        st.markdown("None of these runs has backtested anything.")
        return
    n_curves = curves["run_id"].nunique()
    draw = overlaid_equity if n_curves <= MOST_OVERLAID else side_by_side_equity
    figure = draw(curves, labels, shown_colors(), is_normalised=is_normalised)
    show_figure(figure, key="compared-equity", file_name="compared-equity", alt="Equity of the compared runs over time")
    if n_curves < len(labels):
        st.caption(f"{counted(len(labels) - n_curves, 'run')} without a backtest left out.")


def _labels(compared: Comparison, named: Sequence[str]) -> dict[str, str]:
    """Return what each run is called: its number in the address, and its title, which is anybody's text."""
    numbers = {name: number for number, name in enumerate(named, start=1)}
    labels = {}
    for name, run_id, title in zip(_first_the_baseline(named), compared.run_ids, compared.titles, strict=True):
        words = " ".join((title or run_id[:8]).split())
        shown = words if len(words) <= _LONGEST_TITLE else f"{words[: _LONGEST_TITLE - 1]}…"
        labels[run_id] = f"{numbers[name]} · {shown}"
    return labels


def _no_difference_of_data(compared: Comparison) -> str:
    if compared.without_fingerprint:
        return "Nothing that the runs wrote down differs, but not all of them have loaded data."
    return "The data are the same, byte for byte."
