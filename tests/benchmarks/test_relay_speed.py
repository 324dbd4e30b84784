"""The relay under load: a real run appends to its file and publishes, a real relay serves, many subscribers watch.

Each is a process of its own, all on this machine's cores, the load's too. A delay lasts from just before `append` in the
run's process to the arrival of the batch at a subscriber; every line at every subscriber counts. The peer is a broadcast
server of websockets with its default settings: no file, a frame a line, compressed for each subscriber.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic
from typing import TYPE_CHECKING, Self

import numpy as np
import pytest

from core.services.relay_process import living_relay
from core.store.home import Home

if TYPE_CHECKING:
    from conftest import TableLine

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]
PATIENCE_S = 120
MEMORY_LIMIT_MB = 100
WARM_UP_S = 1.0


@dataclass(frozen=True)
class Load:
    """How many watch, and what they are sent."""

    subscribers: int
    lines_per_s: int
    seconds: float
    stalled: int = 0

    @property
    def n_lines(self) -> int:
        return int(self.lines_per_s * self.seconds)


MANY_SUBSCRIBERS = Load(1_000, 100, 10)
MANY_LINES = Load(50, 10_000, 6)


class Process:
    """A script of this folder, or the command line, that says lines and ends when its input does."""

    def __init__(self, home: Path, *command: object) -> None:
        folders = {"QLOP_HOME": home, "QLOP_CONFIG_DIR": home.parent / "configuration", "PYTHONPATH": REPOSITORY}
        environment = {**os.environ, **{name: str(folder) for name, folder in folders.items()}}
        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=home.parent,
        )

    def line(self) -> str:
        line = self.process.stdout.readline().strip()
        assert line, "a process of the load has ended early"
        return line

    def go(self) -> None:
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def finish(self) -> None:
        self.process.stdin.close()
        assert self.process.wait(PATIENCE_S) == 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:  # closes its pipes and waits
            self.process.terminate()

    def peak_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1]) * 1024 / 1e6


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Home(tmp_path / "home").create()
    return tmp_path / "home"


def start_relay(home: Path, port: int = 0) -> Process:
    relay = Process(home, "-m", "core.cli.main", "relay", "--port", port)
    assert relay.line().startswith("Relay of")
    return relay


@dataclass(frozen=True)
class Arrivals:
    """What came, a line for each batch, and when each number of the log was appended."""

    times: np.ndarray
    who: np.ndarray
    first: np.ndarray
    last: np.ndarray
    next_seq: np.ndarray
    n_faults: int
    appended: np.ndarray

    def delays(self, *, without: int = 0, warm_up_s: float = WARM_UP_S) -> np.ndarray:
        """Return the delay of every line at every subscriber in seconds, the warm-up and the first `without` left out."""
        chosen = self.who >= without
        first, counts = self.first[chosen], (self.last - self.first + 1)[chosen]
        # The numbers first, first + 1, ... of all batches, one after another.
        ends = np.cumsum(counts)
        numbers = np.arange(ends[-1]) - np.repeat(ends - counts - first, counts)
        moments = self.appended[numbers]
        delays = np.repeat(self.times[chosen], counts) - moments
        return delays[moments >= np.nanmin(self.appended) + warm_up_s]

    def p99(self, *, without: int = 0, warm_up_s: float = WARM_UP_S) -> float:
        return float(np.quantile(self.delays(without=without, warm_up_s=warm_up_s), 0.99))

    def are_whole(self, load: Load) -> bool:
        """Return whether everybody who reads was sent every line once, in order, and was told of no gap."""
        wanted = int(np.flatnonzero(~np.isnan(self.appended))[-1]) + 1
        return self.n_faults == 0 and bool((self.next_seq[load.stalled :] >= wanted).all())


def measured(home: Path, load: Load, *, peer_port: str = "", meanwhile: Callable[[], None] | None = None) -> Arrivals:
    """Let a run say the load's lines to its subscribers, and return what came."""
    run_answer, crowd_answer = home.parent / "run.npy", home.parent / "crowd.npz"
    with ExitStack() as processes:
        say = (FOLDER / "relay_run.py", peer_port or home, load.n_lines, load.lines_per_s, run_answer)
        run = processes.enter_context(Process(home, *say))
        run_id = run.line()
        to_whom = (peer_port, load.subscribers) if peer_port else (home, run_id, load.subscribers, load.stalled)
        watch = (FOLDER / "relay_subscribers.py", *to_whom, crowd_answer)
        crowd = processes.enter_context(Process(home, *watch))
        assert crowd.line() == "live"
        run.go()
        if meanwhile:
            meanwhile()
        assert run.line() == "said"
        time.sleep(3.0 if peer_port else 1.0)
        crowd.finish()
        run.finish()
    with np.load(crowd_answer) as answer:
        return Arrivals(**{name: answer[name] for name in answer}, appended=np.load(run_answer))


