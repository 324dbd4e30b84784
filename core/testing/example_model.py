"""A small real model for the suites that need one: least squares, kept as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import DataError
from core.contracts.model import ModelPlugin

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.model import TrainContext, TrainingData

__all__ = ["LeastSquares"]


class LeastSquares(ModelPlugin):
    """Ordinary least squares with an intercept; regression only."""

    name = "least_squares"
    version = "1.0.0"
    tasks = frozenset({"regression"})

    def train(self, data: TrainingData, validation: TrainingData | None, context: TrainContext) -> None:
        """Fit by numpy's lstsq, each row counting by its weight."""
        import numpy as np

        del validation, context
        self._columns = [str(name) for name in data.features.columns]
        weight = np.ones(len(data.target)) if data.sample_weight is None else data.sample_weight.to_numpy()
        root = np.sqrt(weight)
        design = np.column_stack([np.ones(len(data.features)), data.features.to_numpy()])
        self._coefficients = np.linalg.lstsq(design * root[:, None], data.target.to_numpy() * root, rcond=None)[0]

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the fitted value."""
        import pandas as pd

        if list(features.columns) != self._columns:
            raise DataError(f"Features are {list(features.columns)}; the model was trained on {self._columns}.")
        fitted = self._coefficients[0] + (features.to_numpy() * self._coefficients[1:]).sum(axis=1)
        return pd.DataFrame({"prediction": fitted}, index=features.index)

    def save_model(self, folder: Path) -> None:
        """Write least_squares.json; JSON keeps every bit of a float."""
        state = {"columns": self._columns, "coefficients": self._coefficients.tolist()}
        (folder / "least_squares.json").write_text(json.dumps(state), encoding="utf-8")

    def load_model(self, folder: Path) -> None:
        """Read least_squares.json."""
        import numpy as np

        try:
            state = json.loads((folder / "least_squares.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{folder} holds no least_squares model: {error}") from error
        self._columns, self._coefficients = state["columns"], np.asarray(state["coefficients"])

    def library_object(self) -> object:
        """Return the same line as scikit-learn's, so that exporters that know libraries can be tried on it."""
        import numpy as np
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import Ridge
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler

        steps = [("impute", SimpleImputer(strategy="median")), ("standardise", StandardScaler()), ("line", Ridge())]
        # Of rows of -1 and 1 medians and means are 0 and deviations 1: neither step changes anything.
        rows = np.outer([-1.0, 1.0], np.ones(len(self._columns)))
        pipeline = Pipeline(steps).fit(rows, np.zeros(2))
        pipeline[-1].coef_, pipeline[-1].intercept_ = self._coefficients[1:].copy(), float(self._coefficients[0])
        return pipeline
