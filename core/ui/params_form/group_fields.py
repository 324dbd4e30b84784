"""The fields of a model: in the order and the groups that its hints say, short ones side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from core.ui.markdown_text import escaped
from core.ui.params_form.field import Field
from core.ui.params_form.field_shape import Kind, kind_of, nullable, part_of_model, resolved
from core.ui.params_form.field_words import label_of
from core.ui.params_form.place import UNSET, Unset

__all__ = ["draw_group", "group_parts"]

_SHORT: frozenset[Kind] = frozenset({"choice", "switch", "integer", "number", "text", "secret", "date", "time"})


def draw_group(field: Field, leave_out: Collection[str] = ()) -> None:
    """Draw a nested model in a frame with its name; the whole form's fields without one."""
    parts = [part for part in group_parts(field) if part.place.path[-1] not in leave_out]
    if not field.place.path or field.is_bare:
        _draw_parts(parts)
        return
    if "params_for" in field.schema:
        with st.expander(f"**{escaped(field.label)}**", expanded=bool(field.problems), key=field.key("fold")):
            _draw_parts(parts)
        return
    with st.container(border=True):
        st.markdown(f"**{escaped(field.label)}**", help=field.help)
        if parts:
            _draw_parts(parts)


def group_parts(field: Field) -> list[Field]:
    """Return the fields of a model, by the hint `order`, then as written; a union's picker draws its tag."""
    required = set(field.schema.get("required", ()))
    # A given mapping is read on its own: what it leaves out has the field's default, not that of the mapping's default.
    outer = field.default if isinstance(field.default, Mapping) and isinstance(field.place.get(), Unset) else {}
    parts = []
    for name, given in field.schema.get("properties", {}).items():
        schema = part_of_model(given, field.schema, field.value, field.definitions)
        seed = outer.get(name, schema.get("default", UNSET))
        named = schema.get("params_for")
        part = field.part(name, schema, f"Parameters of {named}" if named else label_of(name, given), seed)
        is_empty = named is not None and not schema["properties"]
        if name != field.tag_name and not is_empty:
            parts.append(replace(part, is_required=name in required and isinstance(seed, Unset)))
    return sorted(parts, key=lambda part: (part.schema.get("order", 0), "params_for" in part.schema))


def _draw_parts(parts: Sequence[Field]) -> None:
    plain = [part for part in parts if not part.schema.get("advanced")]
    advanced = [part for part in parts if part.schema.get("advanced")]
    ungrouped = [part for part in plain if not part.schema.get("group")]
    _draw_rows(ungrouped)
    for name in dict.fromkeys(str(part.schema["group"]) for part in plain if part.schema.get("group")):
        with st.container(border=True):
            st.markdown(f"**{escaped(name)}**")
            _draw_rows([part for part in plain if part.schema.get("group") == name])
    if advanced:
        with st.expander("Advanced", expanded=any(part.problems for part in advanced)):
            _draw_rows(advanced)


def _draw_rows(parts: Sequence[Field]) -> None:
    """Draw fields below each other, two short ones to a row."""
    waiting: Field | None = None
    for part in parts:
        if not _is_short(part):
            _draw_alone(waiting)
            waiting = None
            part.draw(part)
        elif waiting is None:
            waiting = part
        else:
            for column, short in zip(st.columns(2), (waiting, part), strict=True):
                with column:
                    short.draw(short)
            waiting = None
    _draw_alone(waiting)


def _draw_alone(part: Field | None) -> None:
    if part is not None:
        with st.columns(2)[0]:
            part.draw(part)


def _is_short(part: Field) -> bool:
    schema = resolved(nullable(part.schema), part.definitions) if part.kind == "optional" else part.schema
    return kind_of(schema) in _SHORT and schema.get("widget") not in {"textarea", "radio"}
