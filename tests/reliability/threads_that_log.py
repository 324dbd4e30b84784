"""Run as a process: a run whose four threads log without end, and note each line once it was acknowledged.

Usage: threads_that_log.py HOME RUN_ID COUNTS. COUNTS is a file of four numbers of eight bytes: how many lines of each
thread `append` has returned for. It lies in memory that outlives this process.
"""

from __future__ import annotations

import mmap
import sys
import threading
from pathlib import Path

from core.base.events import LogPayload
from core.store.home import Home
from core.store.run_session import RunSession, open_run


def log_without_end(run: RunSession, number: int, counts: memoryview) -> None:
    while True:
        run.events.append(LogPayload(level="info", message=f"{number} {counts[number] + 1}", fields={"loss": 0.25}))
        counts[number] += 1


def main() -> None:
    with Path(sys.argv[3]).open("r+b") as file:
        counts = memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")
    with open_run(Home(Path(sys.argv[1])), sys.argv[2], {"mode": "train"}, {}, log_segment_bytes=200_000) as run:
        for number in range(len(counts)):
            threading.Thread(target=log_without_end, args=(run, number, counts), daemon=True).start()
        print("ready", flush=True)
        sys.stdin.read()


main()
