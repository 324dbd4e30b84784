"""The contract of models."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

__all__ = ["HistoryReading", "JoinedModels", "MakesModels", "ModelPlugin", "TrainContext", "TrainingData"]

Task = Literal["classification", "regression"]


def _ignore_metric(_name: str, _value: float, _step: int) -> None:
    """Report a metric to nobody."""


def _ignore_progress(_done: float, _total: float, _unit: str) -> None:
    """Report progress to nobody."""


def _never_cancelled() -> None:
    """Go on: there is no run."""


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
    stretch : Series of shape (n_rows,) or None
        Numbers, ascending in time: rows with the same one have no bar of another block (of a fold's test block, say)
        between them. A model that reads earlier rows reads none of another stretch. None: all rows are of one.
    """

    features: pd.DataFrame
    target: pd.Series
    sample_weight: pd.Series | None = None
    label_end: pd.Series | None = None
    stretch: pd.Series | None = None


@dataclass(frozen=True)
class HistoryReading:
    """How a model reads earlier rows.

    Attributes
    ----------
    sequence_bars : int
        Rows of a ticker that a prediction reads at most, its own included.
    longest_gap_us : int
        Microseconds; after a longer time between two rows of a ticker a history begins anew.
    """

    sequence_bars: int
    longest_gap_us: int


@dataclass(frozen=True)
class TrainContext:
    """What training may depend on besides data and parameters.

    Attributes
    ----------
    task : str
        "classification" or "regression".
    seed : int
        Of everything that is drawn.
    thread_count : int
        Threads that training may use.
    report_metric : callable
        Takes a metric's name, its value and a step that counts from 1; raises RunCancelled as `check_cancelled` does.
    check_cancelled : callable
        Raises RunCancelled if the run was asked to stop. Called in a long stretch without metrics, from the thread that
        trains, it costs little; several times a second is enough.
    report_progress : callable
        Takes how many steps of the fit are done, of how many at most, and what they are called in the plural: `(7, 30,
        "epochs")`. It may be called after each step, however short: the run passes on about a hundred of a fit, or one
        a second. Within a fit the share that is done never falls, else it is not told; a fit that ends early just ends.
        Raises RunCancelled as `check_cancelled` does. A model that never calls it is seen again when it has learned.
    """

    task: Task
    seed: int = 0
    thread_count: int = 1
    report_metric: Callable[[str, float, int], None] = field(default=_ignore_metric)
    check_cancelled: Callable[[], None] = field(default=_never_cancelled)
    report_progress: Callable[[float, float, str], None] = field(default=_ignore_progress)


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


@dataclass(frozen=True, eq=False)
class JoinedModels:
    """The trained models that a model is made of, and how their answers become its own.

    Attributes
    ----------
    names : tuple of str
        The members' names, each once.
    members : tuple of ModelPlugin
        All trained on the same features, and of the same classes.
    weights : tuple of float
        The members' shares in the mean of their values or probabilities, together 1; used without `final`.
    final : ModelPlugin or None
        Trained on the members' answers, as `qlop.engine.final_features` writes them; its answer is the whole's.
    """

    names: tuple[str, ...]
    members: tuple[ModelPlugin, ...]
    weights: tuple[float, ...]
    final: ModelPlugin | None = None


