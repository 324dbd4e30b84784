"""Whoever follows a task over a real socket ends with exactly its log."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.identifiers import new_run_id


@pytest.mark.parametrize("tail", [None, 0, 3, 10_000])
def test_a_subscriber_gets_the_log_from_where_it_asked_and_then_what_comes(
    served_relay, living_run, logged, whole_log, dial, tail
):
    head = logged(2500)
    client = dial(served_relay, living_run.run_id)
    ack = client.follow(**({"from_seq": 1} if tail is None else {"tail": tail}))
    start = 1 if tail is None else max(1, head - tail + 1)
    assert (ack["from_seq"], ack["head_seq"]) == (start, head)
    last = logged(10, "later")
    assert client.events_to(last) == whole_log()[start - 1 :]


def test_who_joins_in_a_flood_gets_nothing_twice_and_nothing_out_of_order(
    served_relay, living_run, logged, whole_log, dial
):
    """Events wait to be sent all the time: every moment of joining lies between two batches."""
    flood = threading.Thread(target=lambda: logged(4000))
    flood.start()
    clients = [dial(served_relay, living_run.run_id) for _ in range(12)]
    starts = [client.follow(tail=number % 3)["from_seq"] for number, client in enumerate(clients)]
    flood.join()
    last = logged(1)
    log = whole_log()
    for client, start in zip(clients, starts, strict=True):
        assert client.events_to(last) == log[start - 1 :]


def test_a_subscriber_past_the_head_is_told_where_it_stands(served_relay, living_run, logged, dial):
    head = logged(3)
    client = dial(served_relay, living_run.run_id)
    assert client.follow(from_seq=999)["from_seq"] == head + 1
    assert [event["seq"] for event in client.events_to(logged(1))] == [head + 1]


def test_a_burst_larger_than_what_is_kept_in_memory_reaches_who_is_live_whole(
    relay_with, living_run, logged, whole_log, dial
):
    relay = relay_with(ring_events=16, ring_bytes=2048, fetch_events=50)
    client = dial(relay, living_run.run_id)
    client.follow(from_seq=1)
    client.events_to(1)
    last = logged(300)
    assert client.events_to(last) == whole_log()[1:]


def test_a_publish_brings_what_the_file_holds_before_the_next_look_at_it(
    relay_with, living_run, logged, whole_log, dial
):
    relay = relay_with(poll_s=3600)
    client, run = dial(relay, living_run.run_id), dial(relay, living_run.run_id, "publish")
    client.follow(from_seq=1)
    client.events_to(run.read("ack")["has_seq"])
    last = logged(5)
    run.send(frame="publish", events=whole_log()[-1:])
    assert run.read("ack") == {"frame": "ack", "of": "publish", "has_seq": last, "watchers": 1}
    assert [event["seq"] for event in client.events_to(last)][-5:] == list(range(last - 4, last + 1))
    last = logged(2)
    run.send(frame="publish", events=[])
    assert run.read("ack")["has_seq"] == last


def test_a_publisher_is_told_how_many_follow(served_relay, living_run, logged, whole_log, dial):
    run = dial(served_relay, living_run.run_id, "publish")
    run.read("ack")

    def watchers():
        logged(1)
        run.send(frame="publish", events=whole_log()[-1:])
        return run.read("ack")["watchers"]

    def reaches(number):
        deadline = time.monotonic() + 30
        while (found := watchers()) != number and time.monotonic() < deadline:
            time.sleep(0.01)
        return found == number

    assert watchers() == 0
    clients = [dial(served_relay, living_run.run_id) for _ in range(2)]
    for client in clients:
        client.follow(from_seq=1)
    assert reaches(2)
    clients[0].socket.close()
    assert reaches(1)


def test_a_task_of_another_machine_lives_from_what_is_published(served_relay, logged, whole_log, dial):
    foreign = new_run_id()
    logged(20)
    events = [{**event, "task_id": foreign} for event in whole_log()]
    run, client = dial(served_relay, foreign, "publish"), None
    assert run.read("ack")["has_seq"] == 0
    client = dial(served_relay, foreign)
    client.follow(from_seq=1)
    run.send(frame="publish", events=events[2:])
    hole = run.read("error")
    assert (hole["code"], hole["has_seq"], hole["is_final"]) == ("hole", 0, False)
    run.send(frame="publish", events=events[:12])
    run.send(frame="publish", events=[*events[5:], *events[:3]])
    assert client.events_to(len(events)) == events
    run.send(frame="publish", events=[{**events[0], "seq": len(events) + 1, "payload": {"level": 7}}])
    assert run.read("error")["code"] == "bad_frame"


_publish = st.tuples(st.integers(-6, 2), st.integers(1, 25), st.randoms(use_true_random=False) | st.none())
_steps = st.lists(_publish | st.sampled_from(["watch", "stop watching", "publish anew"]), max_size=15)


def test_however_the_log_is_published_the_subscriber_ends_with_exactly_the_log(served_relay, logged, whole_log, dial):
    """Random splits, duplicates, holes, reorder, and disconnects of both sides."""
    logged(60)
    template = whole_log()

    @settings(max_examples=25, deadline=None)
    @given(steps=_steps)
    def check(steps):
        foreign = Foreign(served_relay, dial, template)
        for step in steps:
            foreign.take(step)
        foreign.take((0, len(template), None))
        assert foreign.watched_to_the_end() == foreign.log

    check()


class Foreign:
    """A task that lives from what is published, its one publisher and its one watcher."""

    def __init__(self, relay, dial, template):
        self.task_id = new_run_id()
        self.log = [{**event, "task_id": self.task_id} for event in template]
        self._relay, self._dial = relay, dial
        self._watcher, self._seen = None, []
        self._connect(has_seq=0)

    def take(self, step):
        if step == "watch":
            self._watch()
        elif step == "stop watching":
            if self._watcher is not None:
                self._watcher.socket.close()
            self._watcher = None
        elif step == "publish anew":
            self._publisher.socket.close()
            self._connect(self._has_seq)
        else:
            self._publish(*step)

    def watched_to_the_end(self):
        self._watch()
        while len(self._seen) < len(self.log):
            self._seen += self._watcher.read("batch")["events"]
        self._watcher.socket.close()
        self._publisher.socket.close()
        return self._seen

    def _connect(self, has_seq):
        self._publisher = self._dial(self._relay, self.task_id, "publish")
        assert self._publisher.read("ack")["has_seq"] == has_seq
        self._has_seq = has_seq

    def _watch(self):
        if self._watcher is None:
            self._watcher = self._dial(self._relay, self.task_id)
            self._watcher.follow(from_seq=len(self._seen) + 1)
        if len(self._seen) < self._has_seq:
            self._seen += self._watcher.read("batch")["events"]

    def _publish(self, offset, count, order):
        first = max(0, self._has_seq + offset)
        events = self.log[first : first + count]
        if order is not None:
            order.shuffle(events)
        self._publisher.send(frame="publish", events=events)
        answer = self._publisher.read("ack", "error")
        assert answer["frame"] == "ack" or answer["code"] == "hole"
        assert self._has_seq <= answer["has_seq"] <= max([self._has_seq, *(event["seq"] for event in events)])
        self._has_seq = answer["has_seq"]
