"""Run as a process: many processes that each write runs, one after the other, into one home.

Usage: writers.py HOME N_WRITERS N_RUNS. The database's URL comes on standard input; its end lets all begin at once.
Without N_RUNS (0) each goes on until the file HOME/stop is there. Says each run's id as it ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite  # noqa: F401

from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_session import open_run


def write(home: Home, number: int, n_runs: int) -> None:
    written = 0
    while written < n_runs or (n_runs == 0 and not (home.path / "stop").exists()):
        with open_run(home, new_run_id(), {"mode": "train", "title": f"writer {number}"}, {}) as run:
            run.save_metrics({"number": written})
        written += 1
        os.write(1, f"{run.run_id}\n".encode())


def main() -> None:
    n_writers, n_runs = int(sys.argv[2]), int(sys.argv[3])
    print("ready", flush=True)
    home = Home(Path(sys.argv[1]), sys.stdin.read().strip() or None)
    children = []
    for number in range(n_writers):
        pid = os.fork()
        if pid == 0:
            write(home, number, n_runs)
            os._exit(0)
        children.append(pid)
    sys.exit(any(os.waitpid(pid, 0)[1] for pid in children))


main()
