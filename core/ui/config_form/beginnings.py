"""What a form begins with: a ready config, an earlier run's config, or what its mode makes of them by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.base.errors import QlopError
from core.services.presets import config_of_run, earlier_runs, list_presets, preset_config
from core.ui.catalog import find_plugin
from core.ui.config_form.backtest_draft import FIRST_PRESET, as_backtest, by_rule, on_predictions
from core.ui.config_form.drafts import DraftState, draft_of, is_same_form, put_draft
from core.ui.config_form.form_context import ALWAYS_USED
from core.ui.plain_text import problem

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["begin_anew", "begun_draft", "beginning_picker", "bring_back"]

_Source = tuple[str, str]

_PARAMETERS = ("from_run", "preset")


def begun_draft(workbench: Workbench, mode: str) -> DraftState:
    """Return the draft of a mode's form; the address or, at first, a ready config says what it begins with."""
    state, asked = draft_of(mode), _asked_by_address()
    if state is None or (asked is not None and asked != state["source"]):
        state = _begin(workbench, mode, asked)
    _write_address(state["source"])
    return state


def begin_anew(workbench: Workbench, mode: str) -> None:
    """Throw away what was typed, and begin again with what the form began with."""
    state = draft_of(mode)
    _begin(workbench, mode, state["source"] if state else None)


def bring_back(mode: str) -> None:
    """Have the form show again what was typed before its draft was replaced; that one is then kept instead."""
    state = draft_of(mode)
    if state is not None and state["replaced"] is not None:
        raw, source = state["replaced"]
        put_draft(raw["mode"], raw, source=source)["begun"] = {}
        _write_address(source)


def beginning_picker(workbench: Workbench, mode: str, modes: Sequence[str], state: DraftState) -> None:
    """Draw what the form may begin with, if anything; what is picked takes the place of what was typed."""
    ready = list_presets() if _takes_presets(workbench, mode) else ()
    presets = {("preset", preset.name): preset.title for preset in ready}
    runs = {("from_run", run.run_id): run.label for run in earlier_runs(workbench, modes)}
    labels = {**{source: f"Preset: {title}" for source, title in presets.items()}}
    labels |= {source: f"Run: {label}" for source, label in runs.items()}
    source = state["source"]
    if source is not None and source not in labels:
        labels[source] = f"Run: {source[1][:8]}" if source[0] == "from_run" else f"Preset: {source[1]}"
    if not labels:
        return
    options = list(labels)
    key = f"begin-{state['place']}-{state['generation']}"

    def picked() -> None:
        chosen = st.session_state[key]
        if chosen is not None:
            _write_address(_begin(workbench, mode, options[chosen])["source"])

    st.selectbox(
        "Begin with",
        range(len(options)),
        index=options.index(source) if source in labels else None,
        format_func=lambda position: labels[options[position]],
        key=key,
        on_change=picked,
        placeholder="A preset or an earlier run",
    )


def _begin(workbench: Workbench, mode: str, source: _Source | None) -> DraftState:
    try:
        if source is not None:
            return _put(workbench, mode, _config_of(workbench, source), source)
    except QlopError as error:
        problem("The form cannot begin with what the address names", str(error))
    return _begin_by_itself(workbench, mode)


def _config_of(workbench: Workbench, source: _Source) -> dict[str, Any]:
    parameter, name = source
    return preset_config(name) if parameter == "preset" else config_of_run(workbench, name)


def _begin_by_itself(workbench: Workbench, mode: str) -> DraftState:
    if not _takes_presets(workbench, mode):
        return put_draft(mode, {})
    ready = preset_config(FIRST_PRESET)
    if mode != "backtest":
        return _put(workbench, mode, ready, ("preset", FIRST_PRESET))
    trained = earlier_runs(workbench, ("pipeline", "train"), only_completed=True, limit=1)
    if trained:
        config = config_of_run(workbench, trained[0].run_id)
        return put_draft(mode, {**on_predictions(config, trained[0].run_id), "title": "", "sinks": []})
    return put_draft(mode, {**by_rule(workbench, ready), "title": ""})


def _put(workbench: Workbench, mode: str, config: dict[str, Any], source: _Source) -> DraftState:
    own = str(config.get("mode"))
    if is_same_form(own, mode):
        return put_draft(own, config, source=source)
    if mode == "backtest":
        config = as_backtest(workbench, config, source[1] if source[0] == "from_run" else None)
    # A ready config is called by what its own mode makes of it.
    title = config.get("title", "") if source[0] == "from_run" else ""
    return put_draft(mode, {**config, "title": title}, source=source)


def _takes_presets(workbench: Workbench, mode: str) -> bool:
    info = find_plugin(workbench, "orchestrators", mode)
    used = info.used_sections if info else None
    return used is None or not set(used) <= set(ALWAYS_USED)


def _asked_by_address() -> _Source | None:
    named = [(name, st.query_params[name]) for name in _PARAMETERS if st.query_params.get(name)]
    return named[0] if named else None


def _write_address(source: _Source | None) -> None:
    for name in _PARAMETERS:
        wanted = source[1] if source and source[0] == name else None
        if wanted is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != wanted:
            st.query_params[name] = wanted
