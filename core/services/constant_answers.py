"""What a person should know of a model that predicts the same whatever its features are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from core.engine.fitted_model import FittedModel

__all__ = ["constant_answer"]


def constant_answer(fitted: FittedModel, expected: pd.DataFrame) -> tuple[str, ...]:
    """Return one sentence where a model gives all rows one answer, and else none.

    Parameters
    ----------
    fitted : FittedModel
        The model and its calibration.
    expected : DataFrame of shape (n_rows, n_columns)
        What it predicts for the example rows of its file.
    """
    from core.engine.hidden_scores import are_alike

    if fitted.is_at_base_rate:
        why = "in the rows that calibrated it, higher scores did not win more often"
        return (f"The model gives its base rate for every row: {why}.",)
    if len(expected) > 1 and are_alike(expected):
        return (
            f"The model gives one prediction for all {len(expected)} example rows of its file: it may be constant.",
        )
    return ()
