"""The socket of a run's publisher, before a real server."""

import socket
import threading
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage
from websockets.sync.server import serve

from core.relay.plain_socket import PlainSocket


@contextmanager
def served(handle):
    with serve(handle, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join(30)


def dialled(url, **options):
    return PlainSocket(url, **{"within_s": 30.0, "close_within_s": 30.0, "max_size": 2**20} | options)


def echo(server):
    for message in server:
        server.send(message)


@pytest.mark.parametrize("text", ["", "a", "ä€😀", "x" * 70_000, "y" * 900_000])
def test_a_text_comes_back_whole(text):
    with served(echo) as url:
        client = dialled(url)
        client.send(text)
        client.send("second")
        assert [client.recv(30), client.recv(30)] == [text, "second"]
        client.close()


def test_a_message_in_parts_comes_as_one_with_a_ping_between_them():
    answered = threading.Event()

    def handle(server):
        def parts():
            yield "one "
            if server.ping().wait(30):
                answered.set()
            yield "two"

        server.send(parts())
        server.recv()

    with served(handle) as url:
        client = dialled(url)
        assert client.recv(30) == "one two"
        assert answered.is_set()
        client.close()


def test_nothing_in_time_is_a_timeout_and_the_connection_goes_on():
    with served(echo) as url:
        client = dialled(url)
        with pytest.raises(TimeoutError):
            client.recv(0.0)
        client.send("later")
        assert client.recv(30) == "later"
        client.close()


def test_the_last_word_of_a_server_that_goes_is_heard_before_its_end():
    def handle(server):
        server.send("last word")
        server.close(4000, "away")

    with served(handle) as url:
        client = dialled(url)
        assert client.recv(30) == "last word"
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(30)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4000, "away")
        with pytest.raises(ConnectionClosed):
            client.send("too late")
        client.close()
        client.close()


def test_a_message_that_is_too_large_ends_the_connection():
    with served(lambda server: server.send("x" * 5000)) as url:
        client = dialled(url, max_size=1000)
        with pytest.raises(ConnectionClosed):
            client.recv(30)
        client.close()


def test_a_server_that_is_none_of_websockets_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as deaf:

        def answer():
            connection, _ = deaf.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail.example ready\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(InvalidMessage):
            dialled(f"ws://127.0.0.1:{deaf.getsockname()[1]}")


def test_a_server_that_says_nothing_is_a_timeout():
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(TimeoutError):
        dialled(f"ws://127.0.0.1:{deaf.getsockname()[1]}", within_s=0.2)
