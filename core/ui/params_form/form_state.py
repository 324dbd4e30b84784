"""What a form knows between two draws: plain data in the session, apart from the widgets, which forget.

A widget's own state ends when a run does not draw it. So everything typed lives here, and a widget is filled from it
when it is drawn anew. Its key bears the form's generation: other values mean other widgets.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

import streamlit as st

from core.base.validation import FieldProblem

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["FormState", "forget_form", "form_problems", "path_key", "set_form_values", "state_of"]

_SUFFIX = ":form"

Path = Sequence[str | int]


class FormState(TypedDict):
    """One form's state.

    Attributes
    ----------
    values : dict or None
        As typed; None before the form is first drawn, which then takes its initial values.
    generation : int
        Part of every widget's key.
    revisions : dict
        By path: how often what stands there was replaced as a whole.
    kept : dict
        By path: what was typed into a part that is switched off, for when it is switched on again.
    picked : dict
        By path: which type of a union was picked.
    refused : dict
        By path: why the last thing typed there was not taken.
    texts : dict
        By path: a text that is no JSON yet.
    drawn : list
        Paths of the fields that the latest run drew.
    """

    values: dict[str, JsonValue] | None
    generation: int
    revisions: dict[str, int]
    kept: dict[str, JsonValue]
    picked: dict[str, int]
    refused: dict[str, str]
    texts: dict[str, str]
    drawn: list[str]


def state_of(key: str) -> FormState:
    """Return a form's state, a new one where there is none."""
    return st.session_state.setdefault(f"{key}{_SUFFIX}", _fresh(0, None))  # type: ignore[no-any-return]


def set_form_values(key: str, values: Mapping[str, JsonValue]) -> None:
    """Fill a form with other values; what was typed before is gone."""
    generation = state_of(key)["generation"] + 1
    st.session_state[f"{key}{_SUFFIX}"] = _fresh(generation, copy.deepcopy(dict(values)))


def forget_form(key: str) -> None:
    """Take back everything typed: the form begins with its initial values again."""
    st.session_state[f"{key}{_SUFFIX}"] = _fresh(state_of(key)["generation"] + 1, None)


def form_problems(key: str) -> tuple[FieldProblem, ...]:
    """Return what was typed and could not be taken: a secret in the clear, a text that is no JSON, a name used twice.

    The form says it beside the field; the values do not hold it, so a check of them does not find it.
    """
    return tuple(FieldProblem(tuple(json.loads(path)), text) for path, text in state_of(key)["refused"].items())


def path_key(path: Path) -> str:
    """Return a path as the text that the state is kept under."""
    return json.dumps(list(path))


def _fresh(generation: int, values: dict[str, JsonValue] | None) -> FormState:
    return FormState(
        values=values, generation=generation, revisions={}, kept={}, picked={}, refused={}, texts={}, drawn=[]
    )
