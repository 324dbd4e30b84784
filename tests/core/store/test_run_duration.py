"""How long a run took: what its own process counted, else what the clock says where that can be true, else nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from core.base.errors import RunCancelled
from core.base.events import Event, RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_record import read_record
from core.store.run_session import open_run
from core.store.run_store import RunStore

QUEUED = StatusPayload(state=RunState.QUEUED, current_status="waits")
BEGUN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home").create()


def ended(home, **last):
    """A run whose log says that it ended so long after it began to run, a minute after it was queued."""
    run_id = new_run_id()
    with open_run(home, run_id, {"mode": "m"}, {}, owns_process=False):
        pass
    folder = RunFolder.open(home, run_id)
    took_s = last.pop("stamps_s")
    statuses = (
        (-60.0, {"state": "queued", "current_status": "waits"}),
        (0.0, {"state": "running", "current_status": "works"}),
        (took_s, {"state": "completed", "current_status": "ended", **last}),
    )
    lines = [
        Event(
            task_id=run_id, seq=seq, timestamp_utc=BEGUN + timedelta(seconds=after_s), type="status", payload=said
        ).model_dump_json()
        for seq, (after_s, said) in enumerate(statuses, start=1)
    ]
    (folder.path / "events.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder


def duration_of(home, folder):
    record = read_record(folder, home.home_id)
    with RunStore(home) as store:
        store.reindex()
        assert store.get(folder.run_id).duration_s == record.duration_s
    return record.duration_s


def test_what_the_process_counted_is_believed_before_the_clock(home):
    assert duration_of(home, ended(home, stamps_s=3601.5, elapsed_s=1.5)) == 1.5
    assert duration_of(home, ended(home, stamps_s=-3600.0, elapsed_s=2.25)) == 2.25


def test_a_log_of_a_version_that_counted_nothing_is_read_by_its_times(home):
    folder = ended(home, stamps_s=90.0)
    assert duration_of(home, folder) == 90.0
    text = (folder.path / "events.jsonl").read_text()
    (folder.path / "events.jsonl").write_text(text.replace(',"elapsed_s":null', ""))
    assert "elapsed_s" not in (folder.path / "events.jsonl").read_text()
    assert duration_of(home, folder) == 90.0


def test_nothing_is_said_where_the_clock_was_set_back_or_the_end_was_only_found(home):
    assert duration_of(home, ended(home, stamps_s=-5.0)) is None
    assert duration_of(home, ended(home, stamps_s=86_400.0, state="crashed")) is None


def test_a_run_that_fails_or_waited_first_counts_from_when_it_began_to_run(home):
    session = open_run(home, new_run_id(), {"mode": "m"}, {}, owns_process=False, waiting=QUEUED)
    with session.not_yet_at_work():
        session.begin()
    with pytest.raises(ZeroDivisionError), session:
        raise ZeroDivisionError
    record = read_record(session.folder, home.home_id)
    last = session.folder.events().last_event().payload
    assert last.state is RunState.FAILED
    assert 0.0 <= last.elapsed_s == record.duration_s


def test_a_run_that_was_cancelled_while_it_waited_has_none(home):
    session = open_run(home, new_run_id(), {"mode": "m"}, {}, owns_process=False, waiting=QUEUED)
    with pytest.raises(RunCancelled), session.not_yet_at_work():
        raise RunCancelled("changed my mind")
    assert session.folder.events().last_event().payload.elapsed_s is None
    assert read_record(session.folder, home.home_id).duration_s is None
