"""A disk without room: what cannot be written is true all the same."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.base.errors import StoreError
from core.base.events import LogPayload, RunState
from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_query import RunQuery
from core.store.run_session import open_run
from core.store.run_store import RunStore
from core.store.settlement import settle_folder, settlement_of

CONFIG = {"mode": "train", "title": "On a full disk"}


@contextmanager
def no_file_beyond(size_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as on a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _run_that_fills_the_disk(home: Home) -> RunFolder:
    run = open_run(home, new_run_id(), CONFIG, {})
    size = run.folder.events_path.stat().st_size
    with pytest.raises(StoreError, match="File too large"), run, no_file_beyond(size):
        run.events.append(LogPayload(level="info", message="one event more"))
    return run.folder


def _run_without_last_words(home: Home) -> RunFolder:
    run = open_run(home, new_run_id(), CONFIG, {})
    size = run.folder.events_path.stat().st_size
    with pytest.raises(StoreError, match="File too large"), no_file_beyond(size), run:
        pass
    return run.folder


def test_a_run_that_has_no_room_for_one_event_fails_with_the_reason(home: Home) -> None:
    folder = _run_that_fills_the_disk(home)
    assert settle_folder(folder) is RunState.FAILED
    with RunStore(home) as store:
        assert "File too large" in store.get(folder.run_id).error


def test_a_run_that_has_no_room_for_its_last_words_has_crashed_before_and_after_there_is_room(home: Home) -> None:
    folder = _run_without_last_words(home)
    before = folder.events_path.read_bytes()
    with no_file_beyond(len(before)):
        found = settlement_of(folder)
        with RunStore(home) as store:
            assert store.get(folder.run_id).state is RunState.CRASHED
    assert found.state is RunState.CRASHED
    assert found.unwritten is not None
    assert "out of disk space" in str(found.unwritten.error)
    assert folder.events_path.read_bytes() == before
    assert settlement_of(folder).unwritten is None
    assert folder.events().state() is RunState.CRASHED


def test_a_list_on_a_full_disk_is_read_from_the_folders(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    folder = _run_without_last_words(home)
    with no_file_beyond(folder.events_path.stat().st_size), RunStore(home) as store:
        (record,) = store.find()
        assert store.find(RunQuery(states=(RunState.RUNNING,))) == []
    assert (record.run_id, record.state, record.title) == (folder.run_id, RunState.CRASHED, "On a full disk")
    assert "This list is read from the run folders" in caplog.text
    assert "Make room on the disk." in caplog.text


def test_without_a_lock_a_process_that_is_gone_is_the_proof(home: Home) -> None:
    folder = _run_without_last_words(home)
    with open_run(home, new_run_id(), CONFIG, {}) as living:
        for run in (folder, living.folder):
            run.lock_path.unlink()
            run.lock_path.mkdir()  # a lock that nobody can open
        assert settle_folder(living.folder) is RunState.RUNNING
    gone = folder.process()
    assert gone is not None
    folder.record_process(type(gone)(**{**gone.to_json(), "start_mark": "of a process before"}))  # type: ignore[arg-type]
    assert settle_folder(folder) is RunState.CRASHED


def test_a_damaged_run_is_told_with_its_id_and_can_be_deleted(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    with open_run(home, new_run_id(), CONFIG, {}) as whole, open_run(home, new_run_id(), CONFIG, {}) as damaged:
        pass
    damaged.folder.events_path.write_text("no event\n")
    (home.path / "runs.sqlite").unlink()
    with RunStore(home) as store:
        assert [record.run_id for record in store.find()] == [whole.run_id]
        assert f"Run {damaged.run_id} cannot be read: " in caplog.text
        assert f"qlop runs delete {damaged.run_id}" in caplog.text
        assert store.delete(damaged.run_id).parent == home.trash_folder
        caplog.clear()
        assert [record.run_id for record in store.find()] == [whole.run_id]
        assert caplog.text == ""
        with pytest.raises(StoreError, match="is no event"):
            store.restore(damaged.run_id)
        assert (home.trash_folder / damaged.run_id).is_dir()


def test_a_damaged_run_that_lives_is_not_deleted(home: Home) -> None:
    with pytest.raises(StoreError), open_run(home, new_run_id(), CONFIG, {}) as run, RunStore(home) as store:  # noqa: PT012
        run.folder.events_path.write_text("no event\n")
        with pytest.raises(Exception, match="First: qlop runs cancel"):
            store.delete(run.run_id)
        raise StoreError("the test is done")
    assert run.folder.path.is_dir()


def test_a_home_below_a_file_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file is no folder. Name another one with --home") as refusal:
        Home(tmp_path / "file" / "home").check()
    assert refusal.value.exit_code == 2
    assert Home(tmp_path / "new").check().path == tmp_path / "new"
    assert not (tmp_path / "new").exists()