class ModelPlugin(Plugin):
    """A model that round-trips through its own format.

    Promises: the same data, parameters, seed and thread count give the same model. `predict` after `save_model` and
    `load_model` in another process gives the same numbers. Nothing is pickled.

    Capabilities that the engine looks for: `early_stopping` (uses the validation rows), `missing_values` (accepts NaN
    features; without it rows with NaN are left out of training and get NaN predictions). A model whose prediction of a
    row reads earlier rows of its ticker, among those that it is given, says `earlier_rows`; all others predict a row
    alone as among others. No model reads later rows or other tickers. One that reads earlier rows crosses no
    `TrainingData.stretch` when it learns and remembers no row between two calls of `predict`: the engine calls it for
    each stretch by itself. A model that brings along what it has learned elsewhere, itself or in a part of it, says
    `pretrained`. One that takes some features as whole numbers alone, and refuses others, says `whole_numbers`.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})

    no_learning_curve: str = ""
    """A sentence on why it reports no metrics by step; empty where it reports some."""
    no_shap_values: str = ""
    """A sentence on why `shap_values` gives None; empty where it gives some."""
    learned_until: str = ""
    """Of a `pretrained` model, once it is trained or loaded: the last bar that it learned from, in ISO 8601 with its
    zone, as its file says; empty where that is not known."""

    def accept_models(self, make_model: MakesModels) -> None:
        """Take the way to other models, and refuse those that the params name and that are not there.

        Whoever makes a model from a config calls it at once. A model that is made of models makes them here, and may
        narrow its own `tasks` and `capabilities` to what they can do; all others do nothing.

        Raises
        ------
        PluginError, ConfigError
            As `make_model` raises them, or if the models do not go together.
        """

    def check_loading(self) -> None:
        """Refuse params with which no trained model can be loaded here, before a run begins; nothing by default.

        Something that is needed where the model is used, and is not there: code that is to be imported, say. What only
        training needs, such as a device, is asked by `check`. The models that it is made of are asked by themselves.

        Raises
        ------
        ConfigError
            If there is such a thing; the message says what to do.
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
            Task, seed, thread count, where to report metrics and progress, and how to hear of a wish to stop.

        Raises
        ------
        TrainingError
            If the rows cannot be learned from (a single class, say).
        RunCancelled
            If the run was asked to stop.
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
        """Return one non-negative number for each feature, or None where the model has none.

        The Series' name says what is measured, in words. Where there are none, training measures how much the model's
        error rises when a feature is shuffled.
        """
        return None

    def shap_values(self, features: pd.DataFrame) -> pd.DataFrame | None:
        """Return how much each feature moves each row's score (Lundberg and Lee 2017), or None where it is not known.

        Returns
        -------
        DataFrame of shape (n_rows, n_features + 1) or None
            On the index of `features`: a column for each feature, in order, and last `base`, the same in every row. A
            row sums to the model's own score: the value of a regression; with two classes the probability of the
            higher one, or its log-odds. With three classes or more there are such columns for each class, ascending,
            under a column index (class, feature), and a row sums to each class's probability, or to scores whose
            softmax the probabilities are. `qlop.engine.shap_frame` makes either form.
        """
        del features
        return None

    def joined_models(self) -> JoinedModels | None:
        """Return the trained models that it is made of, or None where it is one by itself.

        Exporters that cannot ask a model for its own form write its members and join them.
        """
        return None

    def untrained_parts(self) -> Sequence[tuple[str, ModelPlugin]]:
        """Return the models that its params make it of, each with its name, untrained; none where it is one by itself.

        Trained, they are those of `joined_models`, the last one under the name `final_model`. Exporters that write the
        members ask for them before a run begins, so that one which cannot be written is refused in time.
        """
        return ()

    def history_reading(self) -> HistoryReading | None:
        """Return how the trained model reads earlier rows; None where it reads a row by itself, or does not say how.

        Whoever asks for predictions is told by it which rows have a shorter history than the model reads.
        """
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

        A model with the capability `earlier_rows` reads windows: `features` has the shape (rows, n_bars, n_features),
        oldest bar first and the row's own last, and a second input `history_bars`, int64, of shape (rows,), says how
        many bars at the end of each window count. Its metadata `qlop.sequence_bars` and `qlop.longest_gap_us` say how
        windows are made (docs/exports.md).

        Parameters
        ----------
        opset : int
            Of the operators, 15 to 21; ai.onnx.ml has 3.

        Raises
        ------
        ExportError
            If this model in particular cannot be written so; the message says why.
        """
        del opset
        return None
