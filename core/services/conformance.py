"""Whether a plugin keeps its kind's contract: the suite of qlop.testing, run in a process of its own.

1. Refuse what cannot be tried: no pytest, a plugin that cannot be used, parameters that have no default.
2. Start the suite in a new session, with a limit on its time.
3. Read what became of each test; whatever the plugin did, this process goes on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.base.errors import PluginError, UsageError
from core.base.temporary_folder import full_disk_named, temporary_folder
from core.services.text_form import counted

if TYPE_CHECKING:
    from pydantic import JsonValue

    from core.services.workbench import Workbench

__all__ = ["ContractCheck", "ContractTest", "check_against_contract", "missing_parameters"]

LIMIT_S = 180.0

_GIVEN_BY_THE_SUITE = {"sinks": frozenset({"folder"})}


@dataclass(frozen=True)
class ContractTest:
    """One promise: its name as a sentence, whether it is kept, and what was found where it is not."""

    sentence: str
    is_kept: bool
    detail: str = ""


@dataclass(frozen=True)
class ContractCheck:
    """What the suite found.

    Attributes
    ----------
    kind, name : str
        Of the plugin.
    verdict : str
        "kept", "broken", or "unfinished" where the suite itself did not come to its end.
    tests : tuple of ContractTest
        In the suite's order.
    trouble : str
        Why it is unfinished; else empty.
    """

    kind: str
    name: str
    verdict: Literal["kept", "broken", "unfinished"]
    tests: tuple[ContractTest, ...] = ()
    trouble: str = ""

    @property
    def in_words(self) -> str:
        """The verdict in a sentence."""
        kept = sum(test.is_kept for test in self.tests)
        if self.verdict == "kept":
            return f"Every promise is kept: {counted(kept, 'test')} passed."
        if self.verdict == "broken":
            return f"{counted(len(self.tests) - kept, 'promise')} of {len(self.tests)} not kept."
        return self.trouble


def missing_parameters(workbench: Workbench, kind: str, name: str) -> list[str]:
    """Return the parameters that have no default, so that a check needs them to be given."""
    required = workbench.registry().schema(kind, name).get("required", ())
    return [str(field) for field in required if field not in _GIVEN_BY_THE_SUITE.get(kind, frozenset())]


def check_against_contract(
    workbench: Workbench, kind: str, name: str, params: Mapping[str, JsonValue] | None = None, limit_s: float = LIMIT_S
) -> ContractCheck:
    """Run the contract suite of `kind` for the plugin `name`.

    Parameters
    ----------
    params : mapping or None
        Its parameters as a config gives them; None: all defaults.
    limit_s : float
        How long the suite may take; it is ended then.

    Raises
    ------
    PluginError
        If there is no such plugin, or it cannot be used.
    UsageError
        If pytest is not installed, or a parameter without a default is not given.
    """
    workbench.registry().get(kind, name)
    lacking = [field for field in missing_parameters(workbench, kind, name) if field not in (params or {})]
    if lacking:
        raise UsageError(
            f"The parameter {lacking[0]!r} of {name!r} has no default. Give it: "
            f"qlop plugins check {kind} {name} --params '{{\"{lacking[0]}\": ...}}'"
        )
    if find_spec("pytest") is None:
        raise UsageError("The contract suites need pytest, which is not installed: pip install 'qlop[testing]'")
    with temporary_folder("qlop-contract-") as folder, full_disk_named(folder):
        request = {"home": str(workbench.home.path), "kind": kind, "name": name, "params": dict(params or {})}
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        trouble = _run_suite(folder, limit_s)
        return _verdict(kind, name, folder / "result.json", trouble)


def _run_suite(folder: Path, limit_s: float) -> str:
    """Run the suite and return what kept it from its end, empty where nothing did."""
    command = (sys.executable, "-P", "-m", "core.testing.check_plugin", str(folder))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    process = subprocess.Popen(  # noqa: S603 - this interpreter and our own module
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        start_new_session=True,
        text=True,
        errors="replace",
    )
    try:
        _, told = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        return f"The suite did not end within {limit_s:g} s and was stopped; a plugin that waits for ever does so."
    finally:
        # The plugin may have left processes of its own.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
    return f"The suite ended with {process.returncode}:\n{told[-2000:]}" if process.returncode else ""


def _verdict(kind: str, name: str, result: Path, trouble: str) -> ContractCheck:
    if not result.exists():
        why = trouble or "The suite ended without a word; the plugin may have ended its process."
        return ContractCheck(kind, name, "unfinished", trouble=why)
    try:
        found = json.loads(result.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PluginError(f"{result} cannot be read: {error}. Run the check again.") from error
    tests = tuple(
        ContractTest(_sentence(test["name"]), test["outcome"] == "passed", test["detail"])
        for test in found
        if test["outcome"] != "skipped"
    )
    if not tests:
        return ContractCheck(kind, name, "unfinished", trouble="The suite found no test to run.")
    is_kept = all(test.is_kept for test in tests)
    return ContractCheck(kind, name, "kept" if is_kept else "broken", tests)


def _sentence(test_name: str) -> str:
    words = test_name.removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]
