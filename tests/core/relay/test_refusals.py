"""Who is refused over a real socket is told why, in a code and a sentence, and harms nobody."""

import gc
import logging
import os
import random
import socket
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed

from core.base.identifiers import new_run_id
from core.relay.tokens import mint_token

KEY = b"k" * 32


def is_final_error(frame, code):
    return (frame["frame"], frame["code"], frame["is_final"]) == ("error", code, True) and frame["message"][-1] == "."


@pytest.mark.parametrize("role", ["subscribe", "publish"])
def test_a_token_of_another_key_or_time_opens_nothing_and_is_not_logged(served_relay, living_run, role, caplog, dial):
    caplog.set_level(logging.DEBUG)
    tokens = {
        "bad_token": mint_token(b"o" * 32, task_id=living_run.run_id, role=role, now=datetime.now(UTC)),
        "token_expired": mint_token(KEY, task_id=living_run.run_id, role=role, now=datetime(2020, 1, 1, tzinfo=UTC)),
    }
    for code, token in tokens.items():
        client = dial(served_relay, living_run.run_id, token=token)
        assert is_final_error(client.read("error", "ack"), code)
        assert client.end()[0] == 1008
    of_the_relay = [record.getMessage() for record in caplog.records if "client" not in record.name]
    assert not any(token in text for text in of_the_relay for token in tokens.values())


def test_a_run_that_is_not_there_is_unknown_and_the_connection_ends(served_relay, dial):
    client = dial(served_relay, new_run_id())
    assert is_final_error(client.read("error", "ack"), "unknown_task")
    code, reason = client.end()
    assert code == 1008
    assert reason.startswith("unknown_task: ")


def test_who_says_nothing_after_the_hello_is_sent_away(relay_with):
    relay = relay_with(auth_within_s=0.2)
    with socket.create_connection(("127.0.0.1", relay.port)) as raw:
        raw.settimeout(30)
        raw.sendall(upgrade({"Host": f"127.0.0.1:{relay.port}"}))
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
    assert b'"code":"auth_timeout"' in answer


def test_who_is_silent_counts_as_dead_and_who_beats_lives(relay_with, living_run, logged, dial):
    relay = relay_with(heartbeat_s=0.5, dead_after_s=2.0)
    silent, beating = dial(relay, living_run.run_id), dial(relay, living_run.run_id)
    assert silent.first["dead_after_s"] == 2.0
    beating.follow(tail=0)
    for _ in range(8):
        beating.read("heartbeat")
        beating.send(frame="heartbeat")
    assert silent.end() == (1008, "Nothing came for 2 s, not even a heartbeat.")
    assert beating.events_to(logged(1))


def test_too_many_tasks_are_refused_and_there_is_room_again_once_one_is_left(relay_with, living_run, dial, in_time):
    relay = relay_with(tasks=1)
    one = dial(relay, living_run.run_id)
    one.read("ack")
    other = dial(relay, new_run_id(), "publish")
    assert is_final_error(other.read("error", "ack"), "too_many_tasks")
    assert other.end()[1].startswith("too_many_tasks: ")
    one.socket.close()
    check_time = in_time()
    while dial(relay, new_run_id(), "publish").read("error", "ack")["frame"] == "error":
        # The relay hears of the end of a connection in its own time.
        check_time()


def test_too_many_connections_are_refused(relay_with, living_run, dial):
    relay = relay_with(connections=3)
    clients = [dial(relay, living_run.run_id) for _ in range(3)]
    assert [client.read("ack")["of"] for client in clients] == ["auth"] * 3
    fourth = dial(relay, living_run.run_id)
    assert is_final_error(fourth.first, "too_many_connections")
    assert fourth.end()[0] == 1013


def test_too_many_requests_at_once_are_refused_by_their_names(relay_with, living_run, logged, dial):
    relay = relay_with(requests=1)
    logged(3000)
    client = dial(relay, living_run.run_id)
    client.read("ack")
    for number in range(20):
        client.send(frame="search", request_id=str(number), text="9")
    answers = [client.read("batch", "error") for _ in range(20)]
    assert {answer["request_id"] for answer in answers} == {str(number) for number in range(20)}
    refused = [answer for answer in answers if answer["frame"] == "error"]
    assert {answer["code"] for answer in refused} == {"too_fast"}
    assert len(refused) < 20


def test_who_sends_too_fast_is_told_and_in_the_end_cut_off(relay_with, living_run, dial):
    relay = relay_with(frames_per_s=0.001, frames_burst=5)
    client = dial(relay, living_run.run_id)
    client.read("ack")
    for _ in range(5):
        client.send(frame="heartbeat")
    error = client.read("error")
    assert (error["code"], error["is_final"]) == ("too_fast", False)
    with suppress(ConnectionClosed):  # it may be cut off before the twelfth
        for _ in range(12):
            client.send(frame="heartbeat")
    assert client.end()[1].startswith("too_fast: ")


def test_a_large_message_is_answered_and_a_huge_one_closes_the_connection(relay_with, living_run, dial):
    client = dial(relay_with(message_bytes=4096), living_run.run_id)
    client.read("ack")
    client.send(frame="heartbeat", filling="x" * 5000)
    error = client.read("error")
    assert (error["code"], error["is_final"]) == ("too_large", False)
    client.send(frame="heartbeat", filling="x" * 100_000)
    code, reason = client.end()
    assert code == 1009
    assert "exceeds limit" in reason


