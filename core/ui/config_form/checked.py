"""The check of a draft, made when the draft or the plugins changed, and kept for the drawings until then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypedDict, cast

import streamlit as st

from core.base.validation import FieldProblem
from core.services.draft import check_draft
from core.services.model_files import standing_of_file
from core.ui.catalog import plugin_registry, plugins_revision
from core.ui.config_form.form_context import FormContext
from core.ui.config_form.screen_words import worded_for_screen
from core.ui.config_form.used_run import used_run

if TYPE_CHECKING:
    from core.ui.config_form.drafts import DraftState

__all__ = ["LastCheck", "check_again", "last_check"]

_USED_RUNS = (("backtest", "predictions_run"), ("export", "model_run"))


class LastCheck(TypedDict):
    """What the last check said.

    Attributes
    ----------
    draft : str
        What was checked, and with which plugins.
    problems : tuple of FieldProblem
        All that is wrong, what the forms could not take included.
    yaml_text, command : str
        As `CheckedDraft` has them.
    """

    draft: str
    problems: tuple[FieldProblem, ...]
    yaml_text: str
    command: str


def last_check(state: DraftState) -> LastCheck:
    """Return what was last said about a form's draft; nothing is wrong with one that was never checked."""
    kept = st.session_state.get(_place(state))
    return cast("LastCheck", kept) if kept else LastCheck(draft="", problems=(), yaml_text="", command="")


def check_again(context: FormContext) -> LastCheck:
    """Check the draft if it changed since; where other problems come out, draw the form anew with them.

    A draft is checked once, so that a check that answers differently each time ends nowhere in a circle.
    """
    state, raw = context.state, context.used_config()
    refused = tuple(found for group in state["refused"].values() for found in group)
    before = last_check(state)
    draft = _written(raw, refused, plugins_revision(context.workbench), _standing_of_used(context))
    if draft == before["draft"]:
        return before
    checked = check_draft(context.workbench, raw, plugin_registry(context.workbench))
    problems = (*refused, *worded_for_screen(context, checked.problems))
    found = LastCheck(draft=draft, problems=problems, yaml_text=checked.yaml_text, command=checked.command)
    st.session_state[_place(state)] = found
    if problems != context.problems:
        st.rerun()
    return found


def _standing_of_used(context: FormContext) -> list[str]:
    """Return how the runs and the file stand that the draft uses: what becomes of them changes what is wrong."""
    named = [(context.raw.get(section) or {}).get(name) for section, name in _USED_RUNS if context.uses(section)]
    path = (context.raw.get("backtest") or {}).get("model_file") if context.uses("backtest") else None
    file = [standing_of_file(path)] if isinstance(path, str) and path else []
    return file + [repr(used_run(context.workbench, run_id)) for run_id in named if isinstance(run_id, str) and run_id]


def _written(raw: dict[str, Any], refused: tuple[FieldProblem, ...], revision: str, runs: list[str]) -> str:
    told = [[list(found.path), found.message] for found in refused]
    return json.dumps([raw, told, revision, runs], default=str)


def _place(state: DraftState) -> str:
    return f"config-check-{state['place']}-{state['generation']}"
