"""Run as a process: a run that says lines at a pace, and notes when it began to append each of them.

Usage: relay_run.py HOME N_LINES LINES_PER_S ANSWER.npy for a run that is published to the home's relay, or
relay_run.py PEER_PORT N_LINES LINES_PER_S ANSWER.npy for lines that are sent to the peer one by one. It says its run's id,
begins when a line comes in, says "said" after the last one, and ends when its input does.

The answer holds, for each number of the log, the moment (CLOCK_MONOTONIC) before that line was appended; NaN for others.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import numpy as np

from core.base.events import LogPayload
from core.base.identifiers import new_run_id
from core.services.publish_run import published
from core.services.workbench import open_workbench
from core.store.run_session import open_run

TEXT = "fold 3 of 5: 812 rows, training loss 0.48211, validation loss 0.50377, best at tree 187 of 400; " * 2


def say(n_lines: int, lines_per_s: int, say_line: Callable[[int], int]) -> np.ndarray:
    """Say the lines and return the moments of their numbers."""
    moments = np.full(n_lines + 100, np.nan)
    begun, number = monotonic(), 0
    while number < n_lines:
        due = min(n_lines, int((monotonic() - begun) * lines_per_s) + 1)
        while number < due:
            number += 1
            moment = monotonic()
            moments[say_line(number)] = moment
        time.sleep(max(0.0005, begun + number / lines_per_s - monotonic()))
    return moments


def of_a_run(home: str, n_lines: int, lines_per_s: int) -> np.ndarray:
    workbench = open_workbench(Path(home))
    session = open_run(workbench.home, new_run_id(), {"mode": "pipeline"}, {})
    with published(workbench, session, lambda _event: None), session:
        print(session.run_id, flush=True)
        sys.stdin.readline()
        moments = say(n_lines, lines_per_s, lambda number: append(session, number))
        print("said", flush=True)
        sys.stdin.read()
    return moments


def append(session, number: int) -> int:
    return session.events.append(LogPayload(level="info", message=f"{number:06d} {TEXT}")).seq


def to_the_peer(port: int, n_lines: int, lines_per_s: int) -> np.ndarray:
    from websockets.sync.client import connect

    with connect(f"ws://127.0.0.1:{port}/run") as connection:
        print("peer", flush=True)
        sys.stdin.readline()

        def send(number: int) -> int:
            connection.send(f'{{"seq":{number},"level":"info","message":"{number:06d} {TEXT}"}}')
            return number

        moments = say(n_lines, lines_per_s, send)
        print("said", flush=True)
        sys.stdin.read()
    return moments


def main() -> None:
    place, n_lines, lines_per_s, answer = sys.argv[1:]
    begin = to_the_peer if place.isdigit() else of_a_run
    np.save(answer, begin(int(place) if place.isdigit() else place, int(n_lines), int(lines_per_s)))


if __name__ == "__main__":
    main()
