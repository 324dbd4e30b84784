from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.base.errors import RunError, StoreError
from core.base.events import ArtifactPathPayload, RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.store.cancel_request import cancel_reason, is_cancel_requested, request_cancel
from core.store.home import Home
from core.store.process_record import ProcessRecord, describe_process
from core.store.run_folder import RunFolder

RUNNING = StatusPayload(state=RunState.RUNNING, current_status="started")


def test_a_folder_holds_what_it_was_made_with_and_is_locked_from_its_first_moment(home: Home) -> None:
    run_id = new_run_id()
    process = describe_process()
    folder, lock = RunFolder.create(home, run_id, {"mode": "train"}, {"seed": 7}, first_status=RUNNING, process=process)
    with lock:
        assert lock.path == folder.lock_path
        again = RunFolder.open(home, run_id)
        assert again.path == home.runs_folder / run_id
        assert again.config() == {"mode": "train"}
        assert again.environment() == {"seed": 7}
        assert again.metrics() == again.notes() == {}
        assert again.process() == process
        assert [event.payload for event in again.events().read()] == [RUNNING]
    assert sorted(entry.name for entry in home.runs_folder.iterdir()) == [run_id]


def test_an_id_is_used_once_even_after_its_run_was_deleted(home: Home) -> None:
    run_id = new_run_id()
    folder, lock = RunFolder.create(home, run_id, {"first": True}, {}, first_status=RUNNING)
    lock.release()
    with pytest.raises(RunError, match=f"Run id {run_id} is used already"):
        RunFolder.create(home, run_id, {}, {}, first_status=RUNNING)
    assert folder.config() == {"first": True}
    folder.path.rename(home.trash_folder / run_id)
    with pytest.raises(RunError, match=f"is used already, by .*trash/{run_id}"):
        RunFolder.create(home, run_id, {}, {}, first_status=RUNNING)
    assert list(home.runs_folder.iterdir()) == []


def test_a_folder_that_cannot_be_filled_does_not_appear(home: Home) -> None:
    with pytest.raises(StoreError, match=r"\$\.model is a object"):
        RunFolder.create(home, new_run_id(), {"model": object()}, {}, first_status=RUNNING)
    assert list(home.runs_folder.iterdir()) == []


@pytest.mark.parametrize("run_id", ["../../etc", "", "runs", "D94B7F9A-3F65-4A3E-9A53-0A3F5F3C2B11", "x" * 5000])
def test_ids_that_are_no_ids_reach_no_path(home: Home, run_id: str) -> None:
    with pytest.raises(RunError, match="is not a UUID4"):
        RunFolder.open(home, run_id)
    with pytest.raises(RunError, match="is not a UUID4"):
        RunFolder.create(home, run_id, {}, {}, first_status=RUNNING)


def test_a_run_that_is_not_there_is_told(home: Home) -> None:
    with pytest.raises(RunError, match=r"There is no run .* List the runs that exist with: qlop runs list"):
        RunFolder.open(home, new_run_id())


def test_a_run_folder_that_is_a_link_out_of_the_home_is_refused(home: Home, tmp_path: Path) -> None:
    run_id = new_run_id()
    (tmp_path / "elsewhere").mkdir()
    home.run_path(run_id).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="leads outside"):
        RunFolder.open(home, run_id)


def test_an_announced_path_that_leads_outside_is_refused(home: Home) -> None:
    folder, lock = RunFolder.create(home, new_run_id(), {}, {}, first_status=RUNNING)
    with lock, folder.events(lock=lock) as log:
        log.append(ArtifactPathPayload(artifact_name="a", path="../../x", size_bytes=0, sha256="0" * 64))
    with pytest.raises(StoreError, match=r"'\.\./\.\./x' leads outside"):
        list(folder.artifact_paths())


@pytest.mark.parametrize(("content", "told"), [("{", "cannot be read"), ("[]", "must hold a JSON object")])
def test_a_damaged_file_is_named(home: Home, content: str, told: str) -> None:
    folder, lock = RunFolder.create(home, new_run_id(), {}, {}, first_status=RUNNING)
    lock.release()
    (folder.path / "config.json").write_text(content)
    with pytest.raises(StoreError, match=rf"config\.json.* {told}"):
        folder.config()


def test_a_damaged_process_record_is_told(home: Home) -> None:
    folder, lock = RunFolder.create(home, new_run_id(), {}, {}, first_status=RUNNING)
    lock.release()
    assert folder.process() is None
    (folder.path / "process.json").write_text('{"pid": 1}')
    with pytest.raises(StoreError, match="does not describe a process"):
        folder.process()
    good = describe_process().to_json()
    (folder.path / "process.json").write_text(json.dumps({**good, "pid": -1}))
    with pytest.raises(StoreError, match="pid is -1"):
        folder.process()
    assert ProcessRecord.from_json(good) == describe_process()


def test_a_cancel_request_keeps_its_first_reason(tmp_path: Path) -> None:
    assert not is_cancel_requested(tmp_path)
    assert cancel_reason(tmp_path) is None
    request_cancel(tmp_path, "enough")
    request_cancel(tmp_path, "more than enough")
    assert is_cancel_requested(tmp_path)
    assert cancel_reason(tmp_path) == "enough"


@pytest.mark.parametrize("content", ["", "[]", "{}", "{\x00"])
def test_a_damaged_cancel_request_is_still_a_request(tmp_path: Path, content: str) -> None:
    (tmp_path / "cancel.json").write_text(content)
    assert cancel_reason(tmp_path) == "it was asked to stop"
