"""Run as a process: says how many seconds it takes to log lines and to have them on disk.

Usage: logged_lines.py run|peer N_LINES N_THREADS FOLDER. `run` goes the way of a mode: `context.log` to a status, which is
on disk when it returns, and every line before it. `peer` is Python's logging into a file: each record as JSON, flushed
after each, as its handler does, with fsync after every thousand and at the end.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from core.base.identifiers import new_run_id
from core.services.run_context import SessionContext
from core.store.home import Home
from core.store.run_session import open_run

LINES_BETWEEN_SYNCS = 1_000


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        level, fields = record.levelname.lower(), record.fields
        line = {"created": record.created, "level": level, "message": record.getMessage(), "logger": record.name}
        return json.dumps({**line, "fields": fields})


class SyncingFile(logging.FileHandler):
    written = 0

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        self.written += 1
        if self.written % LINES_BETWEEN_SYNCS == 0:
            self.sync()

    def sync(self) -> None:
        os.fsync(self.stream.fileno())


def seconds_by_threads(n_lines: int, n_threads: int, say: Callable[[int], None], end: Callable[[], None]) -> float:
    def work() -> None:
        for number in range(n_lines // n_threads):
            say(number)

    threads = [threading.Thread(target=work) for _ in range(n_threads)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end()
    return time.perf_counter() - start


def seconds_of_a_run(n_lines: int, n_threads: int, folder: Path) -> float:
    with open_run(Home(folder), new_run_id(), {"mode": "train"}, {}) as session:
        context = SessionContext(
            session, None, None, seed=1, thread_count=1, check_cancelled=lambda: None, observer=lambda _event: None
        )
        seconds = seconds_by_threads(
            n_lines,
            n_threads,
            lambda number: context.log(f"row {number} of the fold is scored", fold=3, loss=0.25),
            lambda: session.status("Everything until here is on disk."),
        )
    assert session.events.last_event().seq == n_lines + 3
    return seconds


def seconds_of_the_peer(n_lines: int, n_threads: int, folder: Path) -> float:
    path = folder / "peer.log"
    handler = SyncingFile(path)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("peer")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    fields = {"fields": {"fold": 3, "loss": 0.25}}
    seconds = seconds_by_threads(
        n_lines,
        n_threads,
        lambda number: logger.info("row %d of the fold is scored", number, extra=fields),
        handler.sync,
    )
    assert path.read_bytes().count(b"\n") == n_lines
    path.unlink()
    return seconds


if __name__ == "__main__":
    work = {"run": seconds_of_a_run, "peer": seconds_of_the_peer}[sys.argv[1]]
    print(work(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])))
