"""How far a training is: all of its fits together, and within them the one under way.

1. A model tells after each of its steps (an epoch, a round, a tree) how many of how many are done.
2. Passed on are the first of a fit, each hundredth of it, and what comes a second after the last one.
3. A fit that ends before its last step has had as many as it took.
4. All fits together stand at those that are done and the share of the one under way.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.engine.training_task import TrainingReporter

__all__ = ["ALL_FITS", "ONE_FIT", "TrainingProgress"]

ALL_FITS = "train folds"
ONE_FIT = "fit model"
_PARTS = 100
_EVERY_S = 1.0


class TrainingProgress:
    """Tells a reporter how far a training is.

    Parameters
    ----------
    report : TrainingReporter
        Whom to tell.
    n_fits : int
        Of the whole training.
    now : callable
        Seconds of a clock that only goes forward.
    """

    def __init__(self, report: TrainingReporter, n_fits: int, now: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._n_fits = n_fits
        self._now = now
        self._n_done = 0
        self._all = _Passing(now)
        self._one = _Passing(now)
        self._newest: tuple[float, float, str] | None = None

    def fit_moves(self, done: float, total: float, unit: str) -> None:
        """Take what a model tells of its fit; as `TrainContext.report_progress` says.

        Raises
        ------
        RunCancelled
            If the run was asked to stop.
        """
        self._report.check_cancelled()
        if not (math.isfinite(done) and math.isfinite(total) and total > 0.0 and self._one.goes_on(done / total)):
            return
        self._newest = (float(done), float(max(done, total)), unit)
        share = min(1.0, done / total)
        together = (self._n_done + share) / self._n_fits
        if self._all.goes_on(together) and self._all.is_worth(together):
            # To two decimals: more of a fit is known to nobody.
            self._report.progress(ALL_FITS, round(self._n_done + share, 2), self._n_fits)
        if self._one.is_worth(share):
            self._tell_of_fit(*self._newest)

    def fit_ends(self) -> None:
        """Take that the model has learned: a count that stands short of its total is as long as it became."""
        if self._newest is not None and 0.0 < self._newest[0] < self._newest[1]:
            done, _, unit = self._newest
            self._tell_of_fit(done, done, unit)
        self._one, self._newest = _Passing(self._now), None

    def fold_ends(self) -> None:
        """Take that the fit is done, and what is made of it."""
        self._n_done += 1
        self._report.progress(ALL_FITS, self._n_done, self._n_fits)

    def _tell_of_fit(self, done: float, total: float, unit: str) -> None:
        counted = f"{unit}, fit {self._n_done + 1} of {self._n_fits}"
        self._report.progress(ONE_FIT, done, total, counted, within=ALL_FITS)


class _Passing:
    """Which moves of a share, from 0 to 1, are passed on."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._seen = -1.0
        self._part = -1
        self._told_at = -math.inf

    def goes_on(self, share: float) -> bool:
        """Whether it is not behind what was seen before."""
        if share < max(0.0, self._seen):
            return False
        self._seen = share
        return True

    def is_worth(self, share: float) -> bool:
        """Whether it is to be passed on; if so, it counts as passed on."""
        part, moment = math.floor(_PARTS * share + 1e-9), self._now()
        if part <= self._part and moment < self._told_at + _EVERY_S:
            return False
        self._part, self._told_at = part, moment
        return True
