"""What streaming costs a run: processor time, user and system, of the demo's process and all that it starts.

The same run goes with and without --stream-to-ws by turns, beside a relay that nobody watches. Half the difference between
the pairs' quartiles tells how far the figure is to be trusted on the machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.base.identifiers import new_run_id
from core.services.ready_configs import ready_config

if TYPE_CHECKING:
    from conftest import TableLine

QLOP = Path(sys.executable).with_name("qlop")
PAIRS = 20
LIMIT_PERCENT = 1.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folders = {"QLOP_HOME": "home", "QLOP_CACHE_DIR": "cache", "QLOP_CONFIG_DIR": "configuration"}
    return {**os.environ, **{name: str(tmp_path / folder) for name, folder in folders.items()}}


def processor_seconds(environment: dict[str, str], *options: str) -> float:
    command = [QLOP, "run", "pipeline", "--config", ready_config("leverage_opportunity"), *options]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


def pair(environment: dict[str, str], *, is_on_first: bool) -> tuple[float, float]:
    """Return what a run takes without and with streaming; which one goes first changes, as the machine slows down."""
    if is_on_first:
        on = processor_seconds(environment, "--stream-to-ws", new_run_id())
        return processor_seconds(environment), on
    return processor_seconds(environment), processor_seconds(environment, "--stream-to-ws", new_run_id())


def test_streaming_costs_a_run_one_percent_at_most(environment: dict[str, str], table_line: TableLine) -> None:
    command = [QLOP, "relay", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as relay:
        try:
            assert relay.stdout.readline().startswith("Relay of")
            processor_seconds(environment)  # compiles the kernels
            pairs = np.array([pair(environment, is_on_first=number % 2 == 1) for number in range(PAIRS)])
        finally:
            relay.terminate()
    off, on = np.median(pairs, axis=0)
    quartiles = np.quantile(100 * (pairs[:, 1] / pairs[:, 0] - 1), [0.25, 0.5, 0.75])
    table_line("the demo with streaming off: processor time, median", float(off), "")
    table_line("the demo with streaming on: processor time, median", float(on), "")
    table_line(f"what streaming costs, median of {PAIRS} pairs", float(quartiles[1]), "1 %", unit="%")
    table_line("half the distance of the pairs' quartiles", float(quartiles[2] - quartiles[0]) / 2, "", unit="%")
    assert quartiles[1] <= LIMIT_PERCENT
