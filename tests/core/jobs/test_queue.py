"""First come, first served, so many at once: seen from the events of real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from core.base.events import Event, RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.jobs.cancel import cancel
from core.jobs.queue import enter_queue, parent_run
from core.jobs.start import start_run
from core.jobs.ticket import Ticket
from core.jobs.watch import follow, settle
from core.services.unfinished_runs import unfinished_runs
from core.services.workbench import open_workbench
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_session import open_run
from core.store.run_store import RunStore

# Works until the file `go` is there, as a run of the command line does, but for its mode.
PROGRAM = """
import json, sys, time
from pathlib import Path
from core.jobs.queue import enter_queue
from core.jobs.signals import CancelFlag
from core.jobs.start import start_run
from core.services.run_bounds import wait_for_turn
from core.store.home import Home
from core.store.run_session import open_run

arguments = dict(zip(sys.argv[3::2], sys.argv[4::2]))
config = json.loads(Path(arguments["--config"]).read_text())
home, run_id = Home(Path(arguments["--home"])), arguments["--stream-to-ws"]
with CancelFlag() as flag, enter_queue(home, run_id, config["limit"]) as place:
    waiting = place.status()
    run = open_run(home, run_id, config, {"parent_run": place.parent}, waiting=waiting)
    flag.watch(run.folder.path)
    with run.not_yet_at_work():
        wait_for_turn(run, place, waiting, flag.check, lambda event: None)
    with run:
        if config.get("starts_child"):
            child = start_run(home, "train", {**config, "starts_child": False}, program=(sys.executable, sys.argv[0]))
            run.save_json("child", child.run_id)
        while not Path(config["go"]).exists():
            flag.check()
            time.sleep(0.01)
        time.sleep(0.1)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / ".qlop").create()


@pytest.fixture
def go(tmp_path: Path) -> Path:
    return tmp_path / "go"


