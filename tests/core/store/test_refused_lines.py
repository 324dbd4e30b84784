"""A run whose lines the disk refuses, by what the operating system answers to fdatasync: it fails, and says why."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from core.base.errors import StoreError
from core.base.events import LogPayload, RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.store.event_log import FileEventLog
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock
from core.store.run_session import open_run
from core.store.run_store import RunStore

SAID = LogPayload(level="info", message="said")


@pytest.fixture
def refusing_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def no_thread(*_: object) -> None:
        raise RuntimeError("can't start new thread")  # so each line meets the disk at once

    monkeypatch.setattr(os, "fdatasync", refuse)
    monkeypatch.setattr("threading._start_new_thread", no_thread)


def _last_status(folder: RunFolder) -> StatusPayload:
    last = folder.events().last_event().payload
    assert isinstance(last, StatusPayload)
    return last


@pytest.mark.usefixtures("refusing_disk")
def test_a_run_that_does_not_notice_fails_with_the_reason_and_lets_go_of_its_lock(home: Home) -> None:
    with pytest.raises(StoreError, match="Input/output error"), open_run(home, new_run_id(), {}, {}) as run:
        run.events.append(SAID)
    last = _last_status(run.folder)
    assert (last.state, "Input/output error" in last.error) == (RunState.FAILED, True)
    with RunLock.take(run.folder.lock_path), RunStore(home) as store:
        assert store.get(run.run_id).state is RunState.FAILED


@pytest.mark.usefixtures("refusing_disk")
def test_a_run_that_fails_by_itself_keeps_its_own_reason(home: Home) -> None:
    with pytest.raises(ZeroDivisionError), open_run(home, new_run_id(), {}, {}) as run:
        print(run.events.append(SAID).seq / 0)
    assert _last_status(run.folder).error == "ZeroDivisionError: division by zero"


@pytest.mark.usefixtures("refusing_disk")
def test_a_log_that_is_only_closed_tells_it(tmp_path: Path, lock: RunLock) -> None:
    with (
        pytest.raises(StoreError, match="Input/output error"),
        FileEventLog(tmp_path / "events.jsonl", new_run_id(), lock=lock) as log,
    ):
        log.append(SAID)
