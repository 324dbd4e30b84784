"""A real relay over a home of its own, served from a thread, and runs that are published to it."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from core.base.errors import RunIdError
from core.base.events import LogPayload
from core.base.identifiers import new_run_id
from core.relay.back_off import BackOff
from core.relay.endpoint import RelayEndpoint
from core.relay.limits import RelayLimits
from core.relay.server import Relay, RelayPlan
from core.relay.tokens import mint_token, relay_key
from core.services.relay_process import living_relay
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_session import open_run

KEY = b"k" * 32
REPOSITORY = Path(__file__).parents[3]


@dataclass
class ServedRelay:
    """A relay that can go away and come back on the same port."""

    home: Home
    limits: RelayLimits = field(default_factory=RelayLimits)
    port: int = 0
    key: bytes = KEY
    _thread: threading.Thread | None = field(default=None, init=False)

    def start(self) -> None:
        listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listening)))
        self._thread.start()
        assert listening.wait(30)

    def stop(self) -> None:
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(30)
            assert not self._thread.is_alive()
            self._thread = None

    def endpoint_of(self, run_id: str, role: str, key: bytes = KEY):
        """Return how a client of `run_id` finds this relay; while it is away nobody answers there."""

        def find() -> RelayEndpoint:
            token = mint_token(key, task_id=run_id, role=role, now=datetime.now(UTC))
            return RelayEndpoint(f"ws://127.0.0.1:{self.port}", token)

        return find

    def _log_of(self, run_id: str):
        try:
            return RunFolder.open(self.home, run_id).events()
        except RunIdError:
            return None

    async def _serve(self, listening: threading.Event) -> None:
        plan = RelayPlan(self.key, self._log_of, lambda: datetime.now(UTC), port=self.port, limits=self.limits)
        async with Relay(plan) as relay:
            self.port, self._loop, self._end = relay.port, asyncio.get_running_loop(), asyncio.Event()
            listening.set()
            await self._end.wait()


@dataclass
class RelayProcess:
    """`qlop relay`, which can be killed and comes back on the same port."""

    home: Home
    configuration: Path
    port: int = 0
    _process: subprocess.Popen | None = field(default=None, init=False)

    def start(self) -> None:
        self._process = self.another(self.port, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while (found := living_relay(self.home)) is None:
            assert self._process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        self.port = int(found.url.rpartition(":")[2])

    def another(self, port: int, *options: str, **pipes) -> subprocess.Popen:
        """Start one more relay for the same home, whatever becomes of it."""
        command = [sys.executable, "-P", "-m", "core.cli.main", "relay", "--home", str(self.home.path)]
        return subprocess.Popen(
            [*command, "--port", str(port), *options],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "QLOP_CONFIG_DIR": str(self.configuration)},
            stdin=subprocess.DEVNULL,
            **pipes,
        )

    def terminate(self) -> int:
        """Ask it to end, and return its exit code."""
        self._process.terminate()
        return self._process.wait(30)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def endpoint_of(self, run_id: str, role: str):
        """Return how a client of `run_id` finds this relay."""
        key = relay_key(self.configuration / "relay.key")

        def find() -> RelayEndpoint:
            token = mint_token(key, task_id=run_id, role=role, now=datetime.now(UTC))
            return RelayEndpoint(f"ws://127.0.0.1:{self.port}", token)

        return find


class RawClient:
    """A client that sees every frame as it comes."""

    def __init__(self, url, token=None, **options):
        plain = {"compression": None, "max_size": None, "ping_interval": None, "close_timeout": 0.2}
        self.socket = connect(url, **plain, **options).__enter__()
        self.first = json.loads(self.socket.recv(timeout=30))
        if self.first["frame"] == "hello":
            self.send(frame="auth", version=1, token=token)

    def send(self, **frame):
        self.socket.send(json.dumps(frame))

    def read(self, *names):
        """Return the next frame that bears one of the names; heartbeats alone do not keep it waiting for ever."""
        deadline = time.monotonic() + 30
        while True:
            frame = json.loads(self.socket.recv(timeout=max(0.0, deadline - time.monotonic())))
            if frame["frame"] in names:
                return frame

    def follow(self, **where):
        """Subscribe once the token is accepted, and return the answer."""
        self.read("ack")
        self.send(frame="subscribe", **where)
        return self.read("ack")

    def events_to(self, last_seq):
        """Return the events that come until number `last_seq`, checked to be contiguous."""
        events = []
        while not events or events[-1]["seq"] < last_seq:
            batch = self.read("batch")
            assert [event["seq"] for event in batch["events"]] == list(range(batch["from_seq"], batch["to_seq"] + 1))
            assert not events or batch["from_seq"] == events[-1]["seq"] + 1
            events += batch["events"]
        return events

    def end(self):
        """Return the code and reason of the close that comes next."""
        deadline = time.monotonic() + 30
        try:
            while True:
                self.socket.recv(timeout=max(0.0, deadline - time.monotonic()))
        except ConnectionClosed as closed:
            return closed.rcvd.code, closed.rcvd.reason


@pytest.fixture(autouse=True)
def nothing_waits_for_ever():
    """Fails a test that waits for what does not come, where it waits."""

    def give_up(_number, _frame):
        raise AssertionError("The test has waited for a minute.")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def in_time():
    """Bounds a loop that waits for the relay: each call of what it returns checks that there is time left."""

    def begin():
        deadline = time.monotonic() + 30

        def check():
            assert time.monotonic() < deadline

        return check

    return begin


@pytest.fixture
def dial():
    """Connects to a relay as a client that sees every frame; closed at the end."""
    with ExitStack() as stack:

        def call(relay, run_id, role="subscribe", *, token=None, **options):
            endpoint = relay.endpoint_of(run_id, role)()
            client = RawClient(endpoint.url, token or endpoint.token, **options)
            stack.callback(client.socket.close)
            return client

        yield call


@pytest.fixture
def relay_with(served_relay):
    """Restarts the relay with other limits."""

    def restart(**limits):
        served_relay.stop()
        served_relay.limits = RelayLimits(**limits)
        served_relay.start()
        return served_relay

    return restart


@pytest.fixture
def logged(living_run):
    """Appends log lines to the run's own log and returns the number of the last event."""

    def log(count, message="line"):
        for number in range(count):
            event = living_run.events.append(LogPayload(level="info", message=f"{message} {number + 1}"))
        return event.seq

    return log


@pytest.fixture
def whole_log(living_run):
    """Reads the run's log as it stands in the file."""
    return lambda: [json.loads(line) for line in living_run.folder.events_path.read_bytes().splitlines()]


@pytest.fixture
def relay_process(run_home, tmp_path, free_port):
    """How to start a relay in a process of its own."""
    return RelayProcess(run_home, tmp_path / "configuration", free_port())


@pytest.fixture
def mortal_relay(relay_process):
    """A relay in a process of its own."""
    relay_process.start()
    yield relay_process
    relay_process.kill()


@pytest.fixture
def run_home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def served_relay(run_home, free_port):
    """A relay that listens."""
    relay = ServedRelay(run_home, port=free_port())
    relay.start()
    yield relay
    relay.stop()


@pytest.fixture
def living_run(run_home):
    """A run that lives in this process until the test ends, or ends it."""
    with open_run(run_home, new_run_id(), {}, {}, owns_process=False) as session:
        yield session


@pytest.fixture
def soon():
    """Makes waits that are short and never nothing."""
    return lambda: BackOff(random.Random(7).random, first_s=0.02, longest_s=0.05)
