"""Fields of several types: a picker of the type, and that type's field."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.base.validation import FieldProblem
from core.ui.markdown_text import escaped
from core.ui.params_form.field import Field
from core.ui.params_form.field_problems import draw_problems
from core.ui.params_form.field_shape import Schema, variants_of
from core.ui.params_form.fitting import fits, variant_index
from core.ui.params_form.form_state import state_of
from core.ui.params_form.place import Place, Unset
from core.ui.params_form.start_value import start_value

if TYPE_CHECKING:
    from pydantic import JsonValue
    from streamlit.delta_generator import DeltaGenerator

__all__ = ["draw_tagged", "draw_union", "picked_index"]


def draw_tagged(field: Field) -> None:
    """Draw a discriminated union: the tag, then the fields of the model that it names."""
    variants = variants_of(field.schema, field.definitions)
    tag_name = str(field.schema["discriminator"]["propertyName"])
    held = field.value.get(tag_name) if isinstance(field.value, Mapping) else None
    tag = held if isinstance(held, str) and held in variants else None
    with _frame(field):
        _draw_picker(field, list(variants), tag, partial(_pick_tag, tag_name))
        if tag is None:
            draw_problems(field)
        else:
            is_default = isinstance(field.default, dict) and field.default.get(tag_name) == tag
            place = field.place if is_default else replace(field.place, seed={tag_name: tag})
            inner = replace(field, place=place, schema=variants[tag], is_bare=True, tag_name=tag_name)
            field.draw(replace(inner, problems=_without_tag(field, tag)))


def draw_union(field: Field) -> None:
    """Draw a union of types: the type's name, then its field."""
    variants = variants_of(field.schema, field.definitions)
    names, schemas = list(variants), list(variants.values())
    index = picked_index(field.place, field.value, schemas, field.definitions)
    name = None if index is None else names[index]
    with _frame(field):
        _draw_picker(field, names, name, partial(_pick_type, variants, field.definitions))
        if index is None:
            draw_problems(field)
        else:
            inner = replace(field, schema=schemas[index], is_bare=True)
            field.draw(replace(inner, problems=_of_type(field, index, len(names))))


def _frame(field: Field) -> DeltaGenerator:
    """Return what holds the picker and the picked type's field; nothing more where a frame is around it already."""
    return st.container(border=not field.is_bare)


def picked_index(place: Place, value: JsonValue | Unset, variants: list[Schema], definitions: Schema) -> int | None:
    """Return which type a union's value is of: the one that was picked while the value fits it, else the best fit."""
    picked = state_of(place.form)["picked"].get(place.key)
    if picked is not None and picked < len(variants) and fits(value, variants[picked], definitions):
        return picked
    return variant_index(value, variants, definitions)


def _draw_picker(field: Field, names: list[str], name: str | None, pick: Callable[[Place, str], JsonValue]) -> None:
    words: dict[str, Any] = (
        {**field.words, "label": f"Type of {escaped(field.label)}", "label_visibility": "visible"}
        if field.is_bare
        else field.words
    )
    key = field.filled(name, "type", is_within=False)
    typed: dict[str, Any] = {"on_change": _switch, "args": (field.place, key, name, pick)}
    st.selectbox(
        options=names, index=None if name is None else 0, key=key, placeholder="choose a type", **words, **typed
    )


def _switch(place: Place, key: str, old: str | None, pick: Callable[[Place, str], JsonValue]) -> None:
    """Put the picked type's value here; what was typed for the old type comes back when that is picked again."""
    kept, held, new = state_of(place.form)["kept"], place.get(), st.session_state[key]
    if old is not None and not isinstance(held, Unset):
        kept[f"{place.key}#{old}"] = copy.deepcopy(held)
    if new is None:
        place.drop()
        place.renew()
        return
    first = pick(place, new)
    place.replace(kept.pop(f"{place.key}#{new}", first))


def _pick_tag(tag_name: str, place: Place, tag: str) -> JsonValue:
    is_default = isinstance(place.seed, dict) and place.seed.get(tag_name) == tag
    return copy.deepcopy(place.seed) if is_default else {tag_name: tag}  # type: ignore[return-value]


def _pick_type(variants: Mapping[str, Schema], definitions: Schema, place: Place, name: str) -> JsonValue:
    state_of(place.form)["picked"][place.key] = list(variants).index(name)
    return start_value(variants[name], definitions)


def _without_tag(field: Field, tag: str) -> tuple[FieldProblem, ...]:
    """Return the problems by their path within the model; pydantic puts the tag between."""
    return tuple(
        FieldProblem(problem.path[1:], problem.message) if problem.path[:1] == (tag,) else problem
        for problem in field.problems
    )


def _of_type(field: Field, index: int, count: int) -> tuple[FieldProblem, ...]:
    """Return the problems of one type: pydantic tells those of each, under names of its own, in order."""
    names = list(dict.fromkeys(problem.path[0] for problem in field.problems if problem.path))
    if len(names) != count:
        return tuple(FieldProblem((), problem.message) for problem in field.problems)
    return (*(problem for problem in field.problems if not problem.path), *field.problems_under(names[index]))
