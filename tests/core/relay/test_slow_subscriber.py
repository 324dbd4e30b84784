"""A subscriber that does not take what it is sent delays nobody, and is told what it lacks."""

import socket
from contextlib import contextmanager
from threading import Event, Thread

import pytest

SMALL = {"poll_s": 0.01, "fetch_events": 50, "ring_events": 64, "lag_events": 20, "buffer_bytes": 16 * 1024}


@pytest.fixture
def relay(relay_with):
    return relay_with(**SMALL)


def narrow_socket(relay):
    """Return a connected socket for which the system keeps little."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 128 * 1024)
    made.connect(("127.0.0.1", relay.port))
    return made


@contextmanager
def beating(client):
    """Send heartbeats for a client while the block lasts: it lives, and only reads nothing."""
    done = Event()

    def beat():
        while not done.wait(1.0):
            client.send(frame="heartbeat")

    thread = Thread(target=beat)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_slow_subscriber_is_told_of_the_gap_goes_on_at_the_tail_and_can_fetch_it(
    relay, living_run, logged, whole_log, dial
):
    slow = dial(relay, living_run.run_id, max_queue=1, sock=narrow_socket(relay))
    quick = dial(relay, living_run.run_id)
    with beating(slow), beating(quick):
        slow.follow(from_seq=1)
        quick.follow(from_seq=1)
        seen = []
        for _ in range(30):
            seen += quick.events_to(logged(5, "x" * 40_000))
        assert seen == whole_log()
        taken = taken_until_the_tail(slow, seen[-1]["seq"])
        gaps = [frame for frame in taken if frame["frame"] == "gap"]
        assert {gap["reason"] for gap in gaps} == {"slow"}
        events = [event for frame in taken for event in frame.get("events") or fetched(slow, frame)]
        assert events == seen
        later = logged(1, "after the gap")
        assert slow.events_to(later)[-1]["seq"] == later


def fetched(client, gap):
    """Return a gap's events; an answer may hold fewer than were asked for."""
    events = []
    while len(events) <= gap["to_seq"] - gap["from_seq"]:
        first = gap["from_seq"] + len(events)
        client.send(frame="fetch", request_id="g", from_seq=first, to_seq=min(gap["to_seq"], first + 49))
        answer = client.read("batch")
        assert answer["request_id"] == "g"
        assert answer["events"]
        events += answer["events"]
    return events


def taken_until_the_tail(client, last_seq):
    """Return the frames that come until one of them, a batch or a gap, ends at `last_seq`; none skips anything."""
    frames, next_seq = [], 1
    while next_seq <= last_seq:
        frame = client.read("batch", "gap")
        assert frame["from_seq"] == next_seq
        next_seq = frame["to_seq"] + 1
        frames.append(frame)
    return frames


def test_a_subscriber_that_never_reads_keeps_no_relay_from_stopping(relay_with, living_run, logged, dial):
    relay = relay_with(close_within_s=0.2)
    logged(200, "x" * 40_000)
    stalled = dial(relay, living_run.run_id, max_queue=1, sock=narrow_socket(relay))
    stalled.follow(from_seq=1)
    assert stalled.read("batch")
    relay.stop()


def test_a_subscriber_that_neither_reads_nor_beats_is_cut_off(relay_with, living_run, logged, dial, in_time):
    relay = relay_with(close_within_s=0.2, dead_after_s=1.0, heartbeat_s=0.5, connections=1)
    logged(200, "x" * 40_000)
    stalled = dial(relay, living_run.run_id, max_queue=1, sock=narrow_socket(relay))
    stalled.follow(from_seq=1)
    assert stalled.read("batch")
    check_time = in_time()
    while dial(relay, living_run.run_id).first["frame"] == "error":
        # There is room again once the relay has given up on it.
        check_time()
