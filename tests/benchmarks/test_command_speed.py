"""What a person waits for at the command line, and the memory of the demo. Every call is a process of its own.

Seconds are wall time from start to end of the process, the best of several calls: other work on the machine only adds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import psutil
import pytest

from core.base.identifiers import new_run_id
from core.config.loader import load_config
from core.services.ready_configs import ready_config
from core.store.home import Home
from core.store.run_session import open_run

if TYPE_CHECKING:
    from conftest import TableLine

QLOP = Path(sys.executable).with_name("qlop")
CALLS = 10
N_RUNS = 1_000

LOAD_KERNELS = """
import json
from time import perf_counter
start = perf_counter()
import numba
numba_seconds = perf_counter() - start
import pandas as pd
import core.config.sections
from core.contracts.broker_terms import BrokerTerms, FinancingTerms
from core.engine.panel import panel_arrays
from core.testing.panels import make_panel
panel = make_panel(50)
signals = pd.Series(1.5, index=panel.index)
terms = BrokerTerms(FinancingTerms(panel["risk_free_rate_annual"].groupby("timestamp").first().to_numpy()))

start = perf_counter()
from core.engine.kernels.ledger import run_ledger
from core.engine.kernels.round_trips import round_trips
from core.engine.backtest import run_backtest
execution = core.config.sections.ExecutionConfig()
run_backtest(panel, signals, terms, execution)
first_seconds = perf_counter() - start
start = perf_counter()
run_backtest(panel, signals, terms, execution)
print(json.dumps({
    "numba": numba_seconds,
    "kernels": first_seconds - (perf_counter() - start),
    "from_disk": [sum(kernel.stats.cache_hits.values()) for kernel in (run_ledger, round_trips)],
    "compiled": [sum(kernel.stats.cache_misses.values()) for kernel in (run_ledger, round_trips)],
}))
"""


@dataclass(frozen=True)
class Person:
    """Somebody with a home, a cache and a configuration folder of their own."""

    folder: Path

    def environment(self, cache: str = "cache") -> dict[str, str]:
        folders = {"QLOP_HOME": "home", "QLOP_CACHE_DIR": cache, "QLOP_CONFIG_DIR": "configuration"}
        return {**os.environ, **{name: str(self.folder / folder) for name, folder in folders.items()}}

    def call(self, *command: object, cache: str = "cache") -> str:
        done = subprocess.run(
            [*map(str, command)], env=self.environment(cache), cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def seconds_of(self, *arguments: str, cache: str = "cache") -> float:
        start = perf_counter()
        assert self.call(QLOP, *arguments, cache=cache)
        return perf_counter() - start


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_help_comes_in_less_than_three_tenths_of_a_second(person: Person, table_line: TableLine) -> None:
    best = min(person.seconds_of("--help") for _ in range(CALLS))
    table_line("`qlop --help`", best, "0.3 s")
    assert best < 0.3


def test_the_list_of_plugins_comes_in_less_than_half_a_second(person: Person, table_line: TableLine) -> None:
    person.seconds_of("plugins", "list")
    best = min(person.seconds_of("plugins", "list") for _ in range(CALLS))
    table_line("`qlop plugins list`", best, "0.5 s")
    assert best < 0.5


def test_the_first_list_of_plugins_comes_in_less_than_half_a_second(person: Person, table_line: TableLine) -> None:
    best = min(person.seconds_of("plugins", "list", cache=f"cache_{number}") for number in range(CALLS))
    table_line("`qlop plugins list`, the first one: every plugin is imported in a process aside", best, "0.5 s")
    assert best < 0.5


def test_a_thousand_runs_are_listed_in_less_than_half_a_second(person: Person, table_line: TableLine) -> None:
    home = Home(person.folder / "home")
    config = load_config(ready_config("leverage_opportunity")).model_dump(mode="json")
    for _ in range(N_RUNS):
        with open_run(home, new_run_id(), config, {}, owns_process=False) as session:
            session.save_metrics({"sharpe": 0.5, "max_drawdown": -0.5})
    assert len(json.loads(person.call(QLOP, "runs", "list", "--limit", "2000", "--json"))) == N_RUNS
    best = min(person.seconds_of("runs", "list") for _ in range(CALLS))
    table_line(f"`qlop runs list`, {N_RUNS:,} runs", best, "0.5 s")
    assert best < 0.5


def test_kernels_load_from_disk_in_less_than_half_a_second(person: Person, table_line: TableLine) -> None:
    person.call(sys.executable, "-c", LOAD_KERNELS)
    answers = [json.loads(person.call(sys.executable, "-c", LOAD_KERNELS)) for _ in range(CALLS)]
    assert all((answer["from_disk"], answer["compiled"]) == ([1, 1], [0, 0]) for answer in answers)
    kernels, numba = (min(answer[part] for answer in answers) for part in ("kernels", "numba"))
    table_line("kernels from the disk cache, import to first result", kernels, "0.5 s")
    table_line("beside that: `import numba`", numba, "")
    assert kernels < 0.5


def test_the_demo_stays_within_a_minute_and_a_gigabyte(person: Person, table_line: TableLine) -> None:
    first, first_peak = demo(person)
    again, again_peak = min(demo(person) for _ in range(3))
    table_line("`qlop demo`, kernels compiled", again, "60 s")
    table_line("`qlop demo`, the first one: kernels are being compiled", first, "60 s")
    table_line("`qlop demo`, memory of all its processes", again_peak, "1,000 MB", unit="MB")
    table_line("`qlop demo`, the first one, memory of all its processes", first_peak, "1,000 MB", unit="MB")
    assert max(first, again) < 60
    assert max(first_peak, again_peak) < 1_000


def demo(person: Person) -> tuple[float, float]:
    """Return seconds, and megabytes: the sum of what each process of the tree held at its own peak."""
    start = perf_counter()
    with (person.folder / "output").open("w+") as output:
        process = psutil.Popen(
            [QLOP, "demo"], env=person.environment(), cwd=person.folder, stdout=output, stderr=output
        )
        peaks: dict[int, int] = {}
        while process.poll() is None:
            for member in (process, *children_of(process)):
                peaks[member.pid] = max(peaks.get(member.pid, 0), peak_bytes(member.pid))
            try:
                process.wait(0.02)
            except psutil.TimeoutExpired:
                continue
        seconds = perf_counter() - start
        output.seek(0)
        assert process.returncode == 0, output.read()
    return seconds, sum(peaks.values()) / 1e6


def children_of(process: psutil.Popen) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def peak_bytes(pid: int) -> int:
    """Return the most memory that a process has held so far, as the kernel counts it; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