def test_a_large_message_before_the_token_closes_the_connection(served_relay, dial):
    client = dial(served_relay, new_run_id(), token="x" * 20_000)
    assert client.end()[0] == 1009


def upgrade(headers):
    sent = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    sent |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", **headers}
    return ("GET / HTTP/1.1\r\n" + "".join(f"{name}: {text}\r\n" for name, text in sent.items()) + "\r\n").encode()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "https://evil.example"}, "bad_origin"),
        ({"Origin": "null"}, "bad_origin"),
        ({"Host": "evil.example"}, "bad_host"),
    ],
)
def test_foreign_pages_and_names_are_refused_with_a_sentence(served_relay, headers, code):
    with socket.create_connection(("127.0.0.1", served_relay.port)) as raw:
        raw.settimeout(30)
        raw.sendall(upgrade({"Host": f"127.0.0.1:{served_relay.port}", **headers}))
        answer = b"".join(iter(lambda: raw.recv(4096), b"")).decode()
    assert answer.startswith("HTTP/1.1 403")
    assert f"{code}: " in answer


def test_nothing_that_strangers_send_ends_the_relay(served_relay, living_run, logged, whole_log, dial):
    chance = random.Random(11)
    messages = [chance.randbytes(chance.randrange(200)) for _ in range(20)]
    messages += ["[" * 5000, '{"frame":[]}', '{"frame":"publish","events":[[]]}', "\ud7ff", ""]
    messages += ['{"frame":"auth","version":1,"token":{}}', '{"frame":"fetch","request_id":"a","from_seq":1e400}']
    for token in [7, None, "", "a.b.c.d", "\0", "é" * 50, {"a": 1}]:
        client = dial(served_relay, living_run.run_id, token=token or "x")
        assert client.read("error")["is_final"]
    for raw_bytes in [os.urandom(3000), b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" * 50]:
        with socket.create_connection(("127.0.0.1", served_relay.port)) as raw:
            raw.sendall(raw_bytes)
    client = dial(served_relay, living_run.run_id)
    client.read("ack")
    for message in messages:
        client.socket.send(message)
        assert client.read("error")["is_final"] is False
    client.send(frame="subscribe", from_seq=1)
    assert client.events_to(logged(3)) == whole_log()


def test_broken_websocket_frames_end_their_own_connection_alone(served_relay, living_run, logged, whole_log, dial):
    watcher = dial(served_relay, living_run.run_id)
    watcher.follow(from_seq=1)
    chance = random.Random(3)
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", served_relay.port)) as raw:
            raw.settimeout(30)
            raw.sendall(upgrade({"Host": "localhost"}))
            raw.recv(200)
            raw.sendall(chance.randbytes(chance.randrange(1, 400)))
    assert watcher.events_to(logged(3)) == whole_log()


def silent(relay):
    """Connect, read the hello, and show no token."""
    raw = socket.create_connection(("127.0.0.1", relay.port))
    raw.settimeout(30)
    raw.sendall(upgrade({"Host": "localhost"}))
    answer = raw.recv(4096)
    while b'"hello"' not in answer:
        answer += raw.recv(4096)
    return raw


def test_those_without_a_token_take_no_place_from_those_with_one(relay_with, living_run, dial):
    relay = relay_with(connections=3, waiting=2, auth_within_s=60.0)
    with ExitStack() as stack:
        crowd = [stack.enter_context(silent(relay)) for _ in range(5)]
        clients = [dial(relay, living_run.run_id) for _ in range(3)]
        assert [client.read("ack", "error")["frame"] for client in clients] == ["ack"] * 3
        farewell = b"".join(iter(lambda: crowd[0].recv(4096), b""))
    assert b'"code":"too_many_connections"' in farewell
    assert b"\x03\xf5too_many_connections: " in farewell


def test_sockets_that_say_nothing_at_all_are_cut_off_from_the_oldest_on(relay_with, living_run, dial):
    relay = relay_with(connections=1, waiting=2, auth_within_s=60.0)
    with ExitStack() as stack:
        mute = [stack.enter_context(socket.create_connection(("127.0.0.1", relay.port))) for _ in range(10)]
        assert dial(relay, living_run.run_id).read("ack", "error")["frame"] == "ack"
        mute[0].settimeout(30)
        with suppress(ConnectionResetError):
            assert mute[0].recv(100) == b""


def test_of_those_who_wait_for_long_only_a_few_stay(relay_with):
    relay = relay_with(waiting=1, auth_within_s=2.0)
    with silent(relay) as first, silent(relay) as second:
        farewells = [b"".join(iter(partial(raw.recv, 4096), b"")) for raw in (first, second)]
    assert b'"code":"too_many_connections"' in farewells[0]
    assert b'"code":"auth_timeout"' in farewells[1]


def test_who_is_sent_away_while_the_relay_ends_leaves_no_unbegun_work(relay_with, living_run, dial, recwarn):
    relay = relay_with(auth_within_s=0.01)
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(silent(relay)).close()
    relay.stop()
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []
