"""Of the steps that a run tells, few are worth a line."""

from datetime import UTC, datetime, timedelta

from core.base.events import Event, EventType, ProgressPayload
from core.base.identifiers import new_run_id
from core.cli.told_steps import ToldSteps

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
RUN_ID = new_run_id()


def told(moves, within=""):
    """Return which of the moves (second, value, total) are worth a line."""
    steps = ToldSteps()
    kept = []
    for second, value, total in moves:
        payload = ProgressPayload(value=value, total=total, step_name="fit model", within=within)
        moment = BEGIN + timedelta(seconds=second)
        event = Event(task_id=RUN_ID, seq=1, timestamp_utc=moment, type=EventType.PROGRESS, payload=payload)
        if steps.is_worth_a_line(event, payload):
            kept.append((second, value))
    return kept


def test_each_tenth_of_a_step_is_worth_a_line():
    assert told([(0, value, 40) for value in range(41)]) == [(0, value) for value in range(4, 41, 4)]


def test_a_step_without_a_total_is_worth_none():
    assert told([(second, second, None) for second in range(60)]) == []


def test_a_part_that_begins_anew_again_and_again_is_worth_a_line_each_ten_seconds():
    fits = [(fit + epoch / 4, epoch, 3) for fit in range(30) for epoch in range(4)]
    assert told(fits, within="train folds") == [(10.0, 0), (20.0, 0)]
