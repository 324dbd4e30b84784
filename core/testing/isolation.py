"""Ask a fresh process, as a promise that holds in this one may not hold in the next."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["ask_fresh_process"]

_START = "import json, sys; request = json.load(sys.stdin); sys.path[:] = request.pop('sys_path')\n"


def ask_fresh_process(program: str, request: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
    """Run a Python program in a new process and return the JSON that its last line of output holds.

    Parameters
    ----------
    program : str
        Source; finds `request`, a dict, and this process's sys.path.
    request : mapping or None
        Plain JSON.
    """
    text = json.dumps({**(request or {}), "sys_path": [str(place) for place in sys.path]})
    done = subprocess.run(  # noqa: S603 - this interpreter and the suites' own programs
        [sys.executable, "-c", _START + program],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"the fresh process ended with {done.returncode}:\n{done.stderr[-4000:]}"
    return json.loads(done.stdout.strip().splitlines()[-1])
