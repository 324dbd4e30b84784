"""What is wrong with a draft, in words of the screen where the check names commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.base.validation import FieldProblem
from core.services.predictions import needs_predictions
from core.ui.catalog import plugin_registry

if TYPE_CHECKING:
    from core.ui.config_form.form_context import FormContext

__all__ = ["worded_for_screen"]


def worded_for_screen(context: FormContext, problems: Sequence[FieldProblem]) -> tuple[FieldProblem, ...]:
    """Return the problems; where a strategy lacks predictions, their source is to be chosen on this screen."""
    backtest = context.raw.get("backtest") or {}
    if context.mode.name != "backtest" or backtest.get("predictions_run") or backtest.get("model_file"):
        return tuple(problems)
    return tuple(_worded(context, found) for found in problems)


def _worded(context: FormContext, found: FieldProblem) -> FieldProblem:
    if found.path == ("backtest", "model_file"):
        return FieldProblem(found.path, "No file is named yet. Type the path of an exported model, or pick one.")
    section: Any = context.raw
    if found.path[-1:] != ("strategy_type",):
        return found
    for step in found.path[:-1]:
        section = section.get(step) or {}
    if not needs_predictions(plugin_registry(context.workbench), section):
        return found
    words = (
        f"{section['strategy_type']!r} trades by predictions. Choose a trained run above or a model's file, or another "
        "strategy here."
    )
    return FieldProblem(found.path, words)
