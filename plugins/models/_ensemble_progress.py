"""How far an ensemble's training is: its models learn one after the other."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["ModelsInTurn"]


class ModelsInTurn:
    """Counts models, and of the one that learns the share that it has told.

    Parameters
    ----------
    report : callable
        As `TrainContext.report_progress`.
    n_models : int
        That learn, at most.
    """

    def __init__(self, report: Callable[[float, float, str], None], n_models: int) -> None:
        self._report = report
        self._n_models = n_models
        self._n_done = 0

    def of_this(self, done: float, total: float, _unit: str) -> None:
        """Take what the model that learns now tells of itself; as `TrainContext.report_progress`."""
        if total > 0.0:
            self._report(self._n_done + min(1.0, done / total), self._n_models, "models")

    def done(self, n_models: int = 1) -> None:
        """Take that so many more have learned, or are not needed."""
        self._n_done += n_models
        self._report(self._n_done, self._n_models, "models")
