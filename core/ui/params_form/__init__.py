"""Widgets for any pydantic model, and back to a validated object."""

from core.base.form_schema import form_schema
from core.ui.params_form.field_problems import problem_summary
from core.ui.params_form.form import params_form
from core.ui.params_form.form_state import forget_form, form_problems, set_form_values
from core.ui.params_form.reading import FormResult, read_form

__all__ = [
    "FormResult",
    "forget_form",
    "form_problems",
    "form_schema",
    "params_form",
    "problem_summary",
    "read_form",
    "set_form_values",
]
