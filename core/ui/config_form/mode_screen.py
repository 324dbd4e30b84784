"""The whole screen of a mode: the form, the config that it makes, and the button that starts the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from core.services.workbench import open_workbench
from core.ui.catalog import find_plugin
from core.ui.config_form.beginnings import beginning_picker, begun_draft
from core.ui.config_form.checked import check_again, last_check
from core.ui.config_form.form_context import FormContext
from core.ui.config_form.groups import GROUPS, Group
from core.ui.config_form.side import draw_side
from core.ui.config_form.starting_over import starting_over
from core.ui.config_form.style import apply_form_style
from core.ui.markdown_text import escaped
from core.ui.navigation import mode_title
from core.ui.plain_text import problem, problems_shown, prose

if TYPE_CHECKING:
    from core.services.workbench import Workbench
    from core.ui.config_form.drafts import DraftState

__all__ = ["mode_screen"]

_COLUMNS = (0.58, 0.42)


def mode_screen(
    mode: str,
    *,
    title: str,
    start_label: str | None = None,
    choices: Mapping[str, str] | None = None,
    before: Callable[[FormContext], None] | None = None,
) -> None:
    """Draw the screen.

    Parameters
    ----------
    mode : str
        Name of an orchestrator plugin.
    title : str
        The screen's heading.
    start_label : str, optional
        What the button says; by default "Start" and the title.
    choices : mapping of str to str, optional
        Modes that share this form, and what each is called; the first drawing has the draft's own.
    before : callable, optional
        Draws what this screen has above the groups, and writes it into the draft.
    """
    st.title(escaped(title), anchor=False)
    apply_form_style()
    with problems_shown("The form cannot be drawn"):
        workbench = open_workbench()
        state = begun_draft(workbench, mode)
        _draw_head(workbench, mode, state, choices or {})
        info = find_plugin(workbench, "orchestrators", state["raw"]["mode"])
        if info is None or info.problem:
            problem("This mode cannot be used", info.problem if info else f"No mode is named {mode}.")
            return
        context = FormContext(workbench, state, info, last_check(state)["problems"])
        form, side = st.columns(_COLUMNS, gap="medium")
        with form:
            if not choices and before is None:
                prose(info.documentation)
            if before is not None:
                before(context)
            _draw_groups(context)
        check = check_again(context)
        context.redraw_heads()
        with side:
            draw_side(context, check, start_label=start_label or f"Start {title.lower()}")


def _draw_head(workbench: Workbench, mode: str, state: DraftState, choices: Mapping[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if choices:
            state["raw"]["mode"] = st.segmented_control(
                "What the run does",
                list(choices),
                default=state["raw"]["mode"],
                format_func=lambda name: choices[name],
                key=f"mode-{state['place']}-{state['generation']}",
                required=True,
            )
        beginning_picker(workbench, mode, tuple(choices) or (mode,), state)
        starting_over(workbench, mode, state)


def _draw_groups(context: FormContext) -> None:
    with st.container(gap="xsmall"):
        for group in GROUPS:
            if context.uses(group.section):
                _draw_group(context, group)


def _draw_group(context: FormContext, group: Group) -> None:
    n_problems = sum(group.holds(found.path) for found in context.problems)
    mark = f" :red-badge[:material/error: {n_problems}]" if n_problems else ""
    title = group.title or escaped(mode_title(context.mode.name))
    label = context.head(lambda: f"**{title}**{mark} :gray[{escaped(group.summary(context.raw, context.workbench))}]")
    with context.folded(label, group.section) as is_unfolded:
        if is_unfolded:
            context.refused.clear()
            group.draw(context)
            context.state["refused"][group.section] = tuple(context.refused)
