"""Any field: its widget, and below it what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

from core.ui.params_form.choice_widgets import draw_choice, draw_switch
from core.ui.params_form.field import Field
from core.ui.params_form.field_problems import draw_problems
from core.ui.params_form.field_shape import Kind
from core.ui.params_form.group_fields import draw_group
from core.ui.params_form.list_field import draw_list, draw_tuple
from core.ui.params_form.mapping_field import draw_mapping
from core.ui.params_form.named_plugin import draw_plugin_name
from core.ui.params_form.number_widgets import draw_integer, draw_number
from core.ui.params_form.optional_field import draw_optional
from core.ui.params_form.text_widgets import draw_json, draw_secret, draw_text
from core.ui.params_form.time_widgets import draw_date, draw_datetime, draw_duration, draw_time
from core.ui.params_form.union_field import draw_tagged, draw_union

__all__ = ["draw_field"]

# A model may hold itself; that deep, nobody can read a form any more, and JSON goes on.
_DEEPEST = 12

# The field within, at the same place, says them where there is one.
_SAYS_ITS_PROBLEMS: frozenset[Kind] = frozenset({"optional", "union", "tagged"})

_DRAW: dict[Kind, Callable[[Field], None]] = {
    "choice": draw_choice,
    "plugin": draw_plugin_name,
    "switch": draw_switch,
    "integer": draw_integer,
    "number": draw_number,
    "text": draw_text,
    "secret": draw_secret,
    "date": draw_date,
    "time": draw_time,
    "datetime": draw_datetime,
    "duration": draw_duration,
    "optional": draw_optional,
    "tagged": draw_tagged,
    "union": draw_union,
    "group": draw_group,
    "mapping": draw_mapping,
    "list": draw_list,
    "tuple": draw_tuple,
    "json": draw_json,
}


def draw_field(field: Field) -> None:
    """Draw a field and its problems."""
    draw = draw_json if len(field.place.path) > _DEEPEST else _DRAW[field.kind]
    draw(field)
    if field.kind not in _SAYS_ITS_PROBLEMS:
        draw_problems(field)
