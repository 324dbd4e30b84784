"""What `--set` was given: YAML, or text where the field wants text.

A run's number may look like another number (04540101, 1234e567), and a title may be 2024: as YAML they would be
numbers, which no longer tell what was typed. And %d.%m.%Y, a comma or a tab are no YAML at all: they are text.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel

from core.base.errors import ConfigError
from core.config.yaml_reader import parse_yaml

__all__ = ["typed_value"]

_MEANT_AS_YAML = tuple("[{\"'|>&*!#")


def typed_value(text: str, steps: Sequence[str], model: type[BaseModel], where: str) -> object:
    """Return what was typed for the field at `steps` of `model`.

    Parameters
    ----------
    text : str
        As it was typed: YAML. What YAML calls a number or a truth is text for a field of texts, and so is, anywhere,
        what cannot be read as YAML and does not begin as a list, a mapping, a quoted text, an alias or a tag.
    steps : sequence of str
        The field's path; what lies within a plugin's parameters is YAML alone.
    model : type
        What the config will be checked against.
    where : str
        How errors name the option.

    Raises
    ------
    ConfigError
        If it begins as YAML that is more than a word, and is none.
    """
    try:
        value = parse_yaml(text, where)
    except ConfigError:
        if "\n" in text or text.lstrip().startswith(_MEANT_AS_YAML):
            raise
        return text
    return text.strip() if isinstance(value, (bool, int, float)) and _is_text(model, steps) else value


def _is_text(annotation: object, steps: Sequence[str]) -> bool:
    kinds = _kinds(annotation)
    if not steps:
        return str in kinds and not {bool, int, float} & kinds
    return any(_is_text(inner, steps[1:]) for kind in kinds for inner in _at(kind, steps[0]))


def _kinds(annotation: object) -> set[object]:
    """Return the types that a value may have, without what surrounds them."""
    if get_origin(annotation) in {Union, UnionType}:
        return {kind for part in get_args(annotation) for kind in _kinds(part)}
    return _kinds(get_args(annotation)[0]) if get_origin(annotation) is Annotated else {annotation}


def _at(kind: object, step: str) -> Sequence[object]:
    """Return the types of what stands at one step of a path below a value of this type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind.model_fields[step].annotation] if step in kind.model_fields else []
    return get_args(kind)[:1] if get_origin(kind) in {tuple, list} and step.isdigit() else []