@pytest.fixture
def start(home: Home, go: Path, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Start a run of a home in which one works at a time, unless said; whatever a failing test leaves is killed."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    pids: list[int] = []

    def begin(*, limit: int | None = 1, is_light: bool = False, **config: object) -> str:
        config = {"mode": "train", "limit": limit, "go": str(go), **config}
        started = start_run(home, "train", config, program=(sys.executable, str(program)), is_light=is_light)
        pids.append(started.pid)
        return started.run_id

    yield begin
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _statuses(home: Home, run_id: str) -> list[StatusPayload]:
    events = RunFolder.open(home, run_id).events().read()
    return [event.payload for event in events if isinstance(event.payload, StatusPayload)]


def _states(home: Home, run_id: str) -> list[RunState]:
    return [status.state for status in _statuses(home, run_id)]


def _until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def _until_it_works(home: Home, run_id: str) -> None:
    _until(lambda: RunState.RUNNING in _states(home, run_id))


def _until_it_waits(home: Home, run_id: str) -> None:
    _until(lambda: "waits for a slot" in _statuses(home, run_id)[-1].current_status)


def _pid(home: Home, run_id: str) -> int:
    process = RunFolder.open(home, run_id).process()
    assert process is not None
    return process.pid


def _work(home: Home, run_id: str) -> tuple[datetime, datetime]:
    events: list[Event] = list(follow(home, run_id))
    begun = next(event for event in events if getattr(event.payload, "state", None) is RunState.RUNNING)
    return begun.timestamp_utc, events[-1].timestamp_utc


@pytest.mark.parametrize("limit", [1, 2])
def test_never_more_than_the_limit_work_at_once_and_the_order_is_kept(
    home: Home, go: Path, start: Callable[..., str], limit: int
) -> None:
    run_ids = [start(limit=limit) for _ in range(6)]
    _until_it_waits(home, run_ids[-1])
    go.touch()
    spans = [_work(home, run_id) for run_id in run_ids]
    moments = sorted([(begun, 1) for begun, _ in spans] + [(ended, -1) for _, ended in spans])
    at_work = [sum(change for _, change in moments[: count + 1]) for count in range(len(moments))]
    assert max(at_work) <= limit
    for place, (begun, _) in enumerate(spans):
        assert sum(ended > begun for _, ended in spans[:place]) < limit
    assert all(_states(home, run_id)[-1] is RunState.COMPLETED for run_id in run_ids)


def test_a_run_that_waits_says_why_and_lists_show_it(home: Home, start: Callable[..., str]) -> None:
    first, second, third = start(), start(), start()
    _until_it_works(home, first)
    _until_it_waits(home, second)
    _until_it_waits(home, third)
    told = _statuses(home, third)[-1]
    assert told.state is RunState.QUEUED
    assert told.current_status.startswith("The run waits for a slot: 2 runs before it; 1 run works at a time")
    shown = {run.run_id: run for run in unfinished_runs(open_workbench(home.path))}
    assert (shown[third].state, shown[third].current_status) == ("queued", told.current_status)
    assert shown[second].current_status.startswith("The run waits for a slot: 1 run before it")
    with RunStore(home) as store:
        assert store.get(third).started_at is None


def test_when_waiting_and_working_processes_are_killed_the_next_one_begins(
    home: Home, go: Path, start: Callable[..., str]
) -> None:
    works, waits, last = start(), start(), start()
    _until_it_works(home, works)
    _until_it_waits(home, last)
    os.kill(_pid(home, waits), signal.SIGKILL)
    _until(lambda: "1 run before it" in _statuses(home, last)[-1].current_status)
    # A process that dies lets go of its ticket a moment before it lets go of its lock.
    _until(lambda: settle(home, waits) is RunState.CRASHED)
    assert settle(home, works) is RunState.RUNNING
    os.kill(_pid(home, works), signal.SIGKILL)
    _until_it_works(home, last)
    _until(lambda: settle(home, works) is RunState.CRASHED)
    go.touch()
    begun, _ = _work(home, last)
    assert _states(home, last)[-2:] == [RunState.RUNNING, RunState.COMPLETED]
    with RunStore(home) as store:
        assert store.get(last).started_at == begun


def test_a_run_that_waits_is_cancelled_at_once_and_harms_no_other(
    home: Home, go: Path, start: Callable[..., str]
) -> None:
    works, waits, last = start(), start(), start()
    _until_it_works(home, works)
    _until_it_waits(home, waits)
    report = cancel(home, waits, reason="changed my mind", grace_s=60)
    assert (report.state, report.killed) == (RunState.CANCELLED, ())
    assert _statuses(home, waits)[-1].current_status == "Cancelled: changed my mind."
    go.touch()
    assert [event.payload.state for event in follow(home, last)][-1] is RunState.COMPLETED  # type: ignore[union-attr]
    assert RunState.RUNNING not in _states(home, waits)


def test_a_run_that_is_started_from_inside_a_run_works_in_its_parents_place(
    home: Home, go: Path, start: Callable[..., str]
) -> None:
    parent = start(starts_child=True)
    _until((RunFolder.open(home, parent).artifacts / "child.json").exists)
    [child] = [path.name for path in home.runs_folder.iterdir() if path.name != parent]
    _until_it_works(home, child)
    waits = start()
    _until_it_waits(home, waits)
    assert "1 run before it" in _statuses(home, waits)[-1].current_status
    assert RunFolder.open(home, child).environment()["parent_run"] == parent
    go.touch()
    assert list(follow(home, waits))[-1].payload.state is RunState.COMPLETED  # type: ignore[union-attr]


def test_a_run_that_was_told_not_to_wait_begins_and_lets_others_begin(home: Home, start: Callable[..., str]) -> None:
    _until_it_works(home, start())
    _until_it_works(home, start(limit=None))


def test_light_runs_work_beside_the_others_and_wait_for_each_other_alone(
    home: Home, go: Path, start: Callable[..., str]
) -> None:
    _until_it_works(home, start())
    light = [start(is_light=True, limit=4), start(is_light=True, limit=4)]
    _until_it_works(home, light[0])
    _until(lambda: any("light" in status.current_status for status in _statuses(home, light[1])))
    assert _statuses(home, light[1])[-1].current_status == (
        "The run waits for the slot of light runs: 1 light run before it; 1 works at a time."
    )
    later = start()
    _until(lambda: any("slot: 1 run before it" in status.current_status for status in _statuses(home, later)))
    go.touch()
    for run_id in (*light, later):
        assert list(follow(home, run_id))[-1].payload.state is RunState.COMPLETED


def test_a_run_in_somebodys_python_counts_and_what_its_thread_starts_is_its_child(home: Home) -> None:
    run_id, another = new_run_id(), new_run_id()
    with enter_queue(home, run_id, 1) as place, open_run(home, run_id, {}, {}, owns_process=False):
        assert place.status() is None
        assert parent_run(home, another) == run_id
        assert parent_run(home, run_id) is None
        with enter_queue(home, another, 1) as child:
            assert (child.parent, child.status()) == (run_id, None)
    assert parent_run(home, another) is None


def test_a_run_that_has_ended_is_nobodys_parent(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_run(home, new_run_id(), {}, {}, owns_process=False) as run:
        pass
    for named in (run.run_id, new_run_id(), "no id"):
        monkeypatch.setenv("QLOP_RUN_ID", named)
        assert parent_run(home, new_run_id()) is None


CONTENDER = """
import sys
from pathlib import Path
from core.jobs.ticket import Ticket
folder, held = Path(sys.argv[1]), Path(sys.argv[2])
for _ in range(40):
    with Ticket.take(folder) as ticket:
        while ticket.tickets_before():
            pass
        held.mkdir()  # fails where another one holds it
        held.rmdir()
"""


def test_of_processes_that_come_and_go_at_once_one_is_at_work(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CONTENDER, str(tmp_path / "queue"), str(tmp_path / "held")]
    contenders = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[1] for process in contenders] == [""] * 4
    assert list((tmp_path / "queue").iterdir()) == []


def test_tickets_are_numbered_as_they_are_taken_and_the_dead_leave_none(tmp_path: Path) -> None:
    first, second, third = (Ticket.take(tmp_path) for _ in range(3))
    assert [ticket.tickets_before() for ticket in (first, second, third)] == [0, 1, 2]
    second.hand_over()  # to nobody: as if its owner had died
    assert third.tickets_before() == 1
    assert len(list(tmp_path.iterdir())) == 2
    first.give_up()
    first.give_up()
    assert third.tickets_before() == 0


@pytest.mark.parametrize("told", ["", "nonsense", "99999:000000000001.ticket", "0:000000000001.ticket", "3:../../x"])
def test_a_ticket_that_was_not_inherited_is_none(tmp_path: Path, told: str) -> None:
    with Ticket.take(tmp_path):
        environment = {"QLOP_QUEUE_TICKET": told}
        assert Ticket.inherited((tmp_path,), environment) is None
        assert environment == {}
