"""The file whose model a backtest trades: a path that is typed, or one of the exports of this workbench."""

from __future__ import annotations

import streamlit as st

from core.services.model_files import HeldModelFile, model_files
from core.ui.config_form.backtest_draft import on_model_file
from core.ui.config_form.drafts import change_draft
from core.ui.config_form.form_context import FormContext
from core.ui.config_form.plugin_picker import problem_line

__all__ = ["newest_model_file", "pick_model_file"]

_SAID = "Only bars after those that the model learned from are traded; the prices must reach beyond them."


def newest_model_file(context: FormContext) -> str:
    """Return where the newest export of this workbench lies; "" where there is none."""
    found = model_files(context.workbench, limit=1)
    return found[0].path if found else ""


def pick_model_file(context: FormContext) -> None:
    """Draw the exports that there are and a path, and write the choice into the draft's `backtest.model_file`."""
    files = model_files(context.workbench)
    path = context.raw["backtest"].get("model_file") or ""
    if files:
        _draw_exports(context, files, path)
    key = context.key("model-file")
    st.text_input(
        "Path of the model file",
        value=path,
        key=key,
        placeholder="~/models/model.qlop.zip",
        on_change=_take_path,
        args=(context, key),
    )
    st.caption(_SAID)
    for found in context.problems_at(("backtest", "model_file")):
        problem_line(found.message)


def _draw_exports(context: FormContext, files: list[HeldModelFile], path: str) -> None:
    labels = {file.path: file.label for file in files}
    options = list(labels)
    key = context.key("exported-model")
    st.selectbox(
        "Exports of this workbench",
        options,
        index=options.index(path) if path in labels else None,
        format_func=lambda found: labels[found],
        placeholder="Another file, by its path below",
        key=key,
        on_change=_take_path,
        args=(context, key),
    )


def _take_path(context: FormContext, key: str) -> None:
    change_draft(context.state, on_model_file(context.raw, (st.session_state[key] or "").strip()))
