"""Pages of a run's events, read by somebody who asks again and again."""

import pytest

from core.base.errors import RunIdError
from core.base.events import LogPayload, RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.services.run_events import RunEvents, read_log_text, run_snapshot
from core.services.workbench import open_workbench
from core.store.home import Home
from core.store.process_record import describe_process
from core.store.run_folder import RunFolder


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path)


@pytest.fixture
def run(tmp_path):
    """A living run with ten lines, and its log to write on."""
    running = StatusPayload(state=RunState.RUNNING, current_status="The run has started.")
    process = describe_process(owns_process=False)
    folder, lock = RunFolder.create(
        Home(tmp_path), new_run_id(), {"mode": "train"}, {}, first_status=running, process=process
    )
    with lock, folder.events(lock=lock) as log:
        for number in range(10):
            log.append(LogPayload(level="info", message=f"line {number}"))
        yield folder.run_id, log, lock


def test_a_page_begins_where_it_is_asked_for_and_ends_with_its_limit(workbench, run):
    page = RunEvents(workbench, run[0]).since(4, 3)
    assert [event.seq for event in page.events] == [4, 5, 6]
    assert page.head_seq == 11


def test_a_reader_goes_on_where_it_was(workbench, run):
    run_id, log, _ = run
    reader = RunEvents(workbench, run_id)
    assert reader.since(1, 100).head_seq == 11
    assert reader.since(12, 100).events == ()
    log.append(LogPayload(level="info", message="and one more"))
    assert [event.payload.message for event in reader.since(12, 100).events] == ["and one more"]


def test_the_tail_is_the_end_of_the_log_or_all_of_it(workbench, run):
    reader = RunEvents(workbench, run[0])
    assert [event.seq for event in reader.tail(2).events] == [10, 11]
    assert len(reader.tail(1000).events) == 11


def test_a_run_that_died_without_a_word_is_settled_when_it_is_looked_at(workbench, run):
    run_id, log, lock = run
    log.close()
    lock.release()
    last = RunEvents(workbench, run_id).since(12, 100).events[-1].payload
    assert last.state is RunState.CRASHED
    snapshot = run_snapshot(workbench, run_id)
    assert snapshot.has_ended
    assert snapshot.state == "crashed"


def test_a_snapshot_says_where_a_living_run_stands(workbench, run):
    snapshot = run_snapshot(workbench, run[0])
    assert (snapshot.state, snapshot.error) == ("running", "")
    assert not snapshot.has_ended
    assert snapshot.finished_at is None


def test_the_log_is_text_with_a_line_for_each_event(workbench, run):
    lines = read_log_text(workbench, run[0]).decode().splitlines()
    assert len(lines) == 11
    assert lines[-1].endswith("line 9")


def test_a_run_that_is_not_there_is_refused(workbench):
    with pytest.raises(RunIdError):
        RunEvents(workbench, new_run_id())
