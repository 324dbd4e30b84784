"""What a model card says about learning and importances, or why it says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.safe_markdown import plain, table

if TYPE_CHECKING:
    import pandas as pd

    from core.engine.model_notes import ModelNotes

__all__ = ["importances_text", "learning_text"]

_FINAL_MODEL = -1
_SHOWN_FEATURES = 10


def learning_text(curves: pd.DataFrame, notes: ModelNotes) -> str:
    """Return where the learning curves of the model that was kept begin and end.

    Parameters
    ----------
    curves : DataFrame
        fold (-1: the final model), metric, value, step.
    notes : ModelNotes
        Why there are none, if so.
    """
    own = curves[curves["fold"] == _FINAL_MODEL]
    if own.empty:
        return plain(notes.learning_curve or "The model that was kept reported nothing while it learned.")
    rows = []
    for metric, points in own.groupby("metric", sort=False):
        ordered = points.sort_values("step", kind="stable")
        values, steps = ordered["value"].to_numpy(dtype=np.float64), ordered["step"].to_numpy()
        lowest = int(np.nanargmin(values)) if np.isfinite(values).any() else 0
        shown = (f"{values[k]:.4f} at step {steps[k]}" for k in (0, lowest, -1))
        rows.append((str(metric), *shown))
    note = "Of the model that was kept. The curves of all folds are in the artifact learning\\_curves."
    return f"{note}\n\n{table(('Metric', 'First', 'Lowest', 'Last'), rows)}"


def importances_text(importances: pd.Series, shap_importances: pd.DataFrame | None, notes: ModelNotes) -> str:
    """Return the largest importances: by SHAP values where there are any, else by the model's own measure.

    Parameters
    ----------
    importances : Series of shape (n_features,)
        By the model's own measure.
    shap_importances : DataFrame or None
        feature and mean_absolute_shap.
    notes : ModelNotes
        What the model's own measure is, and why there are no SHAP values.
    """
    if shap_importances is None:
        note = f"{plain(notes.importances)} {plain(notes.shap_values)} It says what the model uses, not what is true."
        sizes, title = importances, "Importance"
    else:
        note = "Mean absolute SHAP value over the example rows: what the model uses, not what is true."
        sizes, title = shap_importances.set_index("feature")["mean_absolute_shap"], "Mean absolute SHAP value"
    largest = sizes.sort_values(ascending=False, kind="stable").head(_SHOWN_FEATURES)
    rows = [(str(feature), f"{value:.4g}") for feature, value in largest.items()]
    return f"{note}\n\n{table(('Feature', title), rows)}"
