"""What every part of a form knows: the draft, the mode, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.base.validation import FieldProblem
from core.ui.catalog import plugins_to_pick
from core.ui.config_form.nested_plugins import with_nested_plugins
from core.ui.params_form import form_problems, form_schema, params_form

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.plugin.plugin_info import PluginInfo
    from core.services.workbench import Workbench
    from core.ui.config_form.drafts import DraftState

__all__ = ["ALWAYS_USED", "FormContext"]

ALWAYS_USED = ("mode", "mode_params", "title", "seed", "thread_count", "sinks", "limits", "plugins")
"""Sections of a config that every run has, whatever its mode uses."""

_Path = tuple[str | int, ...]


@dataclass(frozen=True)
class FormContext:
    """One drawing of a form.

    Attributes
    ----------
    mode : PluginInfo
        The mode that is chosen now.
    problems : tuple of FieldProblem
        Of the draft as it was last checked.
    refused : list of FieldProblem
        What was typed into the forms drawn so far and could not be taken; the draft does not hold it.
    heads : list of (callable, str)
        For each head that was drawn above what it tells of: how it is made, and what it said.
    """

    workbench: Workbench
    state: DraftState
    mode: PluginInfo
    problems: tuple[FieldProblem, ...]
    refused: list[FieldProblem] = field(default_factory=list)
    heads: list[tuple[Callable[[], str], str]] = field(default_factory=list)

    @property
    def raw(self) -> dict[str, Any]:
        """The draft, to read and to write."""
        return self.state["raw"]

    def uses(self, section: str) -> bool:
        """Whether the mode looks at a section of the config."""
        if section == "mode_params":
            return bool(self.mode.schema.get("properties"))
        used = self.mode.used_sections
        return section in ALWAYS_USED or used is None or section in used

    def requires(self, section: str) -> bool:
        """Whether the mode cannot do without a section."""
        return section in self.mode.required_sections

    def used_config(self) -> dict[str, Any]:
        """Return the draft without what the mode does not look at or nobody has chosen."""
        return {
            **{name: value for name, value in self.raw.items() if self.uses(name) and value is not None},
            "mode": self.mode.name,
        }

    def key(self, *parts: str | int) -> str:
        """Return the key of a widget: its own in this form, and another one after the draft was replaced."""
        return "-".join(map(str, ("form", self.state["place"], self.state["generation"], *parts)))

    @contextmanager
    def folded(self, label: str, *parts: str | int, is_within: bool = False) -> Iterator[bool]:
        """Draw a part that folds, its `label` being markdown; say whether it is unfolded, and is to be drawn at all."""
        place, unfolded = "-".join(map(str, parts)), self.state["unfolded"]
        part = st.expander(
            label,
            expanded=place in unfolded,
            key=self.key("fold", *parts),
            on_change="rerun",
            type="compact" if is_within else "default",
        )
        if bool(part.open) != (place in unfolded):
            (unfolded.append if part.open else unfolded.remove)(place)
        with part:
            yield bool(part.open)

    def head(self, make: Callable[[], str]) -> str:
        """Return a head made of the draft as it is now, and remember it for `redraw_heads`."""
        self.heads.append((make, make()))
        return self.heads[-1][1]

    def redraw_heads(self) -> None:
        """Draw the screen once more where a head tells of a draft that its own fields have changed since."""
        is_stale = not self.state["is_redrawn"] and any(make() != said for make, said in self.heads)
        self.state["is_redrawn"] = is_stale
        if is_stale:
            st.rerun()

    def problems_at(self, path: _Path) -> list[FieldProblem]:
        """Return what is wrong at `path` and below, as seen from there."""
        depth = len(path)
        return [
            FieldProblem(problem.path[depth:], problem.message)
            for problem in self.problems
            if problem.path[:depth] == path
        ]

    def form(
        self,
        path: _Path,
        schema: Mapping[str, Any],
        key: str,
        values: Mapping[str, Any],
        leave_out: Collection[str] = (),
    ) -> dict[str, Any]:
        """Draw a form, and return what is typed there.

        Parameters
        ----------
        path : tuple
            Where its fields stand in the config.
        schema : mapping
            JSON schema of the fields.
        key : str
            The form's own.
        values : mapping
            What the draft holds there.
        leave_out : collection of str
            Fields that are drawn elsewhere.
        """
        initial = {name: value for name, value in values.items() if name not in leave_out}
        problems = [found for found in self.problems_at(path) if not found.path or found.path[0] not in leave_out]
        whole = with_nested_plugins(schema, partial(plugins_to_pick, self.workbench))
        typed = params_form(whole, key=key, initial=initial, problems=problems, leave_out=leave_out)
        self.refused.extend(FieldProblem((*path, *found.path), found.message) for found in form_problems(key))
        return typed

    def fields(
        self, path: _Path, model: type[BaseModel], values: Mapping[str, Any], leave_out: Collection[str] = ()
    ) -> dict[str, Any]:
        """Draw the own fields of a section, whose model this is, and return what is typed there."""
        return self.form(path, form_schema(model), self.key(*path, "fields"), values, leave_out)
