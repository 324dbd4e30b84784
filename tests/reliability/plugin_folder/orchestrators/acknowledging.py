"""A mode for the tests of bad days: it says lines, and acknowledges each once it stands in the log."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from typing import TYPE_CHECKING, ClassVar

import qlop
from pydantic import Field

if TYPE_CHECKING:
    from qlop import RunConfig, RunContext, RunResult


class Acknowledging(qlop.OrchestratorPlugin):
    """Says numbered lines; writes a byte to the descriptor ACKNOWLEDGE after each, and starts a process beside itself.

    Where there is a descriptor LEASH, it reads a byte from there before each line, and waits for one until its other end
    is closed.
    """

    name = "acknowledging"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    used_sections: ClassVar[frozenset[str] | None] = frozenset()

    class Params(qlop.Params):
        """Parameters of `acknowledging`."""

        n_lines: int = Field(default=200, ge=1, le=1_000_000, description="How many lines.")
        pause_s: float = Field(default=0.0, ge=0.0, le=60.0, description="Pause after each line.")

    params: Params

    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Say the lines."""
        acknowledge = int(os.environ["ACKNOWLEDGE"])
        leash = os.environ.get("LEASH")
        beside = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        for number in range(1, self.params.n_lines + 1):
            if leash is not None:
                os.read(int(leash), 1)
            context.log(f"line {number}")
            os.write(acknowledge, b".")
            if number % 10 == 0:
                context.progress("talk", number, self.params.n_lines, "lines")
            if number % 50 == 0:
                context.save_text(f"part_{number}.txt", f"{number} lines\n")
            # Not time.sleep: what moves the clock for a test breaks it.
            select.select([], [], [], self.params.pause_s)
        beside.kill()
        beside.wait()
        return qlop.RunResult(metrics={"n_lines": self.params.n_lines}, summary="said")
