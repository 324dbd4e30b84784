"""Whether predictions tell what a model's own scores are, or a calibration hides them.

1. A map that gives all scores one probability (the base rate, in a block where higher scores did not win) hides them.
2. So does one so flat that all that it tells lies within a hundred times what a comparison allows.
3. A comparison of such predictions says nothing of the model; one of its scores before the calibration does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from core.engine.fitted_model import FittedModel

__all__ = ["are_alike", "hides_scores"]

_TIMES_ALLOWED = 100.0


def are_alike(predictions: pd.DataFrame, tolerance: float = 0.0) -> bool:
    """Return whether all rows are predicted alike: no column reaches further than a share of its largest value."""
    values = predictions.to_numpy(dtype=np.float64)
    known = values[np.isfinite(values).all(axis=1)]
    if not len(known):
        return True
    return bool((np.ptp(known, axis=0) <= tolerance * np.abs(known).max(axis=0)).all())


def hides_scores(fitted: FittedModel, predictions: pd.DataFrame, tolerance: float) -> bool:
    """Return whether a calibration hides a model's scores from whoever compares predictions.

    Parameters
    ----------
    fitted : FittedModel
        The model and its calibration.
    predictions : DataFrame
        What it predicts.
    tolerance : float
        What the comparison allows, as a share of a column's largest value.
    """
    if not fitted.calibrators:
        return False
    return any(map_.is_constant for map_ in fitted.calibrators) or are_alike(predictions, _TIMES_ALLOWED * tolerance)
