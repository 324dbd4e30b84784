"""The form of the Data screen: which prices, features and label to look at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.base.errors import PluginError
from core.services.inspection import MODE
from core.ui.catalog import find_plugin, plugin_registry
from core.ui.config_form.beginnings import beginning_picker, begun_draft
from core.ui.config_form.checked import LastCheck, check_again, last_check
from core.ui.config_form.form_context import FormContext
from core.ui.config_form.groups import GROUPS, Group
from core.ui.config_form.starting_over import starting_over
from core.ui.config_form.style import apply_form_style
from core.ui.config_form.summaries import summary_of
from core.ui.markdown_text import escaped
from core.ui.one_start import has_ended, may_start_again, start_once
from core.ui.params_form import problem_summary

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["data_form", "submit_inspection"]

_LONGEST_TITLE = 200


def data_form(workbench: Workbench) -> tuple[FormContext, LastCheck, bool]:
    """Draw the form, and return its draft, what the check of it says, and whether Start was pressed.

    Raises
    ------
    PluginError
        If the mode cannot be used.
    """
    info = find_plugin(workbench, "orchestrators", MODE)
    if info is None or info.problem:
        raise PluginError(info.problem if info else f"The mode {MODE!r} is missing; it comes with QLOP.")
    apply_form_style()
    state = begun_draft(workbench, MODE)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        beginning_picker(workbench, MODE, (MODE, "pipeline", "train", "backtest"), state)
        starting_over(workbench, MODE, state)
    context = FormContext(workbench, state, info, last_check(state)["problems"])
    for group in GROUPS:
        if group.section in (info.used_sections or ()):
            _draw_group(context, group)
    check = check_again(context)
    is_pressed = st.button("Load and inspect", icon=":material/search:", type="primary", key=context.key("inspect"))
    if not is_pressed:
        may_start_again(context.key("inspect"))
    if check["problems"]:
        problem_summary(check["problems"])
    return context, check, is_pressed and not check["problems"]


def submit_inspection(context: FormContext) -> str:
    """Start the run of the form's draft and return its id.

    Raises
    ------
    QlopError
        If it cannot be started.
    """
    from core.services.submit_run import submit_run

    title = f"Inspection: {summary_of('data', context.raw)}"
    # The form begins with configs of other modes: their titles and outputs are not an inspection's.
    config = {**context.used_config(), "title": title[:_LONGEST_TITLE], "sinks": []}
    workbench = context.workbench
    run_id: str = start_once(
        context.key("inspect"),
        lambda: submit_run(workbench, config, plugin_registry(workbench)),
        is_over=partial(has_ended, workbench),
    )
    return run_id


def _draw_group(context: FormContext, group: Group) -> None:
    n_problems = sum(found.path[:1] in {(name,) for name in group.paths} for found in context.problems)
    mark = f" :red-badge[:material/error: {n_problems}]" if n_problems else ""
    label = f"**{group.title}**{mark} :gray[{escaped(group.summary(context.raw, context.workbench))}]"
    folded = st.expander(label, key=context.key("group", group.section), on_change="rerun")
    if folded.open:
        del context.refused[:]
        with folded:
            group.draw(context)
        context.state["refused"][group.section] = tuple(context.refused)
