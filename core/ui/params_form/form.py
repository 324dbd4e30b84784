"""The whole form: widgets for a schema, and what was typed into them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from core.base.validation import FieldProblem
from core.ui.params_form.drawing import draw_field
from core.ui.params_form.field import Field
from core.ui.params_form.field_problems import draw_problems
from core.ui.params_form.field_shape import resolved
from core.ui.params_form.form_state import state_of
from core.ui.params_form.gathering import clear_secrets, gathered, set_aside
from core.ui.params_form.group_fields import draw_group
from core.ui.params_form.place import Place
from core.ui.params_form.text_widgets import CLEAR_TEXT_REFUSED, REFERENCE_MISSING
from core.ui.plain_text import notice

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["params_form"]


def params_form(
    schema: Mapping[str, Any],
    *,
    key: str,
    initial: Mapping[str, JsonValue] | None = None,
    problems: Sequence[FieldProblem] = (),
    leave_out: Collection[str] = (),
) -> dict[str, JsonValue]:
    """Draw the fields of a model, and return what was typed.

    Parameters
    ----------
    schema : mapping
        The model's JSON schema, as `form_schema` or a plugin's entry in the registry gives it.
    key : str
        The form's own within the session. What was typed is kept under it across errors, other pages and a changed
        schema, until `set_form_values` or `forget_form`.
    initial : mapping or None
        What the form holds when it is drawn for the first time.
    problems : sequence of FieldProblem
        What a check of the values found, to be said beside the fields; paths begin at this form.
    leave_out : collection of str
        Fields of the model that are drawn elsewhere. Their values are neither shown nor returned.

    Returns
    -------
    dict
        JSON values as typed, for the model to validate. A field that nobody touched is left out, so that the model's
        default holds. A secret is a reference, never the secret.
    """
    state, definitions = state_of(key), schema.get("$defs", {})
    if state["values"] is None:
        state["values"] = copy.deepcopy(dict(initial or {}))
    root = resolved(schema, definitions)
    _drop_clear_secrets(key, root, definitions)
    placed = (_at_a_named_field(problem, root, leave_out) for problem in problems)
    shown = tuple(problem for problem in placed if not problem.path or problem.path[0] not in leave_out)
    state["drawn"] = []
    field = Field(Place(key), root, definitions, "", draw_field, problems=shown)
    # What concerns all fields stands above them: below a long form nobody would see it.
    draw_problems(field)
    if root.get("properties"):
        draw_group(field, leave_out)
    # A refusal whose field is gone could never be answered.
    state["refused"] = {path: why for path, why in state["refused"].items() if path in state["drawn"]}
    values = {name: value for name, value in (state["values"] or {}).items() if name not in leave_out}
    _name_what_is_aside(set_aside(values, root, definitions))
    return cast("dict[str, JsonValue]", copy.deepcopy(gathered(values, root, definitions)))


def _at_a_named_field(problem: FieldProblem, root: Mapping[str, Any], leave_out: Collection[str]) -> FieldProblem:
    """Return a problem of the whole model as one of the first field that its words name, where they name any."""
    if problem.path:
        return problem
    words = re.findall(r"\w+", problem.message)
    named = next((word for word in words if word in root.get("properties", {}) and word not in leave_out), None)
    return problem if named is None else FieldProblem((named,), problem.message)


def _drop_clear_secrets(key: str, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
    """Take secrets in the clear out of the values, however they came in, before they can be drawn or returned."""
    for path in list(clear_secrets(state_of(key)["values"] or {}, schema, definitions)):
        place = Place(key)
        for step in path:
            place = place.child(step)
        if place.get() == "":
            place.refuse(REFERENCE_MISSING)
        else:
            place.drop()
            place.refuse(CLEAR_TEXT_REFUSED)


def _name_what_is_aside(aside: Iterable[tuple[tuple[str | int, ...], JsonValue]]) -> None:
    lines = [f"{'.'.join(map(str, path))}: {json.dumps(value, ensure_ascii=False)}" for path, value in aside]
    if lines:
        notice("Kept aside, as there are no such fields", "\n".join(lines))
