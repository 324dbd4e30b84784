from __future__ import annotations

import pytest

from core.base.events import (
    LogPayload,
)
from core.store.event_log import FileEventLog

RUN = "d94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11"


def _message(number: int) -> LogPayload:
    return LogPayload(level="info", message=f"message {number}")


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
