"""The contract of models."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

__all__ = ["MakesModels", "ModelPlugin", "TrainContext", "TrainingData"]

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
    label_end : Series of shape (n_rows,) or None
        The last bar that each target depends on, UTC, never NaT; None where that is not known. A model that cuts its
        rows in time must keep apart what these overlap.
    """

    features: pd.DataFrame
    target: pd.Series
    sample_weight: pd.Series | None = None
    label_end: pd.Series | None = None


@dataclass(frozen=True)
class TrainContext:
    """What training may depend on besides data and parameters."""

    task: Task
    seed: int = 0
    thread_count: int = 1
    report_metric: Callable[[str, float, int], None] = field(default=_ignore_metric)


class MakesModels(Protocol):
    """Makes other models by their names, for a model that is made of models."""

    def __call__(self, model_type: str, model_params: Mapping[str, JsonValue], /) -> ModelPlugin:
        """Return a new, untrained model.

        Raises
        ------
        PluginError
            If there is no such model, or it is broken.
        ConfigError
            If the params are not valid.
        """


class ModelPlugin(Plugin):
    """A model that round-trips through its own format.

    Promises: the same data, parameters, seed and thread count give the same model. `predict` after `save_model` and
    `load_model` in another process gives the same numbers. Nothing is pickled.

    Capabilities that the engine looks for: `early_stopping` (uses the validation rows), `missing_values` (accepts NaN
    features; without it rows with NaN are left out of training and get NaN predictions). A model whose prediction of a
    row reads earlier rows of its ticker, among those that it is given, says `earlier_rows`; all others predict a row
    alone as among others. No model reads later rows or other tickers. A model that brings what it knows along,
    and learns nothing from the rows, says `pretrained`.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})

    def accept_models(self, make_model: MakesModels) -> None:
        """Take the way to other models, and refuse those that the params name and that are not there.

        Whoever makes a model from a config calls it at once. A model that is made of models makes them here, and may
        narrow its own `tasks` and `capabilities` to what they can do; all others do nothing.

        Raises
        ------
        PluginError, ConfigError
            As `make_model` raises them, or if the models do not go together.
        """

    def untrained_copy(self) -> ModelPlugin:
        """Return a new, untrained model with the same name and params, and the same way to other models."""
        return type(self)(self.name, self.params)

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

    def shap_values(self, features: pd.DataFrame) -> pd.DataFrame | None:
        """Return how much each feature moves each row's score (Lundberg and Lee 2017), or None where it is not known.

        Returns
        -------
        DataFrame of shape (n_rows, n_features + 1) or None
            On the index of `features`: a column for each feature, in order, and last `base`, the same in every row. A
            row sums to the model's own score: the value of a regression; with two classes the probability of the
            higher one, or its log-odds. None too with three classes or more, which have a score each.
        """
        del features
        return None

    def library_object(self) -> object | None:
        """Return the trained object of the library beneath, or None where there is none to hand out.

        A scikit-learn estimator or pipeline, or a booster: asked by its own `predict_proba`, `inplace_predict` or
        `predict` it gives the classes' probabilities, the higher class's, or the value, for features as float64 with
        NaN where missing. Exporters write it in formats that know the library.
        """
        return None

    def to_onnx(self, opset: int) -> bytes | None:
        """Return the trained model as a serialised ONNX model, or None where it cannot be written so.

        Its one input `features`, of shape (rows, n_features), float or double, holds the features trained on, in order,
        NaN where missing. Its one output `scores`, double, holds the classes' probabilities in ascending order of the
        classes, shape (rows, n_classes), or the value, shape (rows, 1). Calibration is no part of it.

        Parameters
        ----------
        opset : int
            Of the operators, 15 to 21; ai.onnx.ml has 3.
        """
        del opset
        return None
