from __future__ import annotations

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


def test_a_reader_may_not_write(log: FileEventLog) -> None:
    with pytest.raises(StoreError, match="can be written only by the process that holds the run's lock"):
        FileEventLog(log.path, RUN).append(_message(1))
