"""Whether a network's import path leads to a class that can be made, before a run begins.

1. A package that Python does not find is known at once.
2. All else is asked of a process of its own: here a module that was imported once would stay as it was, and one that
   hangs or exits would take the dashboard with it.
3. It imports the class and holds the config's arguments against how the class is called.
4. Then it makes a small network and looks whether a row is answered alone as among others. What ends the process there,
   or takes too long, speaks against nothing: the answer to 3 is already told.
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
from core.base.process_start import refused_start_told

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
    from core.engine.torch_training.imported_network import imported_class, trial_complaint

    complaint = ""
    try:
        network_class = imported_class(import_path)
        inspect.signature(network_class).bind(n_inputs=1, n_outputs=1, **arguments)
    except TrainingError as error:
        complaint = str(error)
    except (TypeError, ValueError) as error:
        complaint = f"{import_path} cannot be called with n_inputs, n_outputs and the arguments: {error}."
    _tell(complaint)
    if not complaint:
        _tell(trial_complaint(network_class, arguments))


def _tell(complaint: str) -> None:
    # What the module printed without a line end is no part of the answer.
    print(f"\n{_MARK}{json.dumps(complaint)}", flush=True)  # noqa: T201 - the answer


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
        with refused_start_told(f"imports {import_path}"):
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
    except subprocess.TimeoutExpired as error:
        # Python gives what was read until then as bytes, also where text was asked for.
        told = _told(bytes(error.stdout or b"").decode("utf-8", "replace"))
        return f"{import_path} had not been imported after {_LIMIT_S:g} seconds." if told is None else told
    told = _told(done.stdout)
    if told is not None:
        return told
    end = end_in_words(done.returncode)
    if ended_from_outside(done.returncode):
        raise _EndedFromOutsideError(end)
    last_line = f": {done.stderr.strip().splitlines()[-1]:.200}" if done.stderr.strip() else ""
    return f"importing {import_path} ends the process, with {end}{last_line}."


def _told(output: str) -> str | None:
    """Return the last complaint that was told; None where none was."""
    answers = [line.removeprefix(_MARK) for line in output.splitlines() if line.startswith(_MARK)]
    return str(json.loads(answers[-1])) if answers else None
