"""Another data source than a ready config's: what that one chose for its own source is left out, and said.

Dates, tickers and benchmark of a ready config are those that its source holds. What a person has typed stays, and all
of it comes back with the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.params_form import set_form_values
from core.ui.plain_text import quiet

if TYPE_CHECKING:
    from core.ui.config_form.form_context import FormContext

__all__ = ["leave_out_what_was_of", "told_what_was_left_out"]

_FIELDS = (("data", "tickers"), ("data", "start_date"), ("data", "end_date"), ("backtest", "benchmark"))
_ASIDE = "of_source"


def leave_out_what_was_of(context: FormContext, before: str | None) -> None:
    """Draw the form anew without what the ready config chose for its source, or with it, once the source changed."""
    begun = _section(context.state["begun"], "data").get("data_source_type")
    now = _section(context.raw, "data").get("data_source_type")
    is_preset = (context.state["source"] or ("",))[0] == "preset"
    if not is_preset or before == now or begun not in {before, now}:
        return
    if begun == now:
        changed = context.state["aside"].pop(_ASIDE, {})
        changed = {path: value for path, value in changed.items() if _held(context.raw, path) is None}
    else:
        context.state["aside"][_ASIDE] = dict(_untouched(context))
        changed = dict.fromkeys(context.state["aside"][_ASIDE])
    for section in {path[0] for path in changed}:
        own = {name: value for (of, name), value in changed.items() if of == section}
        kept = {name: value for name, value in _section(context.raw, section).items() if name not in own}
        given = {name: value for name, value in own.items() if value is not None}
        context.raw[section] = {**kept, **given}
        set_form_values(context.key(section, "fields"), context.raw[section])
    if changed:
        st.rerun()


def told_what_was_left_out(context: FormContext) -> None:
    """Say what is left out now, if anything."""
    aside = context.state["aside"].get(_ASIDE)
    if aside:
        source = _section(context.state["begun"], "data").get("data_source_type")
        told = ", ".join(f"{name} {_words(value)}" for (_, name), value in aside.items())
        quiet(f"Left out, as the ready config has it for {source}: {told}.", context.key("left-out"))


def _untouched(context: FormContext) -> Iterator[tuple[tuple[str, str], Any]]:
    for path in _FIELDS:
        value = _held(context.state["begun"], path)
        if value is not None and _held(context.raw, path) == value:
            yield path, value


def _held(raw: Mapping[str, Any], path: tuple[str, str]) -> Any:  # noqa: ANN401 - any value of a config
    return _section(raw, path[0]).get(path[1])


def _section(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return raw.get(name) or {}


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
