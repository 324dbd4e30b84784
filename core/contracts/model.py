"""The contract of models."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ModelPlugin", "TrainContext", "TrainingData"]

Task = Literal["classification", "regression"]


def _ignore_metric(_name: str, _value: float, _step: int) -> None:
    """Report a metric to nobody."""


@dataclass(frozen=True)
class TrainingData:
    """Rows to train or to validate on; all parts share one index (timestamp, ticker).

    Attributes
    ----------
    features : DataFrame of shape (n_rows, n_features)
        float64; NaN where a feature is not known.
    target : Series of shape (n_rows,)
        float64, never NaN.
    sample_weight : Series of shape (n_rows,) or None
        Positive weights, mean 1.
    """

    features: pd.DataFrame
    target: pd.Series
    sample_weight: pd.Series | None = None


@dataclass(frozen=True)
class TrainContext:
    """What training may depend on besides data and parameters."""

    task: Task
    seed: int = 0
    thread_count: int = 1
    report_metric: Callable[[str, float, int], None] = field(default=_ignore_metric)


class ModelPlugin(Plugin):
    """A model that round-trips through its own format.

    Promises: the same data, parameters, seed and thread count give the same model. `predict` after `save_model` and
    `load_model` in another process gives the same numbers. Nothing is pickled.

    Capabilities that the engine looks for: `early_stopping` (uses the validation rows), `missing_values` (accepts NaN
    features; without it rows with NaN are left out of training and get NaN predictions).
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})

    @abstractmethod
    def train(self, data: TrainingData, validation: TrainingData | None, context: TrainContext) -> None:
        """Fit the model, once.

        Parameters
        ----------
        data : TrainingData
            The rows to fit on.
        validation : TrainingData or None
            Later rows, purged from `data`, for early stopping; None where there are none.
        context : TrainContext
            Task, seed, thread count and where to report metrics by step.

        Raises
        ------
        TrainingError
            If the rows cannot be learned from (a single class, say).
        """

    @abstractmethod
    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return predictions on the index of `features`.

        Returns
        -------
        DataFrame
            `prediction` (the value, or the likeliest class) and, for classes, one `probability_<class>` each
            (`probability_0`, `probability_1`).
        """

    @abstractmethod
    def save_model(self, folder: Path) -> None:
        """Write the model's own files into an existing, empty folder."""

    @abstractmethod
    def load_model(self, folder: Path) -> None:
        """Restore what `save_model` wrote. No code is executed by loading.

        Raises
        ------
        DataError
            If files are missing or are not this model's.
        """

    def feature_importances(self) -> pd.Series | None:
        """Return one non-negative number for each feature, or None where the model has none."""
        return None
