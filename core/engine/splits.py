"""Folds in time that never let a training row know the test block.

1. The scheme places the test blocks on the calendar of bars and names the bars that may train.
2. A row may train only if it is labelled and its life ends before each test block that follows it. After a test block
   the lives of its own labels and then the embargo pass before training resumes.
3. The last training bars become the calibration block, those before them the early-stopping block.
4. Between any two blocks the rows whose label reaches into the next one are purged.
5. All rows of the test bars are predicted, those without a target as well.

Source: Lopez de Prado, Advances in Financial Machine Learning (2018), chapters 7 and 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb
from typing import TYPE_CHECKING, overload

import numpy as np

from core.base.errors import TrainingError
from core.engine.label_lives import LabelLives, label_lives
from core.engine.stretches import edges_of_runs

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.config.sections import SplitsConfig

__all__ = ["MAX_FOLDS", "MIN_BLOCK_ROWS", "Fold", "Folds", "final_fold", "make_folds"]

MIN_BLOCK_ROWS = 20
"""Labelled rows that a training, early-stopping or calibration block has at least, after purging."""
MAX_FOLDS = 1_000
"""More folds than this are refused: combinatorial_purged grows as n_folds over n_test_folds."""


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold. The arrays hold positions of rows in the labels, ascending.

    Attributes
    ----------
    number : int
        Counts from 0.
    train, early_stopping, calibration : ndarray of int
        Labelled rows, purged from the block that follows; empty where the config asks for no such block.
    test : ndarray of int
        All rows of the test bars, labelled or not.
    test_path : ndarray of int, as long as `test`
        combinatorial_purged: which backtest path a prediction belongs to; each path holds every bar once. 0 elsewhere.
    test_start, test_end : Timestamp or None
        First and last bar of the test blocks; None in the final fold, which tests nothing.
    edges : ndarray of int
        Bars at which histories begin anew, ascending: where test runs begin and end (stretches.py).
    """

    number: int
    train: NDArray[np.intp]
    early_stopping: NDArray[np.intp]
    calibration: NDArray[np.intp]
    test: NDArray[np.intp]
    test_path: NDArray[np.intp]
    test_start: pd.Timestamp | None
    test_end: pd.Timestamp | None
    edges: NDArray[np.intp]


@dataclass(frozen=True)
class _Run:
    """Consecutive test bars from `start` up to, not with, `stop`."""

    start: int
    stop: int
    path: int = 0


@dataclass(frozen=True)
class _Plan:
    """The bars that may train, from `train_start` up to `train_stop`, and the test runs, ascending."""

    train_start: int
    train_stop: int
    tests: tuple[_Run, ...]


class Folds(Sequence[Fold]):
    """Folds that are made each time one is asked for: the rows of all of them together would outweigh the panel."""

    def __init__(
        self, plans: Sequence[_Plan], lives: LabelLives, timestamps: pd.DatetimeIndex, config: SplitsConfig
    ) -> None:
        self._plans = plans
        self._lives = lives
        self._timestamps = timestamps
        self._config = config

    def __len__(self) -> int:
        return len(self._plans)

    @overload
    def __getitem__(self, number: int) -> Fold: ...
    @overload
    def __getitem__(self, number: slice) -> list[Fold]: ...
    def __getitem__(self, number: int | slice) -> Fold | list[Fold]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        at = range(len(self))[number]
        return _fold(at, self._plans[at], self._lives, self._timestamps, self._config)


