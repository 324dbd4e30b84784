"""How far unfinished runs are, and how long they may still take."""

from datetime import UTC, datetime, timedelta

import pytest

from core.base.events import Event, EventType, LogPayload, ProgressPayload, RunState, StatusPayload
from core.services.unfinished_runs import progress_of, unfinished_runs
from core.services.workbench import open_workbench
from core.store.run_folder import RunFolder

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
RUN_ID = "7f1c0e0a-52a4-4c8e-9d0a-1f6f0f6b7a11"


def moved(
    second: float,
    value: float,
    total: float | None = 10.0,
    step: str = "fit",
    eta_s: float | None = None,
    within: str = "",
):
    payload = ProgressPayload(value=value, total=total, unit="folds", step_name=step, eta_s=eta_s, within=within)
    return Event(
        task_id=RUN_ID,
        seq=1 + int(second),
        timestamp_utc=BEGIN + timedelta(seconds=second),
        type=EventType.PROGRESS,
        payload=payload,
    )


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def test_the_rest_takes_as_long_a_step_as_what_is_done():
    found = progress_of([moved(0, 0), moved(8, 4)], at(8))
    assert found.fraction == pytest.approx(0.4)
    assert found.eta_s == pytest.approx(12.0)


def test_the_time_since_the_last_word_is_taken_off_until_nothing_is_left_to_say():
    events = [moved(0, 0), moved(8, 4)]
    assert progress_of(events, at(13)).eta_s == pytest.approx(7.0)
    assert progress_of(events, at(30)).eta_s is None


@pytest.mark.parametrize("events", [[moved(0, 0)], [moved(0, 0), moved(3, 1)], [moved(0, 0, None), moved(9, 5, None)]])
def test_too_little_seen_gives_no_estimate(events):
    assert progress_of(events, at(9)).eta_s is None


def test_an_earlier_step_says_nothing_about_the_rate_of_this_one():
    assert progress_of([moved(0, 0, step="load"), moved(1, 9, step="load"), moved(2, 0)], at(3)).eta_s is None


def test_the_runs_own_estimate_counts_more_than_the_rate():
    assert progress_of([moved(0, 0), moved(8, 4, eta_s=100.0)], at(10)).eta_s == pytest.approx(98.0)


def test_a_total_of_nothing_has_no_fraction():
    assert progress_of([moved(0, 0, 0.0)], at(0)).fraction is None
    assert progress_of([], at(0)) is None


def test_a_step_of_which_all_is_done_says_so_and_what_was_said_since():
    said = Event(
        task_id=RUN_ID,
        seq=99,
        timestamp_utc=at(9),
        type=EventType.STATUS,
        payload=StatusPayload(state=RunState.RUNNING, current_status="Backtesting"),
    )
    finished = [moved(0, 0), moved(8, 10)]
    assert progress_of(finished, at(8)).is_done
    assert progress_of(finished, at(8)).status_since == ""
    assert progress_of([*finished, said], at(9)).status_since == "Backtesting"
    assert not progress_of([moved(0, 0), moved(8, 9)], at(8)).is_done
    assert not progress_of([moved(0, 0, None), moved(8, 9, None)], at(8)).is_done


def test_a_part_is_told_beside_the_step_that_it_belongs_to():
    def part(second: float, value: float):
        return moved(second, value, 30.0, step="fit model", within="train folds")

    events = [moved(0, 0, 3, "train folds"), part(1, 0), part(2, 30), moved(6, 1.0, 3, "train folds"), part(7, 2)]
    found = progress_of([*events, part(9, 6)], at(9))
    assert (found.step, found.done, found.total, found.is_done) == ("train folds", 1.0, 3.0, False)
    assert (found.part.step, found.part.done, found.part.eta_s) == ("fit model", 6.0, pytest.approx(12.0))
    assert progress_of([part(1, 1)], at(1)).step == "fit model", "a log's end may hold the part alone"
    assert progress_of(events[:4], at(6)).part is None


def test_only_runs_that_have_not_ended_are_listed_with_their_progress(tmp_path):
    workbench = open_workbench(tmp_path / "home")
    status = StatusPayload(state=RunState.RUNNING, current_status="At work")
    folder, lock = RunFolder.create(workbench.home, RUN_ID, {"mode": "train"}, {}, first_status=status)
    with lock:
        with folder.events(lock=lock) as log:
            log.append(ProgressPayload(value=3, total=4, unit="fits", step_name="fit"))
            log.append(LogPayload(level="info", message="still here"))
        (found,) = unfinished_runs(workbench)
        assert (found.run_id, found.state, found.progress.done) == (RUN_ID, "running", 3)
        with folder.events(lock=lock) as log:
            log.append(StatusPayload(state=RunState.COMPLETED, current_status="Done"))
        assert unfinished_runs(workbench) == []
