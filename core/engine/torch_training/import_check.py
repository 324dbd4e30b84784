"""Whether a network's import path leads to a class that can be made, before a run begins.

1. A package that Python does not find is known at once.
2. All else is asked of a process of its own: here a module that was imported once would stay as it was, and one that
   hangs or exits would take the dashboard with it.
3. It imports the class and holds the config's arguments against how the class is called; no network is made.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.process_end import end_in_words, ended_from_outside

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["network_import_complaint"]

_LIMIT_S = 60.0
_ASK = (
    "import json, sys; sys.path[:], path, arguments = json.load(sys.stdin); "
    "from core.engine.torch_training.import_check import answer; answer(path, arguments)"
)
_MARK = "complaint: "


def network_import_complaint(import_path: str, arguments: Mapping[str, JsonValue]) -> str:
    """Return why the class that `import_path`, "package.module:Class", names cannot be made; empty where it can."""
    module = import_path.partition(":")[0]
    top = module.partition(".")[0]
    invalidate_caches()
    try:
        found = find_spec(top)
    except (ImportError, ValueError):
        found = None
    if found is None:
        return (
            f"there is no module {top!r}. Install its package into QLOP's environment, or put the folder that holds it "
            "on PYTHONPATH."
        )
    try:
        return _asked(import_path, json.dumps(dict(arguments), sort_keys=True), _stamp(module, found.origin))
    except _EndedFromOutsideError as error:
        return (
            f"the process that imports {import_path} was ended from outside, with {error}: nothing is known of it yet."
        )


def answer(import_path: str, arguments: Mapping[str, JsonValue]) -> None:
    """Print what is wrong, in the process that was asked."""
    from core.base.errors import TrainingError
    from core.engine.torch_training.imported_network import imported_class

    complaint = ""
    try:
        inspect.signature(imported_class(import_path)).bind(n_inputs=1, n_outputs=1, **arguments)
    except TrainingError as error:
        complaint = str(error)
    except (TypeError, ValueError) as error:
        complaint = f"{import_path} cannot be called with n_inputs, n_outputs and the arguments: {error}."
    print(f"{_MARK}{json.dumps(complaint)}")  # noqa: T201 - the answer


class _EndedFromOutsideError(Exception):
    """How; an exception, as answers are remembered."""


def _stamp(module: str, origin: str | None) -> int | None:
    """Return when the module's file was changed last, as far as that can be known without importing it."""
    if origin is None or not Path(origin).exists():
        return None
    inner = Path(origin).parent.joinpath(*module.split(".")[1:])
    files = [Path(origin), inner.with_suffix(".py"), inner / "__init__.py"]
    return max(file.stat().st_mtime_ns for file in files if file.is_file())


# A form asks again with each keystroke.
@lru_cache(maxsize=32)
def _asked(import_path: str, arguments: str, _changed_at: int | None) -> str:
    request = json.dumps([sys.path, import_path, json.loads(arguments)])
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter and a constant
            [sys.executable, "-P", "-B", "-X", "utf8", "-c", _ASK],
            input=request,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{import_path} had not been imported after {_LIMIT_S:g} seconds."
    answers = [line.removeprefix(_MARK) for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if answers:
        return str(json.loads(answers[-1]))
    end = end_in_words(done.returncode)
    if ended_from_outside(done.returncode):
        raise _EndedFromOutsideError(end)
    last_line = f": {done.stderr.strip().splitlines()[-1]:.200}" if done.stderr.strip() else ""
    return f"importing {import_path} ends the process, with {end}{last_line}."
