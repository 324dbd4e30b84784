from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import StoreError
from core.base.events import (
    LogPayload,
    RunState,
    StatusPayload,
)
from core.store.event_log import FileEventLog
from core.store.log_segments import segments
from core.store.run_lock import RunLock

RUN = "d94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11"
ENDED = StatusPayload(state=RunState.COMPLETED, current_status="done")


def _message(number: int) -> LogPayload:
    return LogPayload(level="info", message=f"message {number}")


@settings(max_examples=80, deadline=None)
@given(data=st.data(), texts=st.lists(st.text(), min_size=1, max_size=5))
def test_a_log_cut_at_any_byte_recovers_to_a_valid_one(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    path = folder / "events.jsonl"
    with RunLock.take(folder / "run.lock") as lock:
        with FileEventLog(path, RUN, lock=lock) as log:
            appended = [log.append(LogPayload(level="info", message=text)) for text in texts]
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
    with pytest.raises(StoreError, match=r"from number 1000 on is an event .* 1001 of them are no"):
        FileEventLog(log.path, RUN, lock=lock)
    assert log.path.stat().st_size == 16000


def _with_a_hole(path: Path, line_number: int, size: int) -> None:
    """Write zeros over so many bytes from within that line on, as a page does that never reached the disk."""
    content = path.read_bytes()
    start = sum(map(len, content.splitlines(keepends=True)[: line_number - 1])) + 5
    path.write_bytes(content[:start] + b"\0" * size + content[start + size :])


def test_a_log_with_a_hole_far_from_its_end_is_cut_back_to_the_line_before_it(log: FileEventLog, lock: RunLock) -> None:
    appended = [log.append(_message(number)) for number in range(6000)]
    log.close()
    _with_a_hole(log.path, 4500, 100)
    _with_a_hole(log.path, 2000, 4096)
    with FileEventLog(log.path, RUN, lock=lock) as again:
        assert list(again.read()) == appended[:1999]
        assert again.append(ENDED).seq == 2000


def test_a_hole_at_the_beginning_of_a_later_file_leaves_the_files_before(tmp_path: Path, lock: RunLock) -> None:
    with FileEventLog(tmp_path / "events.jsonl", RUN, lock=lock, segment_bytes=2000) as log:
        appended = [log.append(_message(number)) for number in range(30)]
    last_file = segments(log.path)[-1]
    assert last_file.path.read_bytes().count(b"\n") > 3
    _with_a_hole(last_file.path, 1, 200)
    with FileEventLog(log.path, RUN, lock=lock) as again:
        assert list(again.read()) == appended[: last_file.first_seq - 1]
        assert again.append(ENDED).seq == last_file.first_seq


def test_a_log_without_its_first_line_is_refused_and_left_alone(log: FileEventLog, lock: RunLock) -> None:
    for number in range(5):
        log.append(_message(number))
    log.close()
    _, _, rest = log.path.read_bytes().partition(b"\n")
    log.path.write_bytes(rest)
    with pytest.raises(StoreError, match="damaged farther back than a power cut explains"):
        FileEventLog(log.path, RUN, lock=lock)
    assert log.path.read_bytes() == rest


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
