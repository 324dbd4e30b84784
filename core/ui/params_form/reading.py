"""From what was typed to a validated object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from core.base.validation import FieldProblem, field_problems

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["FormResult", "read_form"]

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class FormResult(Generic[Model]):
    """A form's values, validated.

    Attributes
    ----------
    value : BaseModel or None
        The object; None where there are problems.
    problems : tuple of FieldProblem
        What is wrong, one a field, as `params_form` takes it.
    """

    value: Model | None
    problems: tuple[FieldProblem, ...]


def read_form(model: type[Model], raw: Mapping[str, JsonValue]) -> FormResult[Model]:
    """Validate what `params_form` returned."""
    try:
        return FormResult(model.model_validate(dict(raw)), ())
    except ValidationError as error:
        return FormResult(None, field_problems(error, model))
