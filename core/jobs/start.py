"""Start a run as a process of its own, which outlives whoever started it.

1. Make the run's folder with the state queued, and hold its lock. Take the run's ticket of the queue.
2. Start the command in a new session, its output going to files in that folder. It inherits the ticket, and begins
   with the signals that end a run held back: one that comes before the run can heed it cancels it once it can.
3. Record the process, then let go of the lock: the process takes it, and is running once its turn has come.

If the starter dies in between, the lock is free and no process is recorded: the next looker settles the run, and the
process, if there is one, finds its id used up and refuses to run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from core.base.errors import RunError
from core.base.events import RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.jobs.queue import PARENT_VARIABLE, parent_run, take_ticket
from core.jobs.signals import hold_back_signals
from core.jobs.ticket import TICKET_VARIABLE, Ticket
from core.store.home import STORE_URL_VARIABLE, Home
from core.store.process_mark import RUN_ID_VARIABLE
from core.store.process_record import ProcessRecord, describe_process, machine_name
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock
from core.store.run_store import RunStore
from core.store.settlement import STDERR_FILE

__all__ = ["STDOUT_FILE", "StartedRun", "command_line_program", "start_run"]

STDOUT_FILE = "stdout.txt"


@dataclass(frozen=True)
class StartedRun:
    """A run that was started, and its process."""

    run_id: str
    process: ProcessRecord

    @property
    def pid(self) -> int:
        """The process's number; it is also its group's and its session's."""
        return self.process.pid


def command_line_program() -> tuple[str, ...]:
    """Return how to call the command line with this very Python; a folder `core` in the working folder is no mask."""
    return (sys.executable, "-P", "-m", "core.cli.main")


def start_run(
    home: Home,
    mode: str,
    config: Mapping[str, object],
    *,
    run_id: str | None = None,
    program: Sequence[str] | None = None,
    source_run: str | None = None,
    is_light: bool = False,
) -> StartedRun:
    """Start `qlop run MODE` for `config` in the background and return at once.

    Parameters
    ----------
    home : Home
        Where the run's folder is made. Its database URL travels in the environment, not in the arguments.
    mode : str
        Name of an orchestrator plugin.
    config : mapping
        The config in JSON types; it is written to the run's folder and read from there. Secrets are references in it.
    run_id : str, optional
        A fresh UUID4; made here by default.
    program : sequence of str, optional
        What is called with `run MODE --config FILE --home FOLDER --stream-to-ws RUN_ID`; by default the command line.
        SIGINT, SIGTERM and SIGHUP reach it once it has entered a CancelFlag.
    source_run : str, optional
        The run whose config this one has; the home keeps that run as long as this one.
    is_light : bool
        Whether it waits for other light runs alone.

    Raises
    ------
    RunError
        If the id was used before, or the program cannot be started; the run has then failed.
    StoreError
        If the home cannot be written to.
    """
    run_id = new_run_id() if run_id is None else run_id
    queued = StatusPayload(state=RunState.QUEUED, current_status="The run waits for its process to start.")
    parent = parent_run(home, run_id)
    facts = {"source_run": source_run} if source_run else {}
    folder, lock = RunFolder.create(home, run_id, config, facts, first_status=queued)
    arguments = ["run", mode, "--config", str(folder.path / "config.json"), "--home", str(home.path)]
    command = [*(program or command_line_program()), *arguments, "--stream-to-ws", run_id]
    with lock:
        # A child works in its parent's place.
        ticket = None if parent else take_ticket(home, is_light=is_light)
        process = _record(_spawn(folder, lock, command, ticket, _environment(home, run_id, parent)))
        folder.record_process(process)
    with RunStore(home) as store:
        store.upsert_if_possible(folder)
    return StartedRun(run_id, process)


def _spawn(
    folder: RunFolder, lock: RunLock, command: Sequence[str], ticket: Ticket | None, environment: Mapping[str, str]
) -> int:
    descriptor, told_of_ticket = (None, {}) if ticket is None else ticket.for_child()
    try:
        with (
            _output(folder.path / STDOUT_FILE) as stdout,
            _output(folder.path / STDERR_FILE) as stderr,
            hold_back_signals(),
        ):
            process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env={**environment, **told_of_ticket},
                start_new_session=True,
                pass_fds=() if descriptor is None else (descriptor,),
            )
    except OSError as error:
        if ticket is not None:
            ticket.give_up()
        told = f"{command[0]} cannot be started: {error.strerror or error}."
        with folder.events(lock=lock) as log:
            log.append(StatusPayload(state=RunState.FAILED, current_status="The run did not start.", error=told))
        raise RunError(told) from error
    if ticket is not None:
        ticket.hand_over()
    # Somebody has to read the exit code of a child, or it stays a zombie for as long as this process lives.
    Thread(target=process.wait, name=f"reaper of {process.pid}", daemon=True).start()
    return process.pid


def _record(pid: int) -> ProcessRecord:
    try:
        return describe_process(pid)
    except ProcessLookupError:
        return ProcessRecord(pid, "gone at once", pid, pid, machine_name())


def _environment(home: Home, run_id: str, parent: str | None) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in {PARENT_VARIABLE, TICKET_VARIABLE}}
    environment[RUN_ID_VARIABLE] = run_id
    if parent is not None:
        environment[PARENT_VARIABLE] = parent
    if home.database_url is not None:
        environment[STORE_URL_VARIABLE] = home.database_url
    return environment


def _output(path: Path) -> BinaryIO:
    return path.open("wb")
