"""The ring holds the newest events, numbered without holes, within its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.relay.ring import EventRing


@given(
    sizes=st.lists(st.integers(0, 40), max_size=60),
    events=st.integers(1, 20),
    byte_count=st.integers(1, 300),
    asked=st.tuples(st.integers(1, 70), st.integers(1, 70)),
)
def test_what_is_kept_is_the_end_of_the_log(sizes, events, byte_count, asked):
    log = [b"%d" % number + b"x" * size for number, size in enumerate(sizes, start=1)]
    ring = EventRing()
    for seq, line in enumerate(log, start=1):
        assert ring.append(seq, line)
        assert not ring.append(seq, b"again")
        ring.trim(events, byte_count)
    assert ring.head_seq == len(log)
    assert ring.lines(ring.first_seq, ring.head_seq) == log[ring.first_seq - 1 :]
    assert len(ring) <= events
    assert ring.byte_count == sum(map(len, log[ring.first_seq - 1 :])) <= byte_count
    first, last = asked
    wanted = log[first - 1 : last] if ring.first_seq <= first else []
    assert ring.lines(first, last) == wanted
    some = ring.lines(first, last, byte_count=50)
    assert some == wanted[: len(some)]
    assert bool(some) == bool(wanted)


def test_a_hole_is_refused():
    ring = EventRing(head_seq=4)
    with pytest.raises(ValueError, match="event 6 does not follow 4"):
        ring.append(6, b"x")
