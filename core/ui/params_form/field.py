"""One field of a form as it is being drawn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.base.validation import FieldProblem
from core.ui.markdown_text import escaped
from core.ui.params_form.field_shape import Kind, Schema, kind_of, resolved
from core.ui.params_form.field_words import field_help
from core.ui.params_form.fitting import fits
from core.ui.params_form.place import UNSET, Place, Unset

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["Field"]


@dataclass(frozen=True)
class Field:
    """A place, what may stand there, and what is wrong with what does.

    Attributes
    ----------
    place : Place
        Where the value stands.
    schema, definitions : mapping
        Its schema, resolved, and those that references name.
    label : str
        In words; not markdown.
    draw : callable
        Draws any field; what holds other fields draws them by it.
    is_required : bool
        Whether there is no default.
    is_disabled : bool
        Whether it may be looked at only.
    is_bare : bool
        Whether its label stands elsewhere already.
    problems : sequence of FieldProblem
        Those of this field and below, by the path from here.
    tag_name : str
        Which field of a model its union's picker draws.
    """

    place: Place
    schema: Schema
    definitions: Schema
    label: str
    draw: Callable[[Field], None]
    is_required: bool = False
    is_disabled: bool = False
    is_bare: bool = False
    problems: Sequence[FieldProblem] = ()
    tag_name: str = ""

    @property
    def kind(self) -> Kind:
        """Which widget it gets."""
        return kind_of(self.schema)

    @property
    def default(self) -> JsonValue | Unset:
        """What holds while nothing is typed, or UNSET."""
        return self.place.seed

    @property
    def value(self) -> JsonValue | Unset:
        """What was typed, else the default, else UNSET."""
        typed = self.place.get()
        return self.default if isinstance(typed, Unset) else typed

    @property
    def shown(self) -> JsonValue | Unset:
        """The value if its widget can show it, else UNSET."""
        return self.value if fits(self.value, self.schema, self.definitions) else UNSET

    @property
    def words(self) -> dict[str, Any]:
        """What every widget takes: label, tooltip, whether it can be used."""
        return {
            "label": escaped(self.label) or "value",
            "help": None if self.is_bare else self.help,
            "disabled": self.is_disabled,
            "label_visibility": "collapsed" if self.is_bare else "visible",
        }

    @property
    def help(self) -> str | None:
        """The tooltip, as markdown."""
        return field_help(self.schema, self.definitions, self.default, is_required=self.is_required)

    def key(self, part: str = "", *, is_within: bool = True) -> str:
        """Return the key of a widget of this field: another one when the value is replaced or the schema changes.

        A widget that replaces the value itself, such as a picker of the type, is not `is_within`: it stays, and with it
        the keyboard's focus.
        """
        schema = hashlib.sha1(json.dumps(self.schema, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
        return f"{self.place.form}:{self.place.token(is_within=is_within)}:{schema[:8]}:{part}"

    def filled(self, value: object, part: str = "", *, is_within: bool = True) -> str:
        """Return the key of a widget, filled with `value` if it is drawn anew."""
        key = self.key(part, is_within=is_within)
        if key not in st.session_state:
            st.session_state[key] = value
        return key

    def part(self, step: str | int, schema: Schema, label: str, seed: JsonValue | Unset = UNSET) -> Field:
        """Return the field of a part of this one."""
        inner = resolved(schema, self.definitions)
        return replace(
            self,
            place=self.place.child(step, seed),
            schema=inner,
            label=label,
            is_required=False,
            is_disabled=self.is_disabled or bool(inner.get("readOnly")),
            is_bare=False,
            problems=self.problems_under(step),
            tag_name="",
        )

    def problems_under(self, *steps: str | int) -> tuple[FieldProblem, ...]:
        """Return the problems below one of `steps`, by the path from there."""
        return tuple(
            FieldProblem(problem.path[1:], problem.message)
            for problem in self.problems
            if problem.path and problem.path[0] in steps
        )
