"""What is wrong with a field, below it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from core.base.validation import FieldProblem
from core.ui.params_form.field import Field
from core.ui.params_form.fitting import fits
from core.ui.params_form.list_field import is_picker
from core.ui.plain_text import field_problem, problem

__all__ = ["draw_problems", "problem_summary"]

_LONGEST_VALUE = 60


def draw_problems(field: Field) -> None:
    """Draw what concerns this field and none of the fields below it."""
    field.place.note_drawn()
    below = _steps_below(field)
    messages = [found.message for found in field.problems if not found.path or found.path[0] not in below]
    messages += [field.place.refusal]
    told = list(dict.fromkeys(message for message in messages if message))
    # The check says better than the form what does not fit.
    for index, message in enumerate(told or filter(None, [_misfit(field)])):
        field_problem(message, field.key(f"problem{index}"))


def problem_summary(problems: Sequence[FieldProblem]) -> None:
    """Draw all problems of a form in one place, by its button; nothing where there are none."""
    if not problems:
        return
    count = len(problems)
    title = "One field needs another value" if count == 1 else f"{count} fields need other values"
    problem(title, "\n".join(dict.fromkeys(told.message for told in problems)))


def _steps_below(field: Field) -> frozenset[str | int]:
    """Return the parts that are drawn as fields of their own, which say their problems themselves."""
    shown = field.shown
    if field.kind == "group":
        return frozenset(field.schema["properties"]) - {field.tag_name}
    if field.kind == "mapping" and isinstance(shown, dict):
        return frozenset(shown)
    if field.kind == "tuple":
        return frozenset(range(len(field.schema["prefixItems"])))
    if field.kind == "list" and isinstance(shown, list) and not is_picker(field):
        return frozenset(range(len(shown)))
    return frozenset()


def _misfit(field: Field) -> str:
    if fits(field.value, field.schema, field.definitions):
        return ""
    written = json.dumps(field.value, ensure_ascii=False, default=str)
    short = written if len(written) <= _LONGEST_VALUE else f"{written[:_LONGEST_VALUE]}..."
    return f"{field.label} is {short}, which does not fit here; it is kept until you enter another value."
