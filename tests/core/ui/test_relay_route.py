"""The browser's way to the relay: a real dashboard, a real relay, real sockets."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from core.base.events import LogPayload
from core.base.identifiers import new_run_id
from core.relay.tokens import mint_token, relay_key
from core.services.relay_process import living_relay
from core.store.home import Home
from core.store.run_session import open_run

REPOSITORY = Path(__file__).parents[3]
PATIENCE_S = 60


class Dashboard:
    """`streamlit run app.py` under a path prefix, with a home that holds a run of four events."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.home, self.port = folder, Home(folder / "home"), port
        self.run_id = new_run_id()
        with open_run(self.home, self.run_id, {}, {}, owns_process=False) as session:
            session.events.append(LogPayload(level="info", message="one"))
            session.events.append(LogPayload(level="info", message="two"))

    def start(self) -> None:
        own = {
            "STREAMLIT_SERVER_PORT": str(self.port),
            "STREAMLIT_SERVER_BASE_URL_PATH": "desk/qlop",
            "QLOP_HOME": str(self.home.path),
            "QLOP_CONFIG_DIR": str(self.folder / "configuration"),
        }
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "app.py")],
                cwd=self.folder,
                env={**os.environ, **own},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/desk/qlop/api/health", timeout=5).close()
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def relay(self) -> psutil.Process:
        return psutil.Process(living_relay(self.home).process.pid)

    def token(self) -> str:
        key = relay_key(self.folder / "configuration" / "relay.key")
        return mint_token(key, task_id=self.run_id, role="subscribe", now=datetime.now(UTC))

    def connect(self, path: str = "/desk/qlop/api/relay", **options):
        # The first connection waits for the relay's start.
        options = {"open_timeout": PATIENCE_S, **options}
        return connect(f"ws://127.0.0.1:{self.port}{path}", proxy=None, **options)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        with suppress(AttributeError, psutil.NoSuchProcess):
            self.relay().kill()


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory, free_port):
    made = Dashboard(tmp_path_factory.mktemp("dashboard"), free_port())
    made.start()
    yield made
    made.stop()


def frame(link) -> dict:
    return json.loads(link.recv(PATIENCE_S))


def enter(link, dashboard) -> dict:
    assert frame(link)["frame"] == "hello"
    link.send(json.dumps({"frame": "auth", "version": 1, "token": dashboard.token()}))
    return frame(link)


@pytest.mark.parametrize("path", ["/desk/qlop/api/relay", "/api/relay"])
def test_a_run_is_followed_through_the_dashboards_own_port_with_and_without_its_prefix(dashboard, path):
    with dashboard.connect(path, origin=f"http://127.0.0.1:{dashboard.port}") as link:
        assert enter(link, dashboard)["has_seq"] == 4
        link.send('{"frame": "subscribe", "from_seq": 1}')
        assert frame(link)["of"] == "subscribe"
        assert [event["seq"] for event in frame(link)["events"]] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://127.0.0.1.evil.example", "null", "http://127.0.0.1:1"]
)
def test_a_page_of_another_origin_is_refused(dashboard, origin):
    with pytest.raises(InvalidStatus) as refused, dashboard.connect(origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_a_name_that_somebody_points_at_this_machine_is_refused(dashboard):
    with socket.create_connection(("127.0.0.1", dashboard.port)) as raw:
        uri = f"ws://evil.example:{dashboard.port}/api/relay"
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(uri, sock=raw, origin=f"http://evil.example:{dashboard.port}"),
        ):
            pass
    assert refused.value.response.status_code == 403


def test_without_a_valid_token_the_relay_says_why_and_gives_nothing(dashboard):
    with dashboard.connect() as link:
        assert frame(link)["frame"] == "hello"
        link.send('{"frame": "auth", "version": 1, "token": "mine"}')
        assert frame(link)["code"] == "bad_token"
        with pytest.raises(ConnectionClosed) as closed:
            link.recv(PATIENCE_S)
    assert closed.value.rcvd.code == 1008


def test_a_message_that_is_too_large_ends_the_connection(dashboard):
    with dashboard.connect() as link:
        assert frame(link)["frame"] == "hello"
        link.send("x" * (2**20 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            link.recv(PATIENCE_S)
    assert closed.value.rcvd.code == 1009


def test_of_a_crowd_without_tokens_the_oldest_has_to_go_and_who_has_one_is_let_in(dashboard):
    with ExitStack() as stack:
        crowd = [stack.enter_context(dashboard.connect()) for _ in range(100)]
        assert [frame(link)["frame"] for link in crowd] == ["hello"] * 100
        with dashboard.connect() as link:
            assert enter(link, dashboard)["has_seq"] == 4
        with pytest.raises(ConnectionClosed) as closed:
            crowd[0].recv(PATIENCE_S)
    assert closed.value.rcvd.code == 1013
    assert closed.value.rcvd.reason.startswith("More than 100 connections have shown no token yet")


def test_a_relay_that_is_killed_closes_with_a_reason_and_the_next_connection_starts_another(dashboard):
    with dashboard.connect() as link:
        assert frame(link)["frame"] == "hello"
        killed = dashboard.relay()
        killed.kill()
        with pytest.raises(ConnectionClosed) as closed:
            link.recv(PATIENCE_S)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "The relay went away.")
    psutil.wait_procs([killed], timeout=PATIENCE_S)
    with dashboard.connect() as link:
        assert enter(link, dashboard)["has_seq"] == 4
    assert dashboard.relay().pid != killed.pid


def test_no_token_stands_in_the_dashboards_output(dashboard):
    with dashboard.connect() as link:
        enter(link, dashboard)
    signature = dashboard.token().partition(".")[0][:20]
    assert signature not in (dashboard.folder / "log").read_text()


def test_a_dashboard_that_is_stopped_ends_in_spite_of_open_connections(tmp_path, free_port):
    dashboard = Dashboard(tmp_path, free_port())
    dashboard.start()
    with dashboard.connect() as link:
        enter(link, dashboard)
        link.send('{"frame": "subscribe", "from_seq": 1}')
        dashboard.stop()
    assert dashboard.process.returncode in {0, -15}
