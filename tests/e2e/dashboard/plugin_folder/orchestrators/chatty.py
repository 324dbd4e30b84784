"""A mode of a user's own folder, for the browser's tests: it says as many lines as it is told to."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import qlop
from pydantic import Field

if TYPE_CHECKING:
    from qlop import RunConfig, RunContext, RunResult


class Chatty(qlop.OrchestratorPlugin):
    """Says numbered lines at a pace."""

    name = "chatty"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    used_sections: ClassVar[frozenset[str] | None] = frozenset()

    class Params(qlop.Params):
        """Parameters of `chatty`."""

        n_lines: int = Field(default=100, ge=0, le=1_000_000, description="How many lines.")
        lines_per_s: int = Field(default=0, ge=0, description="Its pace; 0: as fast as it can.")
        word: str = Field(default="line", description="What each line begins with.")
        n_companions: int = Field(default=0, ge=0, description="How many processes of its own sit beside it.")
        waits_for: str = Field(default="", description="A file that must be there before the last line is said.")
        may_say: str = Field(default="", description="A file that holds how many lines may be said so far.")

    params: Params
    _leave = 0

    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Say the lines."""
        for _ in range(self.params.n_companions):
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        begun = time.monotonic()
        n_lines = self.params.n_lines
        for number in range(1, n_lines + 1):
            self._wait_for_leave(number)
            context.log(f"{self.params.word} {number:06d}")
            if number % 100 == 0 or number == n_lines:
                context.progress("talk", number, n_lines, "lines")
                context.metric("loudness", number / n_lines, step=number)
            if self.params.lines_per_s:
                time.sleep(max(0.0, begun + number / self.params.lines_per_s - time.monotonic()))
        context.save_text("summary.txt", f"{n_lines} lines were said.\n")
        return qlop.RunResult(metrics={"n_lines": n_lines}, tables={}, summary=f"{n_lines} lines were said.")

    def _wait_for_leave(self, number: int) -> None:
        while number == self.params.n_lines and self.params.waits_for and not Path(self.params.waits_for).exists():
            time.sleep(0.02)
        while self.params.may_say and number > self._leave:
            self._leave = int(Path(self.params.may_say).read_text(encoding="ascii") or 0)
            time.sleep(0.02 * (number > self._leave))
