"""A library's own trained object, asked as the library means it to be asked, without the plugin that trained it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.engine.model_columns import checked_features, probability_column

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["LibraryModel"]


@dataclass(frozen=True)
class LibraryModel:
    """A trained object of scikit-learn, XGBoost or LightGBM, or of whatever answers as these do.

    Attributes
    ----------
    trained : object
        Has `predict_proba` or `predict`; a booster of XGBoost is asked by `inplace_predict`.
    name : str
        For messages.
    feature_columns : tuple of str
        What it is fed, in order.
    classes : tuple of float
        Ascending; empty for a regression.
    capabilities : frozenset of str
        As a ModelPlugin states them.
    """

    trained: Any
    name: str
    feature_columns: Sequence[str]
    classes: Sequence[float]
    capabilities: frozenset[str]

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return predictions in the form of `ModelPlugin.predict`."""
        import pandas as pd

        answer = self._asked(checked_features(features, self.feature_columns, self.name))
        if not self.classes:
            return pd.DataFrame({"prediction": answer.ravel()}, index=features.index)
        shares = np.column_stack((1.0 - answer, answer)) if answer.ndim == 1 else answer
        columns = [probability_column(label) for label in self.classes]
        frame = pd.DataFrame(shares, index=features.index, columns=columns)
        frame.insert(0, "prediction", np.asarray(self.classes)[shares.argmax(axis=1)])
        return frame

    def _asked(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value, P(higher class), or P of each class, as the library gives it."""
        if hasattr(self.trained, "predict_proba"):
            answer = self.trained.predict_proba(values)
        elif hasattr(self.trained, "inplace_predict"):
            answer = self.trained.inplace_predict(values, validate_features=False)
        else:
            answer = self.trained.predict(values)
        return np.asarray(answer, dtype=np.float64)
