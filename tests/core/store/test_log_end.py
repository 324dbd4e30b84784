"""A disk that refuses, a system without threads, an interrupt amid a line: the log stays whole, and no run completes.

The faults are those of the operating system's calls (os.write, os.fsync, os.fdatasync, the start of a thread).
"""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.base.errors import StoreError
from core.base.events import LogPayload, Payload, RunState, StatusPayload
from core.store.event_log import FileEventLog
from core.store.log_segments import segments
from core.store.run_lock import RunLock

RUN = "d94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11"
RUNNING = StatusPayload(state=RunState.RUNNING, current_status="runs")
COMPLETED = StatusPayload(state=RunState.COMPLETED, current_status="done")
FAILED = StatusPayload(state=RunState.FAILED, current_status="failed", error="the disk")
CANCELLED = StatusPayload(state=RunState.CANCELLED, current_status="cancelled")
SAID = LogPayload(level="info", message="said")


def _refuse(*_: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


@contextmanager
def _os_call(patch: pytest.MonkeyPatch, name: str, call: Callable[..., object]) -> Iterator[None]:
    with patch.context() as now:
        now.setattr(os, name, call)
        yield


def _payloads(log: FileEventLog) -> list[Payload]:
    return [event.payload for event in log.read()]


def _interrupted(n_bytes: int | None) -> Callable[[int, bytes], int]:
    write = os.write

    def write_and_be_interrupted(descriptor: int, line: bytes) -> int:
        written = write(descriptor, line[:n_bytes])
        signal.raise_signal(signal.SIGINT)
        return written

    return write_and_be_interrupted


def _lose_a_line(log: FileEventLog, patch: pytest.MonkeyPatch) -> None:
    """Append a line that the disk then refuses, and wait for that."""
    asked = threading.Event()
    with _os_call(patch, "fdatasync", lambda _descriptor: (asked.set(), _refuse())):
        log.append(SAID)
        assert asked.wait(30)


@pytest.fixture
def without_threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What is put on disk while the system gives no thread."""
    put_on_disk: list[int] = []

    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading, "_start_new_thread", refuse)
    monkeypatch.setattr(os, "fdatasync", put_on_disk.append)
    return put_on_disk


def test_where_no_thread_can_be_begun_each_line_is_put_on_disk_at_once(
    log: FileEventLog, without_threads: list[int]
) -> None:
    assert [log.append(payload).seq for payload in (RUNNING, SAID, SAID)] == [1, 2, 3]
    assert len(without_threads) == 2
    assert log.append(COMPLETED).seq == 4
    assert _payloads(log) == [RUNNING, SAID, SAID, COMPLETED]


@pytest.mark.parametrize("payload", [SAID, RUNNING])
def test_a_whole_line_whose_writer_was_interrupted_counts(
    log: FileEventLog, monkeypatch: pytest.MonkeyPatch, payload: Payload
) -> None:
    with _os_call(monkeypatch, "write", _interrupted(None)), pytest.raises(KeyboardInterrupt):
        log.append(payload)
    assert log.append(CANCELLED).seq == 2
    assert _payloads(log) == [payload, CANCELLED]


def test_a_part_of_a_line_whose_writer_was_interrupted_is_cut_off(
    log: FileEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(RUNNING)
    with _os_call(monkeypatch, "write", _interrupted(20)), pytest.raises(KeyboardInterrupt):
        log.append(SAID)
    assert log.append(CANCELLED).seq == 2
    assert _payloads(log) == [RUNNING, CANCELLED]


def test_nothing_follows_a_terminal_status_whose_writer_was_interrupted(
    log: FileEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _os_call(monkeypatch, "write", _interrupted(None)), pytest.raises(KeyboardInterrupt):
        log.append(COMPLETED)
    with pytest.raises(StoreError, match="nothing follows a terminal status"):
        log.append(CANCELLED)
    log.close()
    assert _payloads(log) == [COMPLETED]


def test_an_interrupt_amid_the_change_of_files_loses_no_place(
    tmp_path: Path, lock: RunLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens = os.open

    def open_and_be_interrupted(path: str, flags: int, mode: int = 0o777) -> int:
        opens(path, flags, mode)
        signal.raise_signal(signal.SIGINT)
        return -1

    with FileEventLog(tmp_path / "events.jsonl", RUN, lock=lock, segment_bytes=1) as log:
        log.append(RUNNING)
        with _os_call(monkeypatch, "open", open_and_be_interrupted), pytest.raises(KeyboardInterrupt):
            log.append(SAID)
        assert log.append(CANCELLED).seq == 2
    assert [part.first_seq for part in segments(log.path)] == [1, 2]
    with FileEventLog(log.path, RUN, lock=lock) as again:
        assert _payloads(again) == [RUNNING, CANCELLED]


def test_a_file_that_cannot_be_put_on_disk_is_not_left_for_another(
    tmp_path: Path, lock: RunLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileEventLog(tmp_path / "events.jsonl", RUN, lock=lock, segment_bytes=1) as log:
        log.append(RUNNING)
        with (
            _os_call(monkeypatch, "fsync", _refuse),
            pytest.raises(StoreError, match=r"cannot be written: Input/output error"),
        ):
            log.append(SAID)
        with pytest.raises(StoreError, match="Input/output error"):
            log.append(COMPLETED)
        assert log.append(FAILED).seq == 2
    assert _payloads(log) == [RUNNING, FAILED]


def test_a_new_file_whose_name_cannot_be_put_on_disk_lets_no_run_complete(
    tmp_path: Path, lock: RunLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            _refuse()
        fsync(descriptor)

    with FileEventLog(tmp_path / "events.jsonl", RUN, lock=lock, segment_bytes=1) as log:
        log.append(RUNNING)
        monkeypatch.setattr(os, "fsync", refuse_folders)
        for payload in (SAID, COMPLETED):
            with pytest.raises(StoreError, match="Input/output error"):
                log.append(payload)
        assert log.append(FAILED).seq == 2
    monkeypatch.undo()
    with FileEventLog(log.path, RUN, lock=lock) as again:
        assert _payloads(again) == [RUNNING, FAILED]


def test_a_log_without_room_for_another_file_goes_on_in_the_one_that_it_has(
    tmp_path: Path, lock: RunLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileEventLog(tmp_path / "events.jsonl", RUN, lock=lock, segment_bytes=1) as log:
        log.append(RUNNING)
        with _os_call(monkeypatch, "open", _refuse):
            log.append(SAID)
        assert len(segments(log.path)) == 1
        log.append(COMPLETED)
    assert _payloads(log) == [RUNNING, SAID, COMPLETED]
    assert len(segments(log.path)) == 2


def test_no_run_completes_while_the_disk_is_refusing_its_lines(
    log: FileEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, may_refuse, write = threading.Event(), threading.Event(), os.write

    def refuse_later(_descriptor: int) -> None:
        asked.set()
        assert may_refuse.wait(30)
        _refuse()

    def write_and_let_refuse(descriptor: int, line: bytes) -> int:
        written = write(descriptor, line)
        may_refuse.set()
        return written

    monkeypatch.setattr(os, "fdatasync", refuse_later)
    log.append(SAID)
    assert asked.wait(30)
    monkeypatch.setattr(os, "write", write_and_let_refuse)
    # The status's own fsync is well: the thread alone is told what was lost.
    with pytest.raises(StoreError, match="Input/output error"):
        log.append(COMPLETED)
    assert log.append(FAILED).seq == 2
    assert _payloads(log) == [SAID, FAILED]


@pytest.mark.parametrize("ending", [FAILED, CANCELLED])
def test_after_a_failure_of_the_disk_nothing_is_written_but_the_status_that_tells_it(
    log: FileEventLog, monkeypatch: pytest.MonkeyPatch, ending: Payload
) -> None:
    _lose_a_line(log, monkeypatch)
    for payload in (RUNNING, SAID, SAID, COMPLETED):
        with pytest.raises(StoreError, match="Input/output error"):
            log.append(payload)
    assert log.append(ending).seq == 2
    log.close()
    assert _payloads(log) == [SAID, ending]


def test_closing_a_log_tells_of_lines_that_the_disk_refused_and_closes_it_all_the_same(
    log: FileEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fdatasync", _refuse)
    log.append(SAID)
    with pytest.raises(StoreError, match="Input/output error"):
        log.close()
    log.close()
    with pytest.raises(StoreError, match="can be written only"):
        log.append(SAID)
