"""Where a value stands in a form: it reads, writes and drops the value there."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, cast

from core.ui.params_form.form_state import FormState, path_key, state_of

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["UNSET", "Place", "Unset"]


class Unset(Enum):
    """The type of `UNSET`: nothing was given, which is not the same as null."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True)
class Place:
    """A path into a form's values.

    Attributes
    ----------
    form : str
        The form's key.
    path : tuple of str and int
        Names of fields, and positions in lists.
    outer : Place or None
        What holds it; None for the whole form.
    seed : JSON value or UNSET
        What holds while nothing was typed. A write below copies it first, so that one typed field of a group leaves
        the others as the default has them.
    """

    form: str
    path: tuple[str | int, ...] = ()
    outer: Place | None = None
    seed: JsonValue | Unset = UNSET

    def child(self, step: str | int, seed: JsonValue | Unset = UNSET) -> Place:
        """Return the place of a part."""
        return Place(self.form, (*self.path, step), self, seed)

    def get(self) -> JsonValue | Unset:
        """Return what was typed here, or UNSET."""
        if self.outer is None:
            values = self._state["values"]
            return UNSET if values is None else cast("JsonValue", values)
        holder, step = self.outer.get(), self.path[-1]
        if isinstance(holder, dict) and isinstance(step, str):
            return holder.get(step, UNSET)
        if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
            return holder[step]
        return UNSET

    def put(self, value: JsonValue) -> None:
        """Write a value here, and into being what holds it."""
        self._state["refused"].pop(self.key, None)
        self._state["texts"].pop(self.key, None)
        if self.outer is None:
            self._state["values"] = cast("dict[str, JsonValue]", value)
            return
        holder = self.outer.made()
        holder[self.path[-1]] = value  # type: ignore[index]

    def drop(self) -> None:
        """Take away what was typed here, so that the default holds."""
        self._state["refused"].pop(self.key, None)
        self._state["texts"].pop(self.key, None)
        holder, step = (self.outer.get(), self.path[-1]) if self.outer else (None, "")
        if isinstance(holder, dict) and isinstance(step, str):
            holder.pop(step, None)
        elif isinstance(holder, list) and isinstance(step, int) and step < len(holder):
            holder[step] = None

    def replace(self, value: JsonValue) -> None:
        """Write a value of another form here: the widgets below it are made anew."""
        self.put(value)
        self.renew()

    def renew(self) -> None:
        """Make the widgets here and below anew, filled from the values."""
        below = self.key[:-1]
        for section in (self._state["refused"], self._state["texts"], self._state["picked"], self._state["kept"]):
            for key in [key for key in section if key.startswith(f"{below}, ")]:
                del section[key]
        self._state["revisions"][self.key] = self._state["revisions"].get(self.key, 0) + 1

    def refuse(self, why: str) -> None:
        """Note why the last thing typed here was not taken."""
        self._state["refused"][self.key] = why

    def made(self) -> dict[str, JsonValue] | list[JsonValue]:
        """Return the mapping or list that stands here, made of the seed if nothing was typed."""
        held = self.get()
        if isinstance(held, (dict, list)):
            return held
        made = copy.deepcopy(self.seed) if isinstance(self.seed, (dict, list)) else {}
        self.put(made)
        return made

    def note_drawn(self) -> None:
        """Note that there is a field here, which says what was refused."""
        self._state["drawn"].append(self.key)

    def keep_unread(self, text: str, why: str) -> None:
        """Keep a text that could not be read as a value, and why; the value stays as it was."""
        self.refuse(why)
        self._state["texts"][self.key] = text

    @property
    def unread_text(self) -> str:
        """The text that could not be read as a value, or nothing."""
        return self._state["texts"].get(self.key, "")

    @property
    def key(self) -> str:
        """The path as the state has it."""
        return path_key(self.path)

    @property
    def refusal(self) -> str:
        """Why the last thing typed here was not taken, or nothing."""
        return self._state["refused"].get(self.key, "")

    def token(self, *, is_within: bool = True) -> str:
        """Return a text that changes when what holds this is replaced and, `is_within`, when this itself is."""
        revisions = self._state["revisions"]
        turns = [revisions.get(path_key(self.path[:length]), 0) for length in range(len(self.path) + is_within)]
        return f"{self._state['generation']}.{'.'.join(map(str, turns))}.{self.key}"

    @property
    def _state(self) -> FormState:
        return state_of(self.form)
