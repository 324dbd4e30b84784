"""A log that goes on in another file: one sequence, whatever the files' sizes and wherever a reader stands."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import StoreError
from core.base.events import LogPayload, RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.jobs.watch import follow
from core.services.run_events import RunEvents, read_log_text
from core.services.workbench import open_workbench
from core.store.event_log import FileEventLog
from core.store.home import Home
from core.store.log_recovery import last_event, state_of
from core.store.log_segments import segments
from core.store.run_lock import RunLock
from core.store.run_session import open_run
from core.store.settlement import settle_folder

RUN = new_run_id()
SIZES = st.integers(1, 2000)
LENGTHS = st.lists(st.integers(0, 300), min_size=1, max_size=40)


def said(length: int) -> LogPayload:
    return LogPayload(level="info", message="x" * length)


@contextmanager
def opened(folder: Path, segment_bytes: int) -> Iterator[FileEventLog]:
    with (
        RunLock.take(folder / "run.lock") as lock,
        FileEventLog(folder / "events.jsonl", RUN, lock=lock, segment_bytes=segment_bytes) as log,
    ):
        yield log


@contextmanager
def a_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@given(lengths=LENGTHS, size=SIZES, data=st.data())
@settings(max_examples=60, deadline=None)
def test_every_reader_gets_one_sequence_whatever_the_sizes(lengths, size, data):
    with a_folder() as folder:
        path = folder / "events.jsonl"
        keeps_reading, got = FileEventLog(path, RUN), []
        with opened(folder, size) as log:
            appended = []
            for length in lengths:
                appended.append(log.append(said(length)))
                if data.draw(st.booleans()):
                    got += keeps_reading.read(len(got) + 1)
            got += keeps_reading.read(len(got) + 1)
            assert got == appended
            from_seq = data.draw(st.integers(1, len(lengths) + 2))
            for reader in (log, keeps_reading, FileEventLog(path, RUN)):
                assert list(reader.read(from_seq)) == appended[from_seq - 1 :]
        files = segments(path)
        texts = [file.path.read_bytes() for file in files]
        # The first event of a file may make it larger than its size; whoever finds it full goes on in another one.
        assert all(len(text) >= size for text in texts[:-1])
        assert all(len(b"".join(text.splitlines(keepends=True)[:-1])) < size for text in texts)
        assert [file.first_seq for file in files] == [
            1 + sum(text.count(b"\n") for text in texts[:count]) for count in range(len(files))
        ]
        log = FileEventLog(path, RUN)
        assert b"".join(log.read_blocks()) == b"".join(texts)
        assert log.size_bytes() == sum(map(len, texts))
        assert log.last_event() == last_event(path) == appended[-1]
        assert state_of(path) is RunState.RUNNING


@given(lengths=LENGTHS, size=SIZES, torn=st.binary(max_size=400), again=st.integers(1, 5), cut=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_torn_end_of_the_last_file_is_cut_off_and_the_sequence_goes_on(lengths, size, torn, again, cut):
    with a_folder() as folder:
        path = folder / "events.jsonl"
        with opened(folder, size) as log:
            appended = [log.append(said(length)) for length in lengths]
        last = segments(path)[-1].path
        if cut:  # within the last line
            last.write_bytes(last.read_bytes()[:-3])
            appended.pop()
        else:
            with last.open("ab") as file:
                file.write(torn.replace(b"\n", b"") + b"\x00" * (len(torn) % 3))
        assert list(FileEventLog(path, RUN).read()) == appended
        with opened(folder, size) as log:
            appended += [log.append(said(7)) for _ in range(again)]
        assert list(FileEventLog(path, RUN).read()) == appended
        assert [event.seq for event in appended] == list(range(1, len(appended) + 1))


def test_a_last_file_without_any_line_says_what_the_one_before_says(tmp_path):
    path = tmp_path / "events.jsonl"
    with opened(tmp_path, 1) as log:
        first = log.append(StatusPayload(state=RunState.QUEUED, current_status="waits"))
    for content in (b"", b"\x00" * 50 + b"\n"):
        (tmp_path / "events.000000000002.jsonl").write_bytes(content)
        assert last_event(path) == first
        assert state_of(path) is RunState.QUEUED
    with opened(tmp_path, 1) as log:
        assert log.append(said(1)).seq == 2
    assert [file.first_seq for file in segments(path)] == [1, 2]


def test_a_file_that_is_missing_among_others_is_told(tmp_path):
    path = tmp_path / "events.jsonl"
    with opened(tmp_path, 1) as log:
        for _ in range(4):
            log.append(said(1))
    (tmp_path / "events.000000000003.jsonl").unlink()
    (tmp_path / "events.000000000004.jsonl").write_bytes(b"")
    assert [event.seq for event in FileEventLog(path, RUN).read()] == [1, 2]
    with pytest.raises(StoreError, match=r"events\.000000000004\.jsonl is damaged"), opened(tmp_path, 1):
        pass


def test_a_reader_that_stands_far_behind_does_not_read_the_files_between(tmp_path):
    path = tmp_path / "events.jsonl"
    with opened(tmp_path, 20_000) as log:
        appended = [log.append(said(1)) for _ in range(1500)]
    path.write_bytes(b"not looked at")
    assert list(FileEventLog(path, RUN).read(1400)) == appended[1399:]


def test_a_run_whose_log_has_many_files_is_followed_shown_and_settled_as_any_other(tmp_path):
    home = Home(tmp_path / ".qlop")
    with open_run(home, new_run_id(), {}, {}, owns_process=False, log_segment_bytes=500) as run:
        for number in range(10):
            run.events.append(said(number))
        run.save_json("answer", 42)
    assert len(segments(run.folder.events_path)) > 3
    workbench = open_workbench(home.path)
    assert [event.seq for event in follow(home, run.run_id)] == list(range(1, 14))
    assert [event.seq for event in RunEvents(workbench, run.run_id).tail(3).events] == [11, 12, 13]
    assert list(run.folder.announced()) == ["answer"]
    assert read_log_text(workbench, run.run_id).count(b"x") >= 45
    died = open_run(home, new_run_id(), {}, {}, owns_process=False, log_segment_bytes=1)
    died._lock.release()  # as the death of its process does
    assert settle_folder(died.folder) is RunState.CRASHED
    died.events.close()
