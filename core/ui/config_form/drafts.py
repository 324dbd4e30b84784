"""The configs that this session is writing, one a form: plain data that outlives a page change, an error and a reload.

A form belongs to a family of modes that share one draft: training alone, and training with a backtest.

What a draft holds is the truth; a widget only changes it. When another config takes a draft's place, the generation
grows, and with it the keys of all widgets, so that none shows a value of before.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, TypedDict, cast

import streamlit as st

from core.base.validation import FieldProblem

__all__ = ["DraftState", "change_draft", "draft_of", "ids_of", "is_same_form", "new_id", "put_draft"]

_FAMILIES = {"pipeline": "train"}


class DraftState(TypedDict):
    """One draft.

    Attributes
    ----------
    place : str
        The family's name.
    raw : dict
        The config in JSON types, with sections that the chosen mode may not use.
    generation : int
        Part of every widget's key.
    source : tuple of str, or None
        What the address bears of its beginning: ("preset", name) or ("from_run", id).
    ids : dict
        For each list of the config, what identifies its entries whatever their order.
    refused : dict
        For each group of the form, what was typed there and could not be taken, when it was last drawn.
    unfolded : list of str
        Keys of the parts that are unfolded; a widget forgets that when another page is drawn.
    is_redrawn : bool
        Whether this drawing was asked for by the one before, which must not go on for ever.
    begun : dict
        The config as it was put here, before anything was typed.
    replaced : tuple, or None
        What was typed before this draft took its place, and that draft's source: what "Bring back" brings back.
    aside : dict
        Sections of the config that a choice has put aside, for when it is undone.
    """

    place: str
    raw: dict[str, Any]
    generation: int
    source: tuple[str, str] | None
    ids: dict[str, list[int]]
    last_id: int
    refused: dict[str, tuple[FieldProblem, ...]]
    unfolded: list[str]
    is_redrawn: bool
    begun: dict[str, Any]
    replaced: tuple[dict[str, Any], tuple[str, str] | None] | None
    aside: dict[str, Any]


def draft_of(mode: str) -> DraftState | None:
    """Return the draft of a mode's form, None where there is none yet."""
    return cast("DraftState | None", st.session_state.get(_place(mode)))


def put_draft(mode: str, raw: Mapping[str, Any], *, source: tuple[str, str] | None = None) -> DraftState:
    """Have the form of `mode` show `raw` and nothing of what was typed there before.

    Parameters
    ----------
    mode : str
        Name of an orchestrator; the draft bears it.
    raw : mapping
        A config in JSON types; it is copied.
    source : tuple of str, optional
        ("preset", name) or ("from_run", id), which the address then bears.
    """
    before = draft_of(mode)
    state: DraftState = {
        "place": _FAMILIES.get(mode, mode),
        "raw": {**copy.deepcopy(dict(raw)), "mode": mode},
        "begun": {**copy.deepcopy(dict(raw)), "mode": mode},
        "replaced": _typed_of(before),
        "aside": {},
        "generation": before["generation"] + 1 if before else 1,
        "source": source,
        "ids": {},
        "last_id": 0,
        "refused": {},
        "is_redrawn": False,
        # Of a mode with parameters of its own these are what a person comes for.
        "unfolded": list(before["unfolded"]) if before else ["mode_params"],
    }
    st.session_state[_place(mode)] = state
    return state


def change_draft(state: DraftState, raw: Mapping[str, Any]) -> None:
    """Have the form show `raw` as what was typed there: a button has changed several fields at once."""
    state["raw"] = {**copy.deepcopy(dict(raw)), "mode": state["raw"]["mode"]}
    state["generation"] += 1
    state["ids"], state["refused"] = {}, {}


def is_same_form(mode: str, other: str) -> bool:
    """Whether two modes share one form and its draft."""
    return _FAMILIES.get(mode, mode) == _FAMILIES.get(other, other)


def ids_of(state: DraftState, place: str, count: int) -> list[int]:
    """Return what identifies the `count` entries of the list at `place`, the same for as long as they live."""
    ids = state["ids"].setdefault(place, [])
    while len(ids) < count:
        ids.append(new_id(state))
    del ids[count:]
    return ids


def new_id(state: DraftState) -> int:
    """Return a number that no entry of the draft bears."""
    state["last_id"] += 1
    return state["last_id"]


def _typed_of(state: DraftState | None) -> tuple[dict[str, Any], tuple[str, str] | None] | None:
    """Return what was typed into a draft that is to be replaced, or what was kept of the one before it."""
    if state is None:
        return None
    if _told(state["raw"]) == _told(state["begun"]):
        return state["replaced"]
    return state["raw"], state["source"]


def _told(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections that say anything: a form that is drawn adds empty ones."""
    return {name: value for name, value in raw.items() if value}


def _place(mode: str) -> str:
    return f"config-draft-{_FAMILIES.get(mode, mode)}"
