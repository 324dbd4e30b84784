"""A search finds every line that shows the text, whatever JSON makes of it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.events import Event, LogPayload, MetricPayload
from core.base.time import utc_now
from core.relay.frames import SearchFrame
from core.relay.search import LogSearch

TASK = "d94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11"


def lines_of(payloads):
    for seq, payload in enumerate(payloads, start=1):
        event = Event(task_id=TASK, seq=seq, timestamp_utc=utc_now(), type=payload.kind, payload=payload)
        yield event.model_dump_json().encode()


def search(lines, text, *, levels=None, before_seq=None, limit=200, byte_count=512 * 1024):
    request = SearchFrame("s", text, levels, before_seq, limit)
    blocks = [b"".join(line + b"\n" for line in lines[first : first + 3]) for first in range(0, len(lines), 3)]
    log_search = LogSearch(request, lambda: (block for block in blocks), 1, len(lines), byte_count)
    return json.loads(log_search.run(lambda: True))


def found(lines, text, **options):
    return [event["seq"] for event in search(lines, text, **options)["events"]]


_scalars = (
    st.text(max_size=6) | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none()
)
_logs = st.builds(
    LogPayload,
    level=st.sampled_from(["info", "error"]),
    message=st.text(max_size=12),
    fields=st.dictionaries(st.text(max_size=3), _scalars, max_size=2),
)


@settings(max_examples=200, deadline=None)
@given(payloads=st.lists(_logs, min_size=1, max_size=6), data=st.data())
def test_any_part_of_what_is_shown_is_found_in_any_case(payloads, data):
    lines = list(lines_of(payloads))
    seq = data.draw(st.integers(1, len(payloads)))
    shown = data.draw(st.sampled_from([payloads[seq - 1].message, *map(str, payloads[seq - 1].fields.values())]))
    start, end = sorted((data.draw(st.integers(0, len(shown))), data.draw(st.integers(0, len(shown)))))
    change = data.draw(st.sampled_from([str, str.upper, str.casefold]))
    needle = change(shown[start:end])
    expected = [
        number
        for number, payload in enumerate(payloads, start=1)
        if any(
            needle.casefold() in text.casefold()
            for text in (payload.message, *map(str, payload.fields.values()), *map(json.dumps, payload.fields.values()))
        )
    ]
    reported = found(lines, needle)
    assert set(reported) <= set(expected)
    if needle.casefold() in shown.casefold():
        assert seq in reported


@pytest.mark.parametrize(
    ("text", "seqs"),
    [
        ("LOSS", [1]),
        ('"quoted"', [2]),
        ("back\\slash", [2]),
        ("two\nlines", [3]),
        ("KELVIN", [4]),
        ("1e-05", [5]),
        ("nothing", []),
    ],
)
def test_escapes_and_foreign_letters_hide_nothing(text, seqs):
    texts = ["the loss fell", 'a "quoted" back\\slash', "two\nlines", "\u212aelvin", "small"]
    fields = [{}, {}, {}, {}, {"rate": 1e-05}]
    payloads = [LogPayload(level="info", message=told, fields=more) for told, more in zip(texts, fields, strict=True)]
    assert found(list(lines_of(payloads)), text) == seqs


def test_what_is_not_shown_is_not_found():
    lines = list(
        lines_of([LogPayload(level="info", message="m", fields={"hidden": 1}), MetricPayload(name="m", value=1)])
    )
    assert found(lines, "hidden") == []
    assert found(lines, TASK) == []
    assert found(lines, "m") == [1]


def test_levels_and_pages_narrow_the_answer():
    levels = ["info", "warning", "error", "warning", "debug"]
    lines = list(lines_of([LogPayload(level=level, message="same") for level in levels]))
    assert found(lines, "", levels=frozenset({"warning", "error"})) == [2, 3, 4]
    answer = search(lines, "same", limit=2)
    assert [event["seq"] for event in answer["events"]] == [4, 5]
    assert (answer["match_count"], answer["has_more"], answer["searched_to_seq"]) == (5, True, 5)
    earlier = search(lines, "same", limit=9, before_seq=4)
    assert [event["seq"] for event in earlier["events"]] == [1, 2, 3]
    assert (earlier["match_count"], earlier["has_more"], earlier["searched_to_seq"]) == (3, False, 3)


@settings(max_examples=100, deadline=None)
@given(payloads=st.lists(_logs, min_size=1, max_size=6), levels=st.sets(st.sampled_from(["info", "error", "debug"])))
def test_levels_alone_find_exactly_their_lines_however_these_are_written(payloads, levels):
    lines = [
        json.dumps(json.loads(line), indent=None).encode() if number % 2 else line
        for number, line in enumerate(lines_of(payloads))
    ]
    expected = [seq for seq, payload in enumerate(payloads, start=1) if payload.level in levels]
    assert found(lines, "", levels=frozenset(levels)) == expected


def test_a_level_that_is_written_with_escapes_is_found():
    line = next(lines_of([LogPayload(level="error", message="it broke")])).replace(b'"error"', b'"\\u0065rror"')
    assert found([line], "", levels=frozenset({"error"})) == [1]
    assert found([line], "", levels=frozenset({"info"})) == []


def test_an_answer_is_bounded_by_its_bytes_and_says_that_there_is_more():
    lines = list(lines_of([LogPayload(level="info", message=f"needle {'x' * 10_000}")] * 100))
    answer = search(lines, "needle", limit=1000, byte_count=50_000)
    assert [event["seq"] for event in answer["events"]] == [97, 98, 99, 100]
    assert (answer["match_count"], answer["has_more"]) == (100, True)
    older = search(lines, "needle", limit=1000, byte_count=50_000, before_seq=97)
    assert [event["seq"] for event in older["events"]] == [93, 94, 95, 96]
    assert [event["seq"] for event in search(lines, "needle", byte_count=1)["events"]] == [100]


def test_a_damaged_line_spoils_no_answer():
    lines = list(lines_of([LogPayload(level="info", message="sound")] * 3))
    lines[1] = lines[1].replace(b"sound", b"so\0und")
    assert found(lines, "", levels=frozenset({"info"})) == [1, 3]
    assert found(lines, "sound") == [1, 3]
