"""What a subscriber makes of frames, without any socket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import RelayError
from core.relay.subscription import Gap, Subscription, ends_the_run, fetch_frame, fetched

TASK = "00000000-0000-4000-8000-000000000001"


def raw(seq: int, state: str | None = None) -> dict:
    kind = "log" if state is None else "status"
    payload = {"level": "info", "message": f"line {seq}"} if state is None else {"state": state, "current_status": ""}
    return {
        "task_id": TASK,
        "seq": seq,
        "timestamp_utc": "2026-01-02T03:04:05Z",
        "type": kind,
        "payload": payload,
    }


def batch(*numbers: int, **more: object) -> dict:
    return {"frame": "batch", "events": [raw(seq) for seq in numbers], **more}


def numbers_of(items) -> list[int]:
    return [item.seq for item in items]


def test_a_batch_gives_its_events_in_order():
    assert numbers_of(Subscription().accept(batch(1, 2, 3))) == [1, 2, 3]


def test_events_that_are_here_already_are_dropped():
    subscription = Subscription()
    subscription.accept(batch(1, 2, 3))
    assert numbers_of(subscription.accept(batch(2, 3, 4))) == [4]


def test_after_a_reconnect_it_asks_for_what_is_missing():
    subscription = Subscription()
    subscription.accept(batch(1, 2, 3))
    assert subscription.opening() == {"frame": "subscribe", "from_seq": 4}


def test_a_hole_that_nobody_told_is_an_error():
    with pytest.raises(RelayError, match="sent event 3 where 1 was due"):
        Subscription().accept(batch(3))


def test_a_gap_is_told_and_counts_as_missing_until_its_events_are_here():
    subscription = Subscription()
    subscription.accept(batch(1))
    assert subscription.accept({"frame": "gap", "from_seq": 2, "to_seq": 3, "reason": "slow"}) == [Gap(2, 3, "slow")]
    assert subscription.opening()["from_seq"] == 2
    subscription.take(fetched(batch(2, 3), 2))
    assert numbers_of(subscription.accept(batch(4))) == [4]


def test_answers_to_requests_and_heartbeats_bring_nothing():
    subscription = Subscription()
    assert not subscription.accept(batch(9, request_id="1"))
    assert not subscription.accept({"frame": "heartbeat"})


def test_what_is_no_event_is_refused():
    with pytest.raises(RelayError, match="no events"):
        Subscription().accept({"frame": "batch", "events": [{"seq": 1}]})


def test_a_fetch_asks_for_no_more_than_one_answer_holds():
    assert fetch_frame(5, 5000) == {"frame": "fetch", "from_seq": 5, "to_seq": 1004}


def test_an_answer_without_the_first_event_asked_for_is_refused():
    with pytest.raises(RelayError, match="sent none"):
        fetched(batch(), 5)
    with pytest.raises(RelayError, match="sent another"):
        fetched(batch(6), 5)


@pytest.mark.parametrize(
    ("state", "expected"), [(None, False), ("running", False), ("completed", True), ("crashed", True)]
)
def test_only_a_terminal_status_ends_the_run(state, expected):
    (item,) = Subscription(7).accept({"frame": "batch", "events": [raw(7, state)]})
    assert ends_the_run(item) is expected


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=20))
def test_however_a_log_is_cut_and_repeated_it_arrives_once_and_in_order(cuts):
    subscription, arrived = Subscription(), []
    # A relay sends from what was asked for, or from before it where it repeats itself; at last it sends all.
    for back, length in [*cuts, (40, 1000)]:
        first = max(1, subscription.next_seq - back)
        arrived += numbers_of(subscription.accept(batch(*range(first, min(30, first + length) + 1))))
    assert arrived == list(range(1, 31))