def make_folds(
    labels: pd.DataFrame, timestamps: pd.DatetimeIndex, config: SplitsConfig, lives: LabelLives | None = None
) -> Folds:
    """Split labelled rows into folds, by all tickers' bars at once. Every fold is checked before any is given.

    Parameters
    ----------
    labels : DataFrame
        Index (timestamp, ticker); `target` and `label_end`. Rows with a NaN target are tested but never trained on.
    timestamps : DatetimeIndex of shape (n_bars,)
        All bars of the panel, sorted and unique.
    config : SplitsConfig
        walk_forward: test blocks of `test_bars` follow the first `train_bars`; the last block may be shorter.
        purged_k_fold and combinatorial_purged: `n_folds` even blocks, one or `n_test_folds` of them tested.
    lives : LabelLives, optional
        Those of the labels, where they are known already.

    Raises
    ------
    TrainingError
        If the history is too short, a block has fewer than MIN_BLOCK_ROWS rows, or there would be over MAX_FOLDS folds.
    DataError
        If the labels cannot be placed on the calendar.
    """
    lives = label_lives(labels, timestamps) if lives is None else lives
    planners = {
        "walk_forward": _walk_forward_plans,
        "purged_k_fold": _k_fold_plans,
        "combinatorial_purged": _combinatorial_plans,
    }
    folds = Folds(planners[config.scheme](timestamps, config), lives, timestamps, config)
    for _ in folds:
        pass
    return folds


def final_fold(
    labels: pd.DataFrame, timestamps: pd.DatetimeIndex, config: SplitsConfig, lives: LabelLives | None = None
) -> Fold:
    """Return the fold of the model to export: all labelled rows train, nothing is tested.

    The early-stopping and the calibration block are the last bars of the data. A rolling walk-forward window keeps its
    length here too.

    Raises
    ------
    TrainingError, DataError
        As `make_folds`.
    """
    lives = label_lives(labels, timestamps) if lives is None else lives
    is_rolling = config.scheme == "walk_forward" and config.window == "rolling"
    start = max(0, len(timestamps) - config.train_bars) if is_rolling else 0
    return _fold(-1, _Plan(start, len(timestamps), ()), lives, timestamps, config)


def _walk_forward_plans(timestamps: pd.DatetimeIndex, config: SplitsConfig) -> list[_Plan]:
    n_bars = len(timestamps)
    if n_bars <= config.train_bars:
        raise TrainingError(
            f"splits: walk_forward with train_bars {config.train_bars} needs at least {config.train_bars + 1} bars; "
            f"the data have {n_bars}{_range_of(timestamps)}. Lower splits.train_bars or load a longer history."
        )
    starts = range(config.train_bars, n_bars, config.test_bars)
    _check_fold_count(len(starts), config)
    length = {"rolling": config.train_bars, "expanding": n_bars}[config.window]
    return [_Plan(max(0, s - length), s, (_Run(s, min(s + config.test_bars, n_bars)),)) for s in starts]


def _k_fold_plans(timestamps: pd.DatetimeIndex, config: SplitsConfig) -> list[_Plan]:
    return [_Plan(0, len(timestamps), (block,)) for block in _even_blocks(timestamps, config)]


def _combinatorial_plans(timestamps: pd.DatetimeIndex, config: SplitsConfig) -> list[_Plan]:
    blocks = _even_blocks(timestamps, config)
    _check_fold_count(comb(config.n_folds, config.n_test_folds), config)
    times_tested = dict.fromkeys(blocks, 0)
    plans = []
    for chosen in combinations(blocks, config.n_test_folds):
        plans.append(_Plan(0, len(timestamps), tuple(_Run(b.start, b.stop, times_tested[b]) for b in chosen)))
        for block in chosen:
            times_tested[block] += 1
    return plans


def _even_blocks(timestamps: pd.DatetimeIndex, config: SplitsConfig) -> list[_Run]:
    n_bars = len(timestamps)
    if n_bars < 2 * config.n_folds:
        raise TrainingError(
            f"splits: {config.scheme} with n_folds {config.n_folds} needs at least {2 * config.n_folds} bars; the data "
            f"have {n_bars}{_range_of(timestamps)}. Lower splits.n_folds or load a longer history."
        )
    edges = np.linspace(0, n_bars, config.n_folds + 1).round().astype(int)
    return [_Run(int(start), int(stop)) for start, stop in pairwise(edges)]


def _check_fold_count(count: int, config: SplitsConfig) -> None:
    if count > MAX_FOLDS:
        raise TrainingError(
            f"splits: {config.scheme} asks for {count:,} folds; at most {MAX_FOLDS:,} are trained. Raise "
            "splits.test_bars, or lower splits.n_folds or splits.n_test_folds."
        )


