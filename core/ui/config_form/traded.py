"""What a backtest trades: the predictions of a trained run, or a rule."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.base.errors import QlopError
from core.services.presets import EarlierRun, config_of_run, earlier_runs
from core.ui.config_form.drafts import put_draft
from core.ui.config_form.form_context import FormContext
from core.ui.config_form.plugin_picker import problem_line
from core.ui.navigation import go_to

__all__ = ["draw_traded"]

_TRAINED = ("pipeline", "train")
_CHOICES = {"run": "A trained run", "rule": "A rule-based strategy"}


def draw_traded(context: FormContext) -> None:
    """Draw the choice and write it into the draft's `backtest.predictions_run`."""
    backtest = context.raw.setdefault("backtest", {})
    chosen = backtest.get("predictions_run")
    runs = earlier_runs(context.workbench, _TRAINED, only_completed=True)
    choice = st.segmented_control(
        "What is traded",
        list(_CHOICES),
        default="run" if chosen else "rule",
        format_func=lambda name: _CHOICES[name],
        key=context.key("traded"),
        required=True,
    )
    if choice == "rule":
        backtest.pop("predictions_run", None)
        return
    if not runs and chosen is None:
        _say_how_to_train(context)
        return
    _pick_run(context, backtest, runs)
    for found in context.problems_at(("backtest", "predictions_run")):
        problem_line(found.message)


def _pick_run(context: FormContext, backtest: dict[str, Any], runs: list[EarlierRun]) -> None:
    labels = {run.run_id: run.label for run in runs}
    chosen = backtest.get("predictions_run")
    if chosen is not None:
        labels.setdefault(chosen, str(chosen))
    options = list(labels)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        position = st.selectbox(
            "Trained run",
            range(len(options)),
            index=options.index(chosen) if chosen in labels else 0,
            format_func=lambda at: labels[options[at]],
            key=context.key("trained-run"),
        )
        backtest["predictions_run"] = options[position]
        st.button(
            "Use the run's data",
            key=context.key("data-of-run"),
            help="Load the prices that the run was trained on; its predictions stand on their bars.",
            on_click=_take_data,
            args=(context, options[position]),
        )


def _take_data(context: FormContext, run_id: str) -> None:
    try:
        data = config_of_run(context.workbench, run_id).get("data")
    except QlopError as error:
        st.toast(f"The run's data are not known: {type(error).__name__}", icon=":material/error:")
        return
    put_draft(context.mode.name, {**context.raw, "data": data}, source=context.state["source"])


def _say_how_to_train(context: FormContext) -> None:
    with st.container(border=True):
        st.markdown("**No trained run yet.** Train a model first, or trade by a rule.")
        if st.button("Train a model", key=context.key("go-train"), icon=":material/model_training:"):
            go_to("train")
