"""The console before a relay whose messages cannot be read."""

import threading

import pytest
from playwright.sync_api import expect
from websockets.sync.server import serve

expect.set_options(timeout=60_000)


class GarblingRelay:
    """Takes every connection, says what is no JSON, and counts how often it was asked."""

    def __init__(self) -> None:
        self.n_connections = 0
        self._server = serve(self._answer, "127.0.0.1", 0)
        self.port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever)

    def _answer(self, connection):
        self.n_connections += 1
        connection.send('{"frame": "hel')
        for _ in connection:
            pass

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()


@pytest.fixture(scope="module")
def relay():
    """In the place of the relay of all other tests of the console."""
    with GarblingRelay() as garbling:
        yield garbling


def test_after_three_broken_messages_the_console_says_so_and_reads_the_file(written_run, open_console, relay):
    run = written_run()
    run.begin()
    console = open_console(run)
    expect(console.notice).to_contain_text("What the relay sends cannot be read: looking at the file every second")
    assert relay.n_connections == 3
    for number in range(3):
        run.say(f"from the file {number}")
        expect(console.line(f"from the file {number}")).to_be_visible()
    expect(console.whole).to_have_text("complete: 5 of 5 events")
    assert relay.n_connections == 3
    run.end()
    expect(console.badge).to_contain_text("completed")
