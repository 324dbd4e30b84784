"""A store with 100,000 runs: what lists, filters, counts and facets take through the services that the screens and the commands call.

Every question is asked again and again, each time with a store opened anew, as a command or a drawn page does, and its p95 counts. The
folders are there as well, so that what is looked at to keep the list true is part of it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.services.prune_runs import PruneRules, plan_prune
from core.services.run_list import FigureRange, RunFilter, list_version, list_words, run_count, run_list
from core.services.runs import list_runs
from core.services.workbench import Workbench, open_workbench
from core.store.listed_columns import SORTED_BY
from core.store.run_store import RunStore
from tests.large_store import NEWEST, make_large_store

if TYPE_CHECKING:
    from conftest import TableLine

N_RUNS, ROWS = 100_000, 200
LIMIT_MS, ROUNDS = 100, 20
COMMAND_S, PRUNE_S = 1.5, 5.0
SHARED_MEMORY, ROOM_BYTES = Path("/dev/shm"), 6 * 10**9
DAY = datetime(NEWEST.year - 1, 12, 1, tzinfo=UTC)
ASKED: dict[str, RunFilter] = {
    "all": RunFilter(),
    "state, 5 % of them": RunFilter(state="failed"),
    "a state that none has": RunFilter(state="running"),
    "mode": RunFilter(mode="train"),
    "tag": RunFilter(tag="live"),
    "text that a third has": RunFilter(text="XGBoost"),
    "text that one has": RunFilter(text="run 99998 of"),
    "text that none has": RunFilter(text="nothing like it"),
    "a day": RunFilter(started_from=DAY, started_before=DAY.replace(day=2)),
    "Sharpe above .5": RunFilter(figures=(FigureRange("sharpe", 0.5),)),
    "Sharpe above 9": RunFilter(figures=(FigureRange("sharpe", 9.0),)),
    "mode, tag and Sharpe": RunFilter(mode="train", tag="live", figures=(FigureRange("sharpe", 0.5),)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Path]:
    """A home that both databases list; in memory where there is room.

    A disk takes minutes for so many small files, to make them and to remove them. What is asked here is answered alike
    by both: the system has the names and files of a home that was just looked at in memory.
    """
    has_room = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > ROOM_BYTES
    place = Path(mkdtemp(prefix="qlop-large-", dir=SHARED_MEMORY)) if has_room else tmp_path_factory.mktemp("large")
    try:
        make_large_store(place / "home", N_RUNS, further_index=postgres_url)
        yield place / "home"
    finally:
        shutil.rmtree(place)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def workbench(request: pytest.FixtureRequest, folder: Path, postgres_url: str) -> Workbench:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "postgresql":
            patch.setenv("QLOP_STORE_URL", postgres_url)
        return open_workbench(folder)


def p95_s(ask: Callable[[], object]) -> float:
    waits = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ask()
        waits.append(time.perf_counter() - start)
    return float(np.quantile(waits, 0.95))


@pytest.fixture
def asked(workbench: Workbench, table_line: TableLine) -> Callable[[str, dict[str, Callable[[], object]]], None]:
    def ask_all(what: str, questions: dict[str, Callable[[], object]]) -> None:
        """Measure each question; the slowest is the line, and each is held to the limit."""
        run_list(workbench, RunFilter(), limit=ROWS)
        waits = {name: p95_s(question) for name, question in questions.items()}
        slowest = max(waits, key=waits.__getitem__)
        of_these = f", the slowest of {len(waits)} ({slowest})" if len(waits) > 1 else ""
        store = workbench.home.store_url.partition(":")[0]
        table_line(f"{N_RUNS:,} runs, {store}: {what}, p95{of_these}", waits[slowest], f"{LIMIT_MS} ms")
        assert {name: wait for name, wait in waits.items() if wait > LIMIT_MS / 1e3} == {}

    return ask_all


def test_a_page_of_what_filters_leave(workbench: Workbench, asked) -> None:
    asked(
        f"list {ROWS} that a filter leaves",
        {name: lambda wanted=wanted: run_list(workbench, wanted, limit=ROWS) for name, wanted in ASKED.items()},
    )


def test_counting_what_filters_leave(workbench: Workbench, asked) -> None:
    asked("count", {name: lambda wanted=wanted: run_count(workbench, wanted) for name, wanted in ASKED.items()})
    assert run_count(workbench, RunFilter()) == N_RUNS


def test_a_page_sorted_by_each_column_either_way(workbench: Workbench, asked) -> None:
    asked(
        f"list {ROWS} sorted",
        {
            f"{order}, {'down' if down else 'up'}": lambda order=order, down=down: run_list(
                workbench, RunFilter(), limit=ROWS, order=order, is_descending=down
            )
            for order in SORTED_BY
            for down in (True, False)
        },
    )


def test_a_page_of_what_a_text_leaves_sorted_either_way(workbench: Workbench, asked) -> None:
    asked(
        f"list {ROWS} that a text leaves, sorted",
        {
            f"{name}, by {order}, {'down' if down else 'up'}": lambda name=name, order=order, down=down: run_list(
                workbench, ASKED[name], limit=ROWS, order=order, is_descending=down
            )
            for name in ("text that a third has", "text that one has", "text that none has")
            for order in ("title", "sharpe", "created_at")
            for down in (True, False)
        },
    )


def test_a_page_far_down(workbench: Workbench, asked) -> None:
    far = N_RUNS - ROWS
    asked(
        f"page {N_RUNS // ROWS}",
        {
            order: lambda order=order: run_list(workbench, RunFilter(), limit=ROWS, offset=far, order=order)
            for order in ("created_at", "sharpe", "title")
        },
    )
    assert len(run_list(workbench, RunFilter(), limit=ROWS, offset=far)) == ROWS


def test_what_the_screen_and_the_command_ask_besides(workbench: Workbench, asked) -> None:
    asked(
        "words to choose from, whether anything changed, the command's list",
        {
            "list_words": lambda: list_words(workbench),
            "list_version": lambda: list_version(workbench),
            "list_runs": lambda: list_runs(workbench),
            "list_runs, failed": lambda: list_runs(workbench, state="failed", text="xgboost"),
        },
    )


def test_the_command_as_a_process(workbench: Workbench, table_line: TableLine) -> None:
    command = [
        sys.executable,
        "-m",
        "core.cli.main",
        "runs",
        "list",
        "--limit",
        "20",
        "--home",
        str(workbench.home.path),
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    if workbench.home.database_url:
        environment["QLOP_STORE_URL"] = workbench.home.database_url
    waits = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        waits.append(time.perf_counter() - start)
    store = workbench.home.store_url.partition(":")[0]
    table_line(
        f"{N_RUNS:,} runs, {store}: `qlop runs list` as a process, median", float(np.median(waits)), f"{COMMAND_S} s"
    )
    assert np.median(waits) <= COMMAND_S


def test_the_memory_that_a_list_takes(workbench: Workbench, table_line: TableLine) -> None:
    code = (
        "import re, sys; from pathlib import Path\n"
        "from core.services.run_list import RunFilter, run_list, run_count, list_words\n"
        "from core.services.workbench import open_workbench\n"
        "workbench = open_workbench(sys.argv[1])\n"
        "run_list(workbench, RunFilter(), limit=200); run_count(workbench, RunFilter(text='xgboost')); list_words(workbench)\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    if workbench.home.database_url:
        environment["QLOP_STORE_URL"] = workbench.home.database_url
    done = subprocess.run(
        [sys.executable, "-c", code, str(workbench.home.path)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    megabytes = int(re.findall(r"\d+", done.stdout)[-1]) / 1024
    store = workbench.home.store_url.partition(":")[0]
    table_line(
        f"{N_RUNS:,} runs, {store}: peak of memory of a list, Python and pandas included",
        megabytes,
        "250 MB",
        unit="MB",
    )
    assert megabytes <= 250


def test_what_prune_would_let_go(workbench: Workbench, table_line: TableLine) -> None:
    """Of every run that stays two files are read: no index says from which runs it comes."""
    by_age, by_state = PruneRules(older_than=timedelta(days=60)), PruneRules(states=("failed",), keep_last=1000)
    waits = []
    for rules in (by_age, by_state):
        start = time.perf_counter()
        plan = plan_prune(workbench, rules, NEWEST + timedelta(days=1))
        waits.append(time.perf_counter() - start)
        assert 1_000 < len(plan.going) < N_RUNS / 2
    store = workbench.home.store_url.partition(":")[0]
    table_line(f"{N_RUNS:,} runs, {store}: `qlop runs prune` without --yes, the slower of two", max(waits), "5 s")
    assert max(waits) <= PRUNE_S


def test_the_first_look_after_a_folder_came(workbench: Workbench, table_line: TableLine) -> None:
    """All names are compared then, once; the limit of a look does not hold for it."""
    with RunStore(workbench.home) as store:
        store.find()
    waits = []
    for number in range(5):
        other = workbench.home.runs_folder / f"not-a-run-{number}"
        other.mkdir()
        start = time.perf_counter()
        list_runs(workbench)
        waits.append(time.perf_counter() - start)
        other.rmdir()
    store_name = workbench.home.store_url.partition(":")[0]
    table_line(
        f"{N_RUNS:,} runs, {store_name}: the first look after a folder came or went, median",
        float(np.median(waits)),
        "",
    )
    assert np.median(waits) < 5.0
