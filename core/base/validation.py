"""Pydantic's validation errors, said so that a person can act on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["FieldProblem", "Where", "explain_validation_error", "field_problems", "is_secret_field", "place_of"]

_SHOWN_VALUE_LENGTH = 80
_MOST_TOLD = 100
_KINDS = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping"}


Where = str | Callable[[Sequence[str | int]], str]
"""What was read, or a function that tells where the field at a path came from."""


def place_of(where: Where, location: Sequence[str | int]) -> str:
    """Return where the field at `location` came from."""
    return where(location) if callable(where) else where


def explain_validation_error(error: ValidationError, where: Where, model: type[BaseModel] | None = None) -> str:
    """Return one line for each of the first 100 problems: where, field, value found, value allowed.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised.
    where : str or callable
        What was read: a file, an option, a plugin's params. Where parts come from different places: a function that
        tells the place of the field at a path.
    model : type of BaseModel or None
        The model that was validated, to name the fields that exist beside an unknown one.
    """
    problems = _telling(error)
    lines = [f"{place_of(where, problem['loc'])}: {_explain(problem, model)}" for problem in problems[:_MOST_TOLD]]
    untold = len(problems) - len(lines)
    return "\n".join([*lines, *([f"and {untold:,} problems more."] if untold else [])])


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field, to be said beside it.

    Attributes
    ----------
    path : tuple of str and int
        Where the field stands: names of fields and positions in lists. Empty: it concerns the whole. Within a
        discriminated union the tag stands after the union's field, as pydantic has it.
    message : str
        The value found, the value allowed; a sentence that begins with the field's name.
    """

    path: tuple[str | int, ...]
    message: str


def field_problems(error: ValidationError, model: type[BaseModel] | None = None) -> tuple[FieldProblem, ...]:
    """Return the problems of `error`, one a field; `model` is what was validated, to name the fields that exist."""
    return tuple(FieldProblem(tuple(problem["loc"]), _explain(problem, model)) for problem in _telling(error))


def is_secret_field(model: type[BaseModel] | None, path: Sequence[str | int]) -> bool:
    """Return whether a field of secrets stands at `path`: whatever somebody wrote there is not repeated."""
    *parents, name = path or ("",)
    for step in parents:
        field = model.model_fields.get(step) if model and isinstance(step, str) else None
        model = _model_within(field.annotation) if field else model
    field = model.model_fields.get(name) if model and isinstance(name, str) else None
    return field is not None and _names_secret(field.annotation)


def _telling(error: ValidationError) -> list[ErrorDetails]:
    """Return the problems, without those of lists that are too short only because their entries are refused."""
    problems = error.errors(include_url=False)
    inner = {tuple(problem["loc"][:depth]) for problem in problems for depth in range(len(problem["loc"]))}
    return [problem for problem in problems if problem["type"] != "too_short" or tuple(problem["loc"]) not in inner]


def _explain(problem: ErrorDetails, model: type[BaseModel] | None) -> str:
    path = _dotted(problem["loc"])
    kind = problem["type"]
    if kind == "extra_forbidden":
        return _unknown_field(problem, model)
    if kind == "missing":
        return f"{path} is missing; it must be given."
    if kind == "value_error":
        return f"{path}: {problem['msg'].removeprefix('Value error, ')}." if path else _sentence(problem["msg"])
    describe = _ALLOWED.get(kind)
    allowed = describe(problem.get("ctx", {})) if describe else f"it is refused: {problem['msg']}"
    if kind == "string_type" and isinstance(problem["input"], (bool, int, float)):
        allowed += ", so put it in quotes"
    if kind == "dict_type" or is_secret_field(model, problem["loc"]):
        # What was written in the place of parameters may be one of them: its kind is told alone.
        return f"{path or 'the whole'} is {_kind_of(problem['input'])}; {allowed}."
    return f"{path or 'the whole'} is {_shown(problem['input'])}; {allowed}."


def _sentence(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."


def _unknown_field(problem: ErrorDetails, model: type[BaseModel] | None) -> str:
    *parents, name = problem["loc"]
    known = _fields_at(model, parents)
    near = get_close_matches(str(name), known, n=2)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    listing = f" Known here: {', '.join(known)}." if known else ""
    return f"{_dotted(problem['loc'])} is not a known field.{hint}{listing}"


def _fields_at(model: type[BaseModel] | None, path: Iterable[str | int]) -> list[str]:
    for step in path:
        if model is None:
            return []
        if isinstance(step, int):
            continue
        field = model.model_fields.get(step)
        model = _model_within(field.annotation) if field else None
    return sorted(model.model_fields) if model else []


def _kind_of(value: object) -> str:
    return "nothing" if value is None else _KINDS.get(type(value), "something else")


def _names_secret(annotation: object) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, (SecretStr, SecretBytes)):
        return True
    return any(_names_secret(part) for part in getattr(annotation, "__args__", ()))


def _model_within(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_within(part)
        if found is not None:
            return found
    return None


def _dotted(location: Iterable[str | int]) -> str:
    return ".".join(str(step) for step in location)


def _shown(value: object) -> str:
    # Among the values of a mapping there may be a secret, such as where parameters stand in a name's place.
    if isinstance(value, Mapping) and value:
        return f"a mapping of {_cut(', '.join(map(str, value)))}"
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_VALUE_LENGTH else f"{text[: _SHOWN_VALUE_LENGTH - 3]}..."


def _s(number: object) -> str:
    return "" if number == 1 else "s"


_ALLOWED: dict[str, Callable[[Mapping[str, object]], str]] = {
    "greater_than_equal": lambda ctx: f"it must be at least {ctx['ge']}",
    "greater_than": lambda ctx: f"it must be greater than {ctx['gt']}",
    "less_than_equal": lambda ctx: f"it must be at most {ctx['le']}",
    "less_than": lambda ctx: f"it must be less than {ctx['lt']}",
    "literal_error": lambda ctx: f"it must be {ctx['expected']}",
    "enum": lambda ctx: f"it must be {ctx['expected']}",
    "int_type": lambda _: "it must be a whole number",
    "int_parsing": lambda _: "it must be a whole number",
    "int_from_float": lambda _: "it must be a whole number",
    "float_type": lambda _: "it must be a number",
    "float_parsing": lambda _: "it must be a number",
    "finite_number": lambda _: "it must be a finite number",
    "bool_type": lambda _: "it must be true or false",
    "bool_parsing": lambda _: "it must be true or false",
    "string_type": lambda _: "it must be text",
    "string_too_short": lambda ctx: f"it must have at least {ctx['min_length']} character{_s(ctx['min_length'])}",
    "string_too_long": lambda ctx: f"it must have at most {ctx['max_length']} characters",
    "string_pattern_mismatch": lambda ctx: f"it must match {ctx['pattern']}",
    "too_short": lambda ctx: (
        f"it must have at least {ctx['min_length']} entr{'y' if ctx['min_length'] == 1 else 'ies'}"
    ),
    "too_long": lambda ctx: f"it must have at most {ctx['max_length']} entries",
    "list_type": lambda _: "it must be a list",
    "tuple_type": lambda _: "it must be a list",
    "dict_type": lambda _: "it must be a mapping",
    "model_type": lambda _: "it must be a mapping of fields",
    "model_attributes_type": lambda _: "it must be a mapping of fields",
    "date_type": lambda _: "it must be a date such as 2020-01-31",
    "date_parsing": lambda _: "it must be a date such as 2020-01-31",
    "date_from_datetime_parsing": lambda _: "it must be a date such as 2020-01-31",
    "date_from_datetime_inexact": lambda _: "it must be a date such as 2020-01-31",
}
