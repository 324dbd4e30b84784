"""What is to be said beside a trained model's curves and importances: what they measure, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

    from core.contracts.model import ModelPlugin

__all__ = ["ModelNotes", "model_notes"]

_NO_CURVE = "The model reports nothing while it learns, so that there is no learning curve."
_NO_SHAP = "The model gives no SHAP values."


@dataclass(frozen=True)
class ModelNotes:
    """Sentences about a trained model.

    Attributes
    ----------
    importances : str
        What its importances measure.
    learning_curve : str
        Why it has no learning curve; empty where it has one.
    shap_values : str
        Why it has no SHAP values; empty where it has some.
    """

    importances: str
    learning_curve: str
    shap_values: str

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as the artifact `model_notes` holds it."""
        return {name: str(value) for name, value in vars(self).items()}


def model_notes(
    model: ModelPlugin, importances: pd.Series, curves: pd.DataFrame, shap_importances: pd.DataFrame | None
) -> ModelNotes:
    """Return what is to be said beside what a training kept."""
    measure = str(importances.name or "the model's own measure").replace("_", " ")
    return ModelNotes(
        importances=f"Measured: {measure}.",
        learning_curve="" if len(curves) else model.no_learning_curve or _NO_CURVE,
        shap_values="" if shap_importances is not None else model.no_shap_values or _NO_SHAP,
    )
