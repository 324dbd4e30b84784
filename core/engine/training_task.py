"""What a training needs, and whom it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from core.base.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from core.config.sections import SplitsConfig, TrainModelConfig
    from core.contracts.model import ModelPlugin
    from core.contracts.run_result import MetricValue
    from core.engine.features import FeaturePipeline

__all__ = ["SilentReporter", "TrainingReporter", "TrainingTask", "check_calibration_has_rows", "check_task"]


class TrainingReporter(Protocol):
    """Whom a training tells how it goes; any of these may raise RunCancelled."""

    def progress(self, step: str, value: float, total: float, unit: str = "fits", *, within: str = "") -> None:
        """Take that `value` of `total` are done of a step, which may be a part of the step `within`."""

    def metric(self, name: str, value: float | None, step: int | None, fold: int | None) -> None:
        """Take one value of a metric; `fold` is None in the final fit and for figures of the whole run."""

    def log(self, message: str, *, level: Literal["info", "warning"] = "info", **fields: MetricValue) -> None:
        """Take a line for the log."""

    def check_cancelled(self) -> None:
        """Raise RunCancelled if the run was asked to stop."""


class SilentReporter:
    """A reporter that tells nobody and never cancels."""

    def progress(self, step: str, value: float, total: float, unit: str = "fits", *, within: str = "") -> None:
        """Do nothing."""

    def metric(self, name: str, value: float | None, step: int | None, fold: int | None) -> None:
        """Do nothing."""

    def log(self, message: str, *, level: Literal["info", "warning"] = "info", **fields: MetricValue) -> None:
        """Do nothing."""

    def check_cancelled(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, eq=False)
class TrainingTask:
    """Everything that a training depends on.

    Attributes
    ----------
    data : DataFrame
        The adjusted price panel, index (timestamp, ticker).
    labels : DataFrame
        On the same index: `target`, `label_end` and, where sizing needs it, `payoff`.
    pipeline : FeaturePipeline
        Makes the features. Where it learns, each fold fits it anew on the fold's training rows.
    make_model : callable
        Returns a new, untrained model; called once a fold and once for the final fit.
    task : str
        "classification" or "regression".
    splits, model
        The config's sections.
    seed, thread_count : int
        Handed to every fit alike.
    report : TrainingReporter
        Whom to tell.
    """

    data: pd.DataFrame
    labels: pd.DataFrame
    pipeline: FeaturePipeline
    make_model: Callable[[], ModelPlugin]
    task: Literal["classification", "regression"]
    splits: SplitsConfig
    model: TrainModelConfig
    seed: int = 0
    thread_count: int = 1
    report: TrainingReporter = field(default_factory=SilentReporter)

    @property
    def calibrates(self) -> bool:
        """Whether the model's probabilities are calibrated."""
        return self.task == "classification" and self.model.calibration != "off"

    @property
    def maps_payoff(self) -> bool:
        """Whether folds fit a map from scores to the probability of a positive payoff."""
        return "payoff" in self.labels.columns and self.splits.calibration_fraction > 0


def check_task(task: TrainingTask) -> None:
    """Check what can be checked before anything is fitted.

    Raises
    ------
    DataError
        If the labels are not on the data's index, or no row has a target.
    ConfigError
        If calibration is asked for without rows to calibrate on, or the model cannot do the task.
    """
    if not task.labels.index.equals(task.data.index):
        raise DataError(f"The labels' index ({len(task.labels)} rows) is not the panel's ({len(task.data)} rows).")
    if not task.labels["target"].notna().any():
        raise DataError(f"None of the {len(task.labels)} labels has a target; the history is too short for the label.")
    check_calibration_has_rows(task.model, task.splits, task.task)
    model = task.make_model()
    if task.task not in model.tasks:
        raise ConfigError(
            f"Model {model.name!r} does {' and '.join(sorted(model.tasks))}, but the label asks for {task.task}."
        )


def check_calibration_has_rows(model: TrainModelConfig, splits: SplitsConfig, task: str) -> None:
    """Refuse probabilities that are to be calibrated on no rows.

    Raises
    ------
    ConfigError
        If a classification is calibrated and splits.calibration_fraction is 0.
    """
    if task == "classification" and model.calibration != "off" and splits.calibration_fraction == 0:
        raise ConfigError(
            f"splits.calibration_fraction is 0, but model.calibration is {model.calibration!r}, which needs rows "
            "of its own. Set calibration_fraction to 0.15, or model.calibration to 'off'."
        )