def _fold(number: int, plan: _Plan, lives: LabelLives, timestamps: pd.DatetimeIndex, config: SplitsConfig) -> Fold:
    may_train = lives.is_labelled & (lives.bar >= plan.train_start) & (lives.bar < plan.train_stop)
    is_open_bar = np.zeros(lives.n_bars, dtype=bool)
    is_open_bar[plan.train_start : plan.train_stop] = True
    for run in plan.tests:
        resumes = _training_resumes(run, lives, config.embargo_bars)
        may_train &= (lives.last_bar < run.start) | (lives.bar >= resumes)
        is_open_bar[run.start : resumes] = False
    stops_at, calibrates_at = _block_starts(np.flatnonzero(is_open_bar), lives.n_bars, config)
    is_before = (lives.bar < stops_at, lives.bar < calibrates_at)
    train = np.flatnonzero(may_train & is_before[0] & (lives.last_bar < min(stops_at, calibrates_at)))
    stopping = np.flatnonzero(may_train & ~is_before[0] & is_before[1] & (lives.last_bar < calibrates_at))
    calibration = np.flatnonzero(may_train & ~is_before[1])
    blocks = {"training": train}
    if config.early_stopping_fraction:
        blocks["early-stopping"] = stopping
    if config.calibration_fraction:
        blocks["calibration"] = calibration
    _check_blocks(number, blocks, timestamps, plan)
    test, path = _test_rows(plan.tests, lives)
    start = timestamps[plan.tests[0].start] if plan.tests else None
    end = timestamps[plan.tests[-1].stop - 1] if plan.tests else None
    edges = edges_of_runs([(run.start, run.stop) for run in plan.tests])
    return Fold(number, train, stopping, calibration, test, path, start, end, edges)


def _training_resumes(run: _Run, lives: LabelLives, embargo_bars: int) -> int:
    """Return the first bar after `run` that may train: past the lives of its labels, then past the embargo."""
    is_tested = lives.is_labelled & (lives.bar >= run.start) & (lives.bar < run.stop)
    last = int(lives.last_bar[is_tested].max(initial=run.stop - 1))
    return min(last + 1 + embargo_bars, lives.n_bars)


def _block_starts(open_bars: NDArray[np.intp], n_bars: int, config: SplitsConfig) -> tuple[int, int]:
    """Return the first bar of the early-stopping and of the calibration block; past the data where there is none."""
    n_open = len(open_bars)
    n_calibration = round(config.calibration_fraction * n_open)
    n_stopping = round(config.early_stopping_fraction * n_open)
    beyond = n_bars + 1
    calibrates_at = int(open_bars[n_open - n_calibration]) if n_calibration else beyond
    stops_at = int(open_bars[n_open - n_calibration - n_stopping]) if n_stopping else calibrates_at
    return stops_at, calibrates_at


def _test_rows(tests: Sequence[_Run], lives: LabelLives) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    path_of_bar = np.full(lives.n_bars, -1, dtype=np.intp)
    for run in tests:
        path_of_bar[run.start : run.stop] = run.path
    test = np.flatnonzero((path_of_bar >= 0)[lives.bar])
    return test, path_of_bar[lives.bar[test]]


def _check_blocks(number: int, blocks: dict[str, NDArray[np.intp]], timestamps: pd.DatetimeIndex, plan: _Plan) -> None:
    fold = f"fold {number}" if plan.tests else "the final fit"
    for name, rows in blocks.items():
        if len(rows) >= MIN_BLOCK_ROWS:
            continue
        raise TrainingError(
            f"splits: the {name} block of {fold} has {len(rows)} labelled rows after purging; at least "
            f"{MIN_BLOCK_ROWS} are needed (the fold may train on {plan.train_stop - plan.train_start} bars"
            f"{_range_of(timestamps[plan.train_start : plan.train_stop])}). Raise splits.train_bars or the block's "
            "fraction (0 leaves an early-stopping or calibration block out), shorten the label's horizon, or load a "
            "longer history."
        )


def _range_of(timestamps: pd.DatetimeIndex) -> str:
    return f", from {timestamps[0]:%Y-%m-%d} to {timestamps[-1]:%Y-%m-%d}" if len(timestamps) else ""
