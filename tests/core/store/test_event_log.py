from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import StoreError
from core.base.events import (
    ArtifactPathPayload,
    LogPayload,
    MetricPayload,
    Payload,
    ProgressPayload,
    RunState,
    StatusPayload,
)
from core.base.identifiers import new_run_id
from core.store.event_log import FileEventLog
from core.store.run_lock import RunLock

RUN = "d94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11"
ENDED = StatusPayload(state=RunState.COMPLETED, current_status="done")

_numbers = st.floats() | st.integers()
_payloads: st.SearchStrategy[Payload] = st.one_of(
    st.builds(
        LogPayload,
        level=st.sampled_from(["debug", "info", "warning", "error"]),
        message=st.text(),
        fields=st.dictionaries(st.text(max_size=8), st.text() | st.booleans() | _numbers | st.none(), max_size=3),
    ),
    st.builds(
        ProgressPayload,
        value=st.floats(min_value=0, allow_infinity=False),
        total=st.none() | st.floats(min_value=0),
        step_name=st.text(),
        eta_s=st.none(),
    ),
    st.builds(MetricPayload, name=st.text(), value=st.none() | st.floats(), step=st.none() | st.integers()),
    st.builds(StatusPayload, state=st.just(RunState.RUNNING), current_status=st.text()),
    st.builds(
        ArtifactPathPayload,
        artifact_name=st.text(),
        path=st.text(),
        size_bytes=st.integers(min_value=0),
        sha256=st.just("0" * 64),
    ),
)


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[RunLock]:
    with RunLock.take(tmp_path / "run.lock") as held:
        yield held


@pytest.fixture
def log(tmp_path: Path, lock: RunLock) -> Iterator[FileEventLog]:
    with FileEventLog(tmp_path / "events.jsonl", RUN, lock=lock) as opened:
        yield opened


def _message(number: int) -> LogPayload:
    return LogPayload(level="info", message=f"message {number}")


def test_events_read_back_as_they_were_appended(log: FileEventLog) -> None:
    appended = [log.append(_message(1)), log.append(MetricPayload(name="loss", value=0.5, step=3)), log.append(ENDED)]
    assert list(log.read()) == appended
    assert [event.seq for event in appended] == [1, 2, 3]
    assert {event.task_id for event in appended} == {RUN}
    assert log.state() is RunState.COMPLETED


@settings(max_examples=60, deadline=None)
@given(payloads=st.lists(_payloads, min_size=1, max_size=6))
def test_any_payload_survives_the_file(tmp_path_factory: pytest.TempPathFactory, payloads: list[Payload]) -> None:
    folder = tmp_path_factory.mktemp("log")
    with RunLock.take(folder / "run.lock") as lock, FileEventLog(folder / "events.jsonl", RUN, lock=lock) as log:
        appended = [log.append(payload) for payload in payloads]
    assert list(FileEventLog(folder / "events.jsonl", RUN).read()) == appended