def peer_p99(home: Path, load: Load) -> float:
    with Process(home, FOLDER / "relay_peer.py") as peer:
        # Where it cannot keep up, what came is what counts, from the first line on.
        return measured(home, load, peer_port=peer.line()).p99(warm_up_s=0.0)


@pytest.mark.parametrize(
    ("what", "load", "limit_s"),
    [
        ("relay, 1,000 subscribers x 100 lines/s: append to arrival, p99", MANY_SUBSCRIBERS, 0.050),
        ("relay, 50 subscribers x 10,000 lines/s: append to arrival, p99", MANY_LINES, 0.100),
    ],
    ids=["many_subscribers", "many_lines"],
)
def test_lines_reach_everybody_in_time(
    what: str, load: Load, limit_s: float, home: Path, table_line: TableLine
) -> None:
    with start_relay(home) as relay:
        arrivals = measured(home, load)
        memory = relay.peak_mb()
    theirs = peer_p99(home, Load(load.subscribers, load.lines_per_s, min(load.seconds, 3)))
    ours = arrivals.p99()
    table_line(what, ours, f"{limit_s * 1e3:g} ms", peer=("websockets broadcast", theirs))
    table_line(f"{what.partition(':')[0]}: its memory", memory, f"{MEMORY_LIMIT_MB} MB", unit="MB")
    assert arrivals.are_whole(load)
    assert memory < MEMORY_LIMIT_MB
    assert ours <= limit_s


def test_a_thousand_subscribers_are_whole_two_seconds_after_the_relay_was_killed(
    home: Path, table_line: TableLine
) -> None:
    restarts: list[float] = []
    relay = start_relay(home)

    def kill_and_restart() -> None:
        nonlocal relay
        time.sleep(3)
        port = int(living_relay(Home(home)).url.rpartition(":")[2])
        with relay.process:
            relay.process.kill()
        restarts.append(monotonic())
        relay = start_relay(home, port)
        restarts.append(monotonic())

    arrivals = measured(home, MANY_SUBSCRIBERS, meanwhile=kill_and_restart)
    with relay:
        memory = relay.peak_mb()
    began, listens = restarts
    whole_after = whole_at(arrivals, began) - began
    table_line("relay killed: from its restart until 1,000 subscribers are whole and live", whole_after, "2 s")
    table_line("of that, until it listens", listens - began, "")
    table_line("the restarted relay: its memory", memory, f"{MEMORY_LIMIT_MB} MB", unit="MB")
    assert arrivals.are_whole(MANY_SUBSCRIBERS)
    assert memory < MEMORY_LIMIT_MB
    assert whole_after <= 2


def whole_at(arrivals: Arrivals, restarted_at: float) -> float:
    """Return when the last subscriber had everything that was appended until a tenth of a second before."""
    late = arrivals.times - arrivals.appended[arrivals.last]
    caught_up = (arrivals.times > restarted_at) & (late <= 0.1)
    firsts = np.full(MANY_SUBSCRIBERS.subscribers, np.inf)
    np.minimum.at(firsts, arrivals.who[caught_up], arrivals.times[caught_up])
    return float(firsts.max())


def test_one_stalled_subscriber_does_not_delay_the_others(home: Path, table_line: TableLine) -> None:
    plain, beside_stalled = Load(200, 1_000, 6), Load(201, 1_000, 6, stalled=1)
    p99s: dict[Load, list[float]] = {plain: [], beside_stalled: []}
    with start_relay(home):
        for _ in range(5):
            for load, found in p99s.items():
                arrivals = measured(home, load)
                assert arrivals.are_whole(load)
                found.append(arrivals.p99(without=load.stalled))
    without, beside = median(p99s[plain]), median(p99s[beside_stalled])
    moved = 100 * (beside / without - 1)
    table_line("relay, 200 subscribers x 1,000 lines/s: p99, median of 5", without, "")
    table_line("beside one that is stalled: p99 of the others, median of 5", beside, "")
    table_line("by how much it moves", moved, "10 %", unit="%")
    assert moved < 10
