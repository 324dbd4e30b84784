"""A training tells how far its fits are, neither too often nor too seldom, and never backwards within one."""

from __future__ import annotations

import pytest

from core.base.errors import RunCancelled
from core.engine.training_progress import TrainingProgress
from core.engine.training_task import SilentReporter


class Notebook(SilentReporter):
    """A reporter that writes down what is told, with the step of which it is a part."""

    def __init__(self) -> None:
        self.told: list[tuple] = []
        self.is_cancelled = False

    def progress(self, step: str, value: float, total: float, unit: str = "fits", *, within: str = "") -> None:
        self.told.append((step, value, total, unit, within))

    def check_cancelled(self) -> None:
        if self.is_cancelled:
            raise RunCancelled("The run was asked to stop.")

    def fits(self) -> list[tuple[float, float]]:
        return [event[1:3] for event in self.told if event[0] == "fit model"]

    def wholes(self) -> list[float]:
        return [event[1] for event in self.told if event[0] == "train folds"]


class Seconds:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


def test_each_of_thirty_epochs_is_told_as_a_part_of_all_fits(notebook, clock) -> None:
    progress = TrainingProgress(notebook, 3, clock)
    for epoch in range(31):
        progress.fit_moves(epoch, 30, "epochs")
    progress.fit_ends()
    progress.fold_ends()
    progress.fit_moves(0, 30, "epochs")
    assert notebook.fits() == [*((float(epoch), 30.0) for epoch in range(31)), (0.0, 30.0)]
    assert notebook.told[:2] == [
        ("train folds", 0.0, 3, "fits", ""),
        ("fit model", 0, 30, "epochs, fit 1 of 3", "train folds"),
    ]
    assert notebook.told[-1] == ("fit model", 0, 30, "epochs, fit 2 of 3", "train folds")
    assert notebook.wholes()[15] == 0.5
    assert notebook.wholes() == sorted(notebook.wholes())


def test_of_a_hundred_thousand_steps_about_a_hundred_are_told(notebook, clock) -> None:
    progress = TrainingProgress(notebook, 2, clock)
    for step in range(100_001):
        progress.fit_moves(step, 100_000, "rounds")
    assert len(notebook.fits()) == 101
    assert len(notebook.wholes()) <= 51
    assert notebook.fits()[-1] == (100_000, 100_000)


def test_steps_that_take_long_are_told_each_second_however_many_there_are(notebook, clock) -> None:
    progress = TrainingProgress(notebook, 2, clock)
    for step in range(10):
        clock.now += 0.6
        progress.fit_moves(step, 100_000, "epochs")
    assert [done for done, _ in notebook.fits()] == [0, 2, 4, 6, 8]


def test_a_fit_that_stops_early_has_as_many_steps_as_it_took(notebook, clock) -> None:
    progress = TrainingProgress(notebook, 2, clock)
    for epoch in (1, 2, 3):
        progress.fit_moves(epoch, 30, "epochs")
    progress.fit_ends()
    assert notebook.fits() == [(1, 30), (2, 30), (3, 30), (3, 3)]
    progress.fit_ends()
    assert len(notebook.fits()) == 4, "a fit ends once"


def test_within_a_fit_nothing_goes_back(notebook, clock) -> None:
    progress = TrainingProgress(notebook, 2, clock)
    for done, total in ((5, 10), (4, 10), (5, 20), (6, 10), (float("nan"), 10), (7, 0), (-1, 10), (7, float("inf"))):
        progress.fit_moves(done, total, "steps")
    assert notebook.fits() == [(5, 10), (6, 10)]


def test_more_steps_than_were_said_make_a_full_fit_and_no_more(notebook, clock) -> None:
    progress = TrainingProgress(notebook, 2, clock)
    progress.fit_moves(12, 10, "steps")
    assert notebook.fits() == [(12, 12)]
    assert notebook.wholes() == [1.0]


def test_a_model_that_tells_nothing_is_seen_when_its_fold_ends(notebook, clock) -> None:
    progress = TrainingProgress(notebook, 2, clock)
    for _ in range(2):
        progress.fit_ends()
        progress.fold_ends()
    assert [event[:4] for event in notebook.told] == [("train folds", 1, 2, "fits"), ("train folds", 2, 2, "fits")]


def test_a_step_that_is_not_passed_on_still_hears_of_a_wish_to_stop(notebook, clock) -> None:
    progress = TrainingProgress(notebook, 2, clock)
    progress.fit_moves(1, 100_000, "rounds")
    notebook.is_cancelled = True
    with pytest.raises(RunCancelled):
        progress.fit_moves(2, 100_000, "rounds")
