"""What a backtest trades: the predictions of a trained run or of a model's file, or a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.base.errors import QlopError
from core.services.presets import EarlierRun, config_of_run, earlier_runs
from core.services.runs import restore_run
from core.ui.config_form.backtest_draft import FED_BY, by_rule, on_model_file, on_predictions
from core.ui.config_form.drafts import change_draft
from core.ui.config_form.form_context import FormContext
from core.ui.config_form.plugin_picker import problem_line
from core.ui.config_form.traded_file import newest_model_file, pick_model_file
from core.ui.config_form.used_run import used_run
from core.ui.navigation import go_to

__all__ = ["draw_traded"]

_TRAINED = ("pipeline", "train")
_CHOICES = {"run": "A trained run", "file": "A model file", "rule": "A rule-based strategy"}


def draw_traded(context: FormContext) -> None:
    """Draw the choice and write it into the draft's `backtest.predictions_run` or `backtest.model_file`."""
    backtest = context.raw.setdefault("backtest", {})
    chosen = backtest.get("predictions_run")
    runs = _trained_runs(context)
    key = context.key("traded")
    choice = st.segmented_control(
        "What is traded",
        list(_CHOICES),
        default=_choice_of(backtest),
        format_func=lambda name: _CHOICES[name],
        key=key,
        required=True,
        on_change=_take_choice,
        args=(context, key),
    )
    if choice == "rule":
        for name in FED_BY:
            backtest.pop(name, None)
        return
    if choice == "file":
        pick_model_file(context)
        return
    backtest.pop("model_file", None)
    if not runs and chosen is None:
        _say_how_to_train(context)
        return
    _pick_run(context, backtest, runs)


def _choice_of(backtest: Mapping[str, Any]) -> str:
    if backtest.get("predictions_run"):
        return "run"
    # Empty where the choice was made and no file is named yet.
    return "rule" if backtest.get("model_file") is None else "file"


def _take_choice(context: FormContext, key: str) -> None:
    """Put the strategy that fits what is traded; the one before is there again when the choice is taken back."""
    raw, aside, choice = context.raw, context.state["aside"], st.session_state[key]
    if choice == "rule":
        changed = by_rule(context.workbench, raw)
        if changed["strategy"] != raw.get("strategy"):
            aside.update(strategy=raw.get("strategy"), rule=changed["strategy"])
        change_draft(context.state, changed)
        return
    is_untouched = aside.get("rule") == raw.get("strategy")
    strategy = aside.get("strategy") if is_untouched and "strategy" in aside else raw.get("strategy")
    if choice == "file":
        change_draft(context.state, on_model_file({**raw, "strategy": strategy}, newest_model_file(context)))
    elif runs := _trained_runs(context):
        change_draft(context.state, on_predictions({**raw, "strategy": strategy}, runs[0].run_id))


def _trained_runs(context: FormContext) -> list[EarlierRun]:
    return earlier_runs(context.workbench, _TRAINED, only_completed=True)


def _pick_run(context: FormContext, backtest: dict[str, Any], runs: list[EarlierRun]) -> None:
    labels = {run.run_id: run.label for run in runs}
    chosen = backtest.get("predictions_run")
    used = used_run(context.workbench, chosen) if chosen is not None and chosen not in labels else None
    if used is not None:
        labels[used.named] = used.label
    options = list(labels)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        # Of runs, not of positions: those change when a run is deleted, and another one would be traded.
        picked = st.selectbox(
            "Trained run",
            options,
            index=options.index(chosen) if chosen in labels else 0,
            format_func=lambda run_id: labels[run_id],
            key=context.key("trained-run"),
        )
        backtest["predictions_run"] = picked
        is_used = used is not None and picked == used.named
        if used is not None and is_used and used.is_deleted:
            st.button(
                "Bring it back",
                key=context.key("restore-run"),
                icon=":material/restore_from_trash:",
                help="Take the run out of the trash.",
                on_click=_restore,
                args=(context, used.run_id),
            )
        else:
            st.button(
                "Use the run's data",
                key=context.key("data-of-run"),
                help="Load the prices that the run was trained on; its predictions stand on their bars.",
                on_click=_take_data,
                args=(context, picked),
            )
    if used is not None and is_used and used.problem:
        problem_line(used.problem)
    else:
        for found in context.problems_at(("backtest", "predictions_run")):
            problem_line(found.message)


def _restore(context: FormContext, run_id: str) -> None:
    try:
        restore_run(context.workbench, run_id)
    except QlopError as error:
        st.toast(f"The run cannot be brought back: {type(error).__name__}", icon=":material/error:")


def _take_data(context: FormContext, run_id: str) -> None:
    try:
        data = config_of_run(context.workbench, run_id).get("data")
    except QlopError as error:
        st.toast(f"The run's data are not known: {type(error).__name__}", icon=":material/error:")
        return
    change_draft(context.state, {**context.raw, "data": data})


def _say_how_to_train(context: FormContext) -> None:
    with st.container(border=True):
        st.markdown("**No trained run yet.** Train a model first, or trade by a rule.")
        if st.button("Train a model", key=context.key("go-train"), icon=":material/model_training:"):
            go_to("train")
