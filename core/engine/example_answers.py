"""A model's own example rows, asked again of a copy that was read from its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError, TrainingError
from core.engine.model_artifact import load_example_rows, load_fitted_model

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from core.contracts.model import ModelPlugin

__all__ = ["check_kept_model", "other_answer"]

_RELATIVE, _ABSOLUTE = 1e-6, 1e-9


def check_kept_model(folder: Path, make_model: Callable[[], ModelPlugin]) -> None:
    """Read a model that was just saved back from its own file, and ask it for its example rows.

    Parameters
    ----------
    folder : Path
        What `save_fitted_model` wrote.
    make_model : callable
        As `load_fitted_model` takes it.

    Raises
    ------
    TrainingError
        If it cannot be read, or predicts its example rows otherwise than before it was saved.
    """
    try:
        copy = load_fitted_model(folder, make_model)
        features, expected = load_example_rows(folder, copy.feature_columns)
        problem = other_answer(copy.predict(features), expected)
    except DataError as error:
        problem = f"cannot be read: {error}"
    if problem:
        raise TrainingError(
            f"The model was trained, but what was saved of it {problem.rstrip('.')}. No run could use it. Its files "
            f"are kept in {folder}; its plugin has to be mended."
        )


def other_answer(found: pd.DataFrame, expected: pd.DataFrame) -> str:
    """Return how a copy's predictions of the example rows differ from those saved with it; empty if they do not.

    It is the end of a sentence: "predicts prediction 0.3 for an example row for which it predicted ...".
    """
    if list(found.columns) != list(expected.columns):
        return f"predicts the columns {list(found.columns)}, and predicted {list(expected.columns)} where it was saved"
    differs = ~np.isclose(found, expected, rtol=_RELATIVE, atol=_ABSOLUTE, equal_nan=True)
    if not differs.any():
        return ""
    row, column = np.argwhere(differs)[0]
    return (
        f"predicts {found.columns[column]} {float(found.iloc[row, column])!r} for an example row for which it "
        f"predicted {float(expected.iloc[row, column])!r} where it was saved "
        f"({int(differs.any(axis=1).sum())} of {len(found)} rows so)"
    )
