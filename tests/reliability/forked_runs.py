"""Run as a process: carries out a run for each id that comes in, in a fork, so that 300 of them need no 300 imports.

Usage: forked_runs.py HOME CONFIG.json. Takes "id", or "id n_lines" for a run of so many lines. Says "pid" for each. The run's
acknowledgements go to the descriptor ACKNOWLEDGE; a "!" there says that the run has returned as completed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from core.base.identifiers import new_run_id
from core.services.run_mode import run_mode
from core.services.run_outcome import RunRequest
from core.services.workbench import open_workbench


def carry_out(home: Path, config: dict, run_id: str) -> str:
    request = RunRequest(config=config, run_id=run_id)
    return run_mode(open_workbench(home), request).status


def with_lines(config: dict, n_lines: str | None = None) -> dict:
    if n_lines is None:
        return config
    return {**config, "mode_params": {**config["mode_params"], "n_lines": int(n_lines)}}


def main() -> None:
    home, config = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    carry_out(home, config, new_run_id())  # imports what runs import
    print("ready", flush=True)
    for line in sys.stdin:
        run_id, *n_lines = line.split()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            if carry_out(home, with_lines(config, *n_lines), run_id) == "completed":
                os.write(int(os.environ["ACKNOWLEDGE"]), b"!")
            os._exit(0)
        print(pid, flush=True)
        os.waitpid(pid, 0)


main()
