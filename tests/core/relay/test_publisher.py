"""A run's log on its way to a real relay."""

import json
import socket
import threading
import time
from contextlib import ExitStack

import pytest

from core.base.errors import StoreError
from core.base.events import LogPayload, RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.relay.back_off import BackOff
from core.relay.endpoint import RelayEndpoint
from core.relay.plain_client import PlainClient
from core.relay.publisher import Publisher
from core.store.home import Home
from core.store.run_session import open_run


def say(session, first: int, last: int) -> None:
    for number in range(first, last + 1):
        session.events.append(LogPayload(level="info", message=f"line {number}"))


def publish(session, find, soon, tell=lambda _sentence: None, **options) -> Publisher:
    publisher = Publisher(session.events.read_lines, find, soon(), tell, **options)
    session.events.on_append = publisher.ring
    return publisher


def followed(relay, run_id, soon) -> list[int]:
    """Return the numbers of a run's events as a subscriber gets them, until the run has ended."""
    return [event.seq for event in PlainClient(relay.endpoint_of(run_id, "subscribe"), soon()).events()]


def test_what_was_said_before_during_and_after_reaches_a_subscriber_once_and_in_order(served_relay, run_home, soon):
    run_id = new_run_id()
    with open_run(run_home, run_id, {}, {}, owns_process=False) as session:
        say(session, 1, 50)
        with publish(session, served_relay.endpoint_of(run_id, "publish"), soon):
            say(session, 51, 1500)
            session.events.append(StatusPayload(state=RunState.RUNNING, current_status="still going"))
    assert followed(served_relay, run_id, soon) == list(range(1, 1504))


def test_the_relay_has_what_the_run_said_without_reading_the_file(tmp_path, served_relay, living_run, soon):
    """The relay of this test looks at its files once an hour; only a publisher can bring it anything sooner."""
    served_relay.stop()
    served_relay.limits = served_relay.limits.model_copy(update={"poll_s": 3600.0})
    served_relay.start()
    with publish(living_run, served_relay.endpoint_of(living_run.run_id, "publish"), soon):
        events = PlainClient(served_relay.endpoint_of(living_run.run_id, "subscribe"), soon()).events()
        assert next(events).seq == 1
        say(living_run, 1, 3)
        assert [next(events).seq for _ in range(3)] == [2, 3, 4]
        events.close()


def test_a_relay_that_is_killed_and_comes_back_gets_the_rest(mortal_relay, run_home, soon):
    run_id = new_run_id()
    with (
        open_run(run_home, run_id, {}, {}, owns_process=False) as session,
        publish(session, mortal_relay.endpoint_of(run_id, "publish"), soon, grace_s=30.0),
    ):
        say(session, 1, 200)
        mortal_relay.kill()
        say(session, 201, 400)
        mortal_relay.start()
        say(session, 401, 600)
    assert followed(mortal_relay, run_id, soon) == list(range(1, 603))


def test_where_no_relay_is_the_run_is_told_once_and_nobody_waits(living_run, soon):
    told, tries, thirtieth = [], [], threading.Event()

    def find():
        tries.append(1)
        if len(tries) >= 30:
            thirtieth.set()

    publisher = publish(living_run, find, soon, told.append, grace_s=3600.0)
    with publisher:
        say(living_run, 1, 10)
        assert thirtieth.wait(60)
    assert len(told) == 1
    assert "No relay is there." in told[0]
    assert "qlop relay" in told[0]


def test_a_port_where_something_else_listens_harms_nobody(living_run, soon):
    told, sentence = [], threading.Event()

    def tell(text):
        told.append(text)
        sentence.set()

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.listen()
        port = deaf.getsockname()[1]
        threading.Thread(target=lambda: deaf.accept()[0].close(), daemon=True).start()
        with publish(living_run, lambda: RelayEndpoint(f"ws://127.0.0.1:{port}", "t"), soon, tell, grace_s=0.2):
            say(living_run, 1, 10)
            assert sentence.wait(60)
    assert f"ws://127.0.0.1:{port}" in told[0]


