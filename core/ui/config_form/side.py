"""Beside the form: the button that starts, what keeps it from starting, and the config that it would start."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.base.errors import QlopError
from core.base.validation import FieldProblem
from core.services.submit_run import submit_run
from core.ui.catalog import plugin_registry
from core.ui.config_form.checked import LastCheck
from core.ui.config_form.form_context import FormContext
from core.ui.config_form.style import SIDE
from core.ui.navigation import go_to
from core.ui.one_start import may_start_again, start_once
from core.ui.params_form import problem_summary
from core.ui.plain_text import monospace, problem

__all__ = ["draw_side"]

_YAML_HEIGHT = 440


def draw_side(context: FormContext, check: LastCheck, *, start_label: str) -> None:
    """Draw the column; the button leads to the run's screen, or says what is wrong."""
    with st.container(key=f"{SIDE}-{context.state['place']}", gap="small"):
        is_pressed = st.button(
            start_label,
            key=context.key("start"),
            icon=":material/play_arrow:",
            type="primary",
            width="stretch",
        )
        if check["problems"]:
            problem_summary(_placed(check["problems"]))
        if is_pressed:
            _start(context, check)
        else:
            may_start_again(context.key("start"))
        _draw_config(context, check)


def _start(context: FormContext, check: LastCheck) -> None:
    if check["problems"]:
        st.toast("The run was not started: some fields need other values.", icon=":material/error:")
        return
    try:
        run_id = start_once(
            context.key("start"),
            lambda: submit_run(
                context.workbench,
                context.used_config(),
                plugin_registry(context.workbench),
                source_run=_source_run(context),
            ),
        )
    except QlopError as error:
        problem("The run was not started", str(error))
        return
    go_to("run", run=run_id)


def _source_run(context: FormContext) -> str | None:
    parameter, name = context.state["source"] or ("", "")
    return name if parameter == "from_run" else None


def _draw_config(context: FormContext, check: LastCheck) -> None:
    mode = context.mode.name
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**Config**", width="content")
        st.download_button(
            "Download",
            data=check["yaml_text"],
            file_name=f"{mode}.yaml",
            mime="application/yaml",
            key=context.key("download"),
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
    with st.container(height=_YAML_HEIGHT, border=False, gap=None):
        monospace(check["yaml_text"], language="yaml")
    st.markdown("**The same from the command line**")
    monospace(check["command"], language="bash", wraps=True)


def _placed(problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """Return the problems with where they stand, which a plugin's own message does not say."""
    placed = []
    for found in problems:
        section = ".".join(
            map(str, found.path[:2] if found.path[:1] in {("features",), ("sinks",)} else found.path[:1])
        )
        is_said = not section or found.message.startswith(section)
        placed.append(FieldProblem(found.path, found.message if is_said else f"{section}: {found.message}"))
    return placed