@settings(max_examples=80, deadline=None)
@given(data=st.data(), payloads=st.lists(_payloads, min_size=1, max_size=5))
def test_a_log_cut_at_any_byte_recovers_to_a_valid_one(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, payloads: list[Payload]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    path = folder / "events.jsonl"
    with RunLock.take(folder / "run.lock") as lock:
        with FileEventLog(path, RUN, lock=lock) as log:
            appended = [log.append(payload) for payload in payloads]
        whole = path.read_bytes()
        cut = data.draw(st.integers(0, len(whole)), label="cut")
        path.write_bytes(whole[:cut])
        kept = appended[: whole[:cut].count(b"\n")]
        assert list(FileEventLog(path, RUN).read()) == kept
        with FileEventLog(path, RUN, lock=lock) as log:
            last = log.append(ENDED)
    assert list(FileEventLog(path, RUN).read()) == [*kept, last]
    assert [line.count(b'"seq":') for line in path.read_bytes().splitlines()] == [1] * (len(kept) + 1)
    assert last.seq == len(kept) + 1


def test_lines_of_zeros_after_a_power_cut_are_cut_off(log: FileEventLog, lock: RunLock) -> None:
    kept = [log.append(_message(1)), log.append(_message(2))]
    log.close()
    with log.path.open("ab") as file:
        file.write(b"\0" * 100 + b"\n" + b"\0" * 4000)
    assert log.last_event() == kept[-1]
    with FileEventLog(log.path, RUN, lock=lock) as again:
        third = again.append(_message(3))
    assert list(again.read()) == [*kept, third]


def test_a_log_damaged_throughout_is_refused_and_left_alone(log: FileEventLog, lock: RunLock) -> None:
    log.close()
    log.path.write_bytes(b"rubbish\n" * 2000)
    with pytest.raises(StoreError, match="is damaged: its last 1000 lines are no events"):
        FileEventLog(log.path, RUN, lock=lock)
    assert log.path.stat().st_size == 16000


def test_a_damaged_line_in_the_middle_is_named(log: FileEventLog) -> None:
    for number in range(3):
        log.append(_message(number))
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(lines[0] + b"rubbish\n" + lines[2])
    with pytest.raises(StoreError, match=r"events\.jsonl, line 2 is no event: b'rubbish"):
        list(log.read())


def test_a_line_of_another_number_or_run_is_refused(log: FileEventLog) -> None:
    log.append(_message(1))
    line = log.path.read_bytes()
    log.path.write_bytes(line + line)
    with pytest.raises(StoreError, match=rf"line 2 bears number 1 of run {RUN}; it must bear 2"):
        list(log.read())
    with pytest.raises(StoreError, match="line 1 bears number 1 of run"):
        list(FileEventLog(log.path, new_run_id()).read())


def test_reading_on_from_any_number_gives_the_rest(log: FileEventLog) -> None:
    for number in range(1, 3001):
        log.append(_message(number))
    for log_to_read in (log, FileEventLog(log.path, RUN)):
        for start in (2999, 1, 1024, 1025, 1026, 2049, 3000, 3001, 9000):
            assert [event.seq for event in log_to_read.read(start)] == list(range(start, 3001))


@pytest.mark.parametrize("torn", [b"", b'{"task_id":"'])
@pytest.mark.parametrize("lengths", [[], [5], [700_000] * 4, [0, 1_048_300, 3, 2_500_000, 1, 900_000, 200_000]])
def test_blocks_hold_every_whole_line_once(log: FileEventLog, lengths: list[int], torn: bytes) -> None:
    for length in lengths:
        log.append(LogPayload(level="info", message="x" * length, logger="test", fields={}))
    with log.path.open("ab") as file:
        file.write(torn)
    blocks = list(log.read_blocks())
    assert all(block.endswith(b"\n") for block in blocks)
    assert b"".join(blocks).split(b"\n")[:-1] == list(log.read_lines())
    assert len(blocks) > 1 or sum(lengths) < 1_000_000


def test_a_reader_that_asks_again_gets_what_came_in_between(log: FileEventLog) -> None:
    reader = FileEventLog(log.path, RUN)
    log.append(_message(1))
    assert [event.seq for event in reader.read()] == [1]
    log.append(_message(2))
    log.append(_message(3))
    assert [event.seq for event in reader.read(2)] == [2, 3]


def test_a_reader_may_not_write(log: FileEventLog) -> None:
    with pytest.raises(StoreError, match="can be written only by the process that holds the run's lock"):
        FileEventLog(log.path, RUN).append(_message(1))


def test_a_lock_let_go_of_or_of_another_folder_opens_no_log(tmp_path: Path, log: FileEventLog, lock: RunLock) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(StoreError, match="holds the lock beside it"):
        FileEventLog(tmp_path / "other" / "events.jsonl", RUN, lock=lock)
    lock.release()
    with pytest.raises(StoreError, match="holds the lock beside it"):
        FileEventLog(log.path, RUN, lock=lock)
    with pytest.raises(StoreError, match="holds the run's lock"):
        log.append(_message(1))


def test_a_forked_worker_cannot_write_into_the_log_of_its_parent(log: FileEventLog) -> None:
    log.append(_message(1))
    child = os.fork()
    if child == 0:
        try:
            log.append(_message(2))
        except StoreError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert log.append(_message(2)).seq == 2
    assert len(list(log.read())) == 2


def test_nothing_follows_a_terminal_status(log: FileEventLog, lock: RunLock) -> None:
    log.append(ENDED)
    with pytest.raises(StoreError, match="nothing follows a terminal status"):
        log.append(_message(1))
    log.close()
    with FileEventLog(log.path, RUN, lock=lock) as again, pytest.raises(StoreError, match="nothing follows"):
        again.append(_message(1))


def test_threads_share_one_sequence(log: FileEventLog) -> None:
    def write() -> None:
        for number in range(500):
            log.append(_message(number))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.seq for event in log.read()] == list(range(1, 2001))


def test_a_full_disk_is_told_and_the_file_ends_where_it_did(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from core.base.events import LogPayload; from core.base.errors import StoreError\n"
        "from core.store.event_log import FileEventLog; from core.store.run_lock import RunLock\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "folder = Path(sys.argv[1]); lock = RunLock.take(folder / 'run.lock')\n"
        "log = FileEventLog(folder / 'events.jsonl', sys.argv[2], lock=lock)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    while True: log.append(LogPayload(level='info', message='x' * 100))\n"
        "except StoreError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path), RUN], capture_output=True, text=True, check=True)
    assert "events.jsonl cannot be written: " in done.stdout
    content = (tmp_path / "events.jsonl").read_bytes()
    assert content.endswith(b"\n")
    assert len(list(FileEventLog(tmp_path / "events.jsonl", RUN).read())) == content.count(b"\n") > 1


@pytest.mark.parametrize("size", [1, 200_000, 3_000_000])
def test_the_last_event_is_found_however_long_its_line_is(log: FileEventLog, size: int) -> None:
    log.append(_message(1))
    last = log.append(LogPayload(level="info", message="x" * size))
    with log.path.open("ab") as file:
        file.write(b'{"torn')
    assert log.last_event() == last
    assert log.state() is RunState.RUNNING


def test_an_empty_or_missing_log_tells_no_state(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").touch()
    with pytest.raises(StoreError, match="has no event, so the run's state is not known"):
        FileEventLog(tmp_path / "events.jsonl", RUN).state()
    with pytest.raises(StoreError, match="No such file"):
        FileEventLog(tmp_path / "absent.jsonl", RUN).state()
    with pytest.raises(StoreError, match="No such file"):
        list(FileEventLog(tmp_path / "absent.jsonl", RUN).read())


def test_a_field_that_looks_like_a_status_changes_no_state(log: FileEventLog) -> None:
    log.append(LogPayload(level="info", message='"type":"status"', fields={"type": "status", "state": "completed"}))
    assert log.state() is RunState.RUNNING
    assert log.append(_message(2)).seq == 2
