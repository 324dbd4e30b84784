"""Ridge regression in numpy alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd


class Ridge(qlop.ModelPlugin):
    """Least squares with a penalty on the size of the coefficients.

    Features are standardised by the training rows. The model is kept as one JSON file, which holds every bit of its
    numbers.
    """

    name = "ridge"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    tasks = frozenset({"regression"})

    class Params(qlop.Params):
        """Parameters of `ridge`."""

        penalty: float = Field(default=1.0, ge=0.0, le=1e9, description="Weight of the squared coefficients.")

    params: Params

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        """Solve the normal equations. See the contract."""
        import numpy as np

        values, target = data.features.to_numpy(), data.target.to_numpy()
        weights = np.ones(len(target)) if data.sample_weight is None else data.sample_weight.to_numpy()
        self.columns = [str(column) for column in data.features.columns]
        self.mean, self.scale = values.mean(axis=0), values.std(axis=0) + 1e-12
        design = np.column_stack([np.ones(len(values)), (values - self.mean) / self.scale])
        penalty = self.params.penalty * np.diag([0.0] + [1.0] * values.shape[1])
        weighted = design * weights[:, None]
        self.coefficients = np.linalg.solve(design.T @ weighted + penalty, weighted.T @ target)

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the fitted value. See the contract."""
        import pandas as pd

        missing = [column for column in self.columns if column not in features]
        if missing:
            raise qlop.DataError(f"Model {self.name!r} was trained with the feature {missing[0]!r}, which is missing.")
        scaled = (features[self.columns].to_numpy() - self.mean) / self.scale
        fitted = self.coefficients[0] + (scaled * self.coefficients[1:]).sum(axis=1)
        return pd.DataFrame({"prediction": fitted}, index=features.index)

    def save_model(self, folder: Path) -> None:
        """Write ridge.json. See the contract."""
        numbers = {"mean": self.mean, "scale": self.scale, "coefficients": self.coefficients}
        state = {"columns": self.columns, **{name: array.tolist() for name, array in numbers.items()}}
        (folder / "ridge.json").write_text(json.dumps(state), encoding="utf-8")

    def load_model(self, folder: Path) -> None:
        """Read ridge.json. See the contract."""
        import numpy as np

        try:
            state = json.loads((folder / "ridge.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise qlop.DataError(f"{folder} holds no model of {self.name!r}: {error}") from error
        self.columns = state["columns"]
        self.mean, self.scale, self.coefficients = (
            np.asarray(state[name]) for name in ("mean", "scale", "coefficients")
        )
