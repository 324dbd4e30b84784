"""SHAP values of models that are joined, where the whole is a sum of what its members explain; nothing is estimated.

1. The Shapley values of a weighted sum are the weighted sum of the Shapley values (Shapley 1953, linearity).
2. An average is such a sum of the members' values, or of the higher class's probability if all members explain that.
3. A linear final model's score is one of the members' values, or of their log-odds of the higher class, if all members
   explain these. Its slopes are its coefficients over the spread of what it saw; the rest goes into the base.
4. What a member explains is found by adding its values up: they are compared with its own answers.
5. All else has no such sum: three classes or more, other final models, a member that explains something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import ExportError
from core.engine.joined_models import class_shares, final_features
from core.engine.pmml.scikit_models import read_linear
from core.engine.pmml.score_model import LinearScore

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.contracts.model import JoinedModels, ModelPlugin

__all__ = ["joined_shap_values"]

# Beside how far a member's answers lie apart, and beside their size: trees that are added up in single precision miss
# their own answer by a few ten-millionths of it.
_MISSED_OF_SPREAD, _MISSED_OF_SIZE = 1e-4, 1e-6


def joined_shap_values(joined: JoinedModels, features: pd.DataFrame, classes: Sequence[float]) -> pd.DataFrame | None:
    """Return the SHAP values of the models together, or None where they are no sum of the members' own.

    Parameters
    ----------
    joined : JoinedModels
        Trained.
    features : DataFrame of shape (n_rows, n_features)
        The rows to explain.
    classes : sequence of float
        Ascending; empty for a regression.

    Returns
    -------
    DataFrame of shape (n_rows, n_features + 1) or None
        As `ModelPlugin.shap_values`: of the value; with two classes of the higher one's probability (an average), or of
        its log-odds (with a final model).
    """
    weights, rest = _sum_of_members(joined)
    if weights is None or len(classes) > 2:
        return None
    parts = [member.shap_values(features) for member in joined.members]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not _explain_what_is_joined(joined, known, features, classes):
        return None
    total: pd.DataFrame = sum(weight * part for weight, part in zip(weights, known, strict=True))  # type: ignore[assignment]
    # By place: a feature may be called as the base is.
    total.isetitem(total.shape[1] - 1, total.iloc[:, -1].to_numpy() + rest)
    return total


def _sum_of_members(joined: JoinedModels) -> tuple[Sequence[float] | None, float]:
    """Return what each member counts and what is added, or None where the whole is no sum."""
    if joined.final is None:
        return joined.weights, 0.0
    score = _linear_score(joined.final)
    if score is None:
        return None, 0.0
    slopes = np.asarray(score.coefficients) / np.asarray(score.scales)
    return slopes.tolist(), float(score.intercept - slopes @ np.asarray(score.means))


def _linear_score(final: ModelPlugin) -> LinearScore | None:
    from sklearn.pipeline import Pipeline

    trained = final.library_object()
    if not isinstance(trained, Pipeline):
        return None
    try:
        score = read_linear(trained).scores[0]
    except ExportError:
        return None
    return score if isinstance(score, LinearScore) else None


def _explain_what_is_joined(
    joined: JoinedModels, parts: Sequence[pd.DataFrame], features: pd.DataFrame, classes: Sequence[float]
) -> bool:
    """Return whether each member's values add up to what is weighted of its answers."""
    answers = [member.predict(features) for member in joined.members]
    if joined.final is not None:
        weighed = final_features(joined.names, answers, classes, features.index).to_numpy()
    else:
        weighed = np.column_stack([_last_column(class_shares(answer, classes)) for answer in answers])
    explained = np.column_stack([part.to_numpy().sum(axis=1) for part in parts])
    if not len(weighed):
        return True
    missed = _MISSED_OF_SPREAD * np.ptp(weighed, axis=0) + _MISSED_OF_SIZE * np.abs(weighed).max(axis=0)
    return bool((np.abs(explained - weighed) <= missed).all())


def _last_column(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values, or the higher class's probabilities."""
    return shares if shares.ndim == 1 else shares[:, -1]