def test_a_relay_with_another_key_refuses_and_the_run_goes_on(served_relay, living_run, soon):
    told, sentence = [], threading.Event()

    def tell(text):
        told.append(text)
        sentence.set()

    find = served_relay.endpoint_of(living_run.run_id, "publish", key=b"another" * 8)
    with publish(living_run, find, soon, tell):
        assert sentence.wait(60)
        say(living_run, 1, 10)
    assert "bad_token" in told[0]


def test_a_log_that_cannot_be_read_harms_nobody(served_relay, living_run, soon):
    looks, thirtieth = [], threading.Event()

    def read_lines(_from_seq):
        looks.append(1)
        if len(looks) >= 30:
            thirtieth.set()
        raise StoreError("the disk is gone.")

    find = served_relay.endpoint_of(living_run.run_id, "publish")
    with Publisher(read_lines, find, soon(), lambda _sentence: None):
        assert thirtieth.wait(60)
    living_run.events.append(LogPayload(level="info", message="and on"))


def test_an_event_that_is_too_large_for_a_message_comes_from_the_file_and_the_rest_follows(
    served_relay, run_home, soon
):
    run_id = new_run_id()
    with open_run(run_home, run_id, {}, {}, owns_process=False) as session:
        events = PlainClient(served_relay.endpoint_of(run_id, "subscribe"), soon()).events()
        with publish(session, served_relay.endpoint_of(run_id, "publish"), soon):
            say(session, 1, 3)
            assert [next(events).seq for _ in range(4)] == [1, 2, 3, 4]
            session.events.append(LogPayload(level="info", message="x" * 2**21))
            say(session, 4, 6)
            assert [next(events).seq for _ in range(4)] == [5, 6, 7, 8]
            events.close()


def test_a_relay_without_the_file_stays_before_an_event_that_is_too_large_and_the_run_is_told(
    served_relay, living_run, tmp_path, soon
):
    told, sentence = [], threading.Event()

    def tell(text):
        told.append(text)
        sentence.set()

    served_relay.stop()
    served_relay.home = Home(tmp_path / "elsewhere").create()
    served_relay.start()
    say(living_run, 1, 3)
    living_run.events.append(LogPayload(level="info", message="x" * 2**21))
    with publish(living_run, served_relay.endpoint_of(living_run.run_id, "publish"), soon, tell):
        events = PlainClient(served_relay.endpoint_of(living_run.run_id, "subscribe"), soon()).events()
        assert sentence.wait(60)
        assert [next(events).seq for _ in range(4)] == [1, 2, 3, 4]
        events.close()
    assert "ends before this event: number 5 has 2,0" in told[0]
    assert "does not read this run's file" in told[0]


@pytest.mark.parametrize("size", [1_000, 20_000])
def test_lines_of_any_size_are_cut_into_messages_that_the_relay_takes(served_relay, run_home, soon, size):
    run_id = new_run_id()
    with open_run(run_home, run_id, {}, {}, owns_process=False) as session:
        for number in range(40):
            session.events.append(LogPayload(level="info", message=json.dumps([number, "é" * size])))
        with publish(session, served_relay.endpoint_of(run_id, "publish"), soon, grace_s=30.0):
            deadline = time.monotonic() + 30
            watcher = PlainClient(served_relay.endpoint_of(run_id, "subscribe"), soon())
            events = watcher.events()
            assert [next(events).seq for _ in range(41)] == list(range(1, 42))
            events.close()
            assert time.monotonic() < deadline


def test_a_relay_that_comes_back_while_nobody_tries_gets_the_end_of_the_run(served_relay, run_home, tmp_path):
    """Only the last try, at the run's end, can bring it: the wait before the next one is an hour."""
    run_id, told = new_run_id(), threading.Event()
    served_relay.home = Home(tmp_path / "elsewhere").create()
    served_relay.stop()
    with ExitStack() as run:
        session = run.enter_context(open_run(run_home, run_id, {}, {}, owns_process=False))
        find = served_relay.endpoint_of(run_id, "publish")
        seldom = BackOff(lambda: 1.0, first_s=3600.0, longest_s=3600.0)
        with Publisher(session.events.read_lines, find, seldom, lambda _sentence: told.set(), grace_s=30.0):
            assert told.wait(30)
            served_relay.start()
            say(session, 1, 3)
            run.close()
    assert followed(served_relay, run_id, lambda: BackOff(lambda: 0.0)) == [1, 2, 3, 4, 5]
