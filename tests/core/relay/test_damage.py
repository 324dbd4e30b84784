"""A damaged line becomes an event that says so; a frame is never broken by it."""

import json

import pytest

from core.base.events import Event, LogPayload
from core.base.time import utc_now
from core.relay.damage import without_damage
from core.relay.raw_log import is_event_line, next_lines

TASK = "d94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11"


def line_of(seq, message="said"):
    payload = LogPayload(level="info", message=message)
    event = Event(task_id=TASK, seq=seq, timestamp_utc=utc_now(), type="log", payload=payload)
    return event.model_dump_json().encode()


DAMAGED = {
    "garbage in the middle": line_of(2).replace(b'"said"', b'"sa\0id'),
    "two events": line_of(2) + line_of(3),
    "bytes that are no text": line_of(2).replace(b"said", b"\xff\xfe"),
    "no number of JSON": line_of(2).replace(b'"said"', b"NaN"),
    "zeros": b"\0" * 100,
    "nothing": b"",
    "another number": line_of(7),
    "another task": line_of(2).replace(TASK.encode(), b"another"),
    "no payload": line_of(2).partition(b',"payload"')[0] + b',"payload":null}',
    "no type": line_of(2).replace(b'"type":"log"', b'"type":[]'),
    "deep": b"[" * 100_000,
}


def shown(lines, first=1):
    told = []
    return list(without_damage(lines, TASK, first, told.append)), told


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_line_that_is_no_event_is_replaced_by_one_that_says_so_once_a_sound_one_follows(damage):
    before, after = line_of(1), line_of(3)
    lines, told = shown([before, damage, after])
    assert told == [2]
    assert [lines[0], lines[2]] == [before, after]
    stand_in = Event.model_validate(json.loads(lines[1]))
    assert (stand_in.seq, stand_in.task_id, stand_in.payload.level) == (2, TASK, "error")
    assert "line 2 of the run's events.jsonl is damaged" in stand_in.payload.message


def test_where_damage_ends_the_log_it_ends_before_it():
    lines, told = shown([line_of(11), b"", b"\0"], first=11)
    assert [is_event_line(line, TASK, 11) for line in lines] == [True]
    assert told == [12, 13]


def test_several_damaged_lines_in_a_row_each_keep_their_number():
    lines, _told = shown([b"", b"", line_of(3)])
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3]


def test_a_sound_line_passes_unchanged():
    line = line_of(1, 'é " \\ \u2028')
    assert shown([line]) == ([line], [])


def test_lines_are_taken_up_to_a_count_and_to_a_size():
    lines = iter([b"x" * 10] * 10)
    assert len(next_lines(lines, 3, 1000)) == 3
    assert len(next_lines(lines, 3, 11)) == 2
    assert len(next_lines(lines, 3, 1)) == 1
    assert len(next_lines(lines, 30, 1000)) == 4
