"""Hold one plugin against its kind's contract suite, and report test by test as JSON.

Run as a process of its own, `python -m core.testing.check_plugin FOLDER`, where FOLDER holds request.json and receives
result.json: a plugin under test may hang, exit or crash.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.contracts.kinds import KINDS
from core.services.workbench import open_workbench

if TYPE_CHECKING:
    from core.testing.plugin import PluginContractSuite

__all__ = ["main", "suite_class"]

REQUEST_FILE = "request.json"
RESULT_FILE = "result.json"

_TEST_FILE = "test_contract.py"
_TESTS = "from core.testing.check_plugin import suite_class\n\nTestContract = suite_class({request!r})\n"


def suite_class(request_file: str) -> type[PluginContractSuite]:
    """Return the suite of the request's kind, with the request's plugin and parameters in it."""
    request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    kind, params = request["kind"], request["params"]
    contract = KINDS[kind]
    home = contract.contract_home.partition(":")[0].replace("core.contracts", "core.testing")
    suite = getattr(import_module(home), contract.contract_name.removesuffix("Plugin") + "ContractSuite")
    plugin_class = open_workbench(request["home"]).registry().load(kind, request["name"])
    body: dict[str, Any] = {"plugin_class": plugin_class, "params": params}
    if "folder" in plugin_class.Params.model_fields and kind == "sinks":
        # A sink writes into the folder that its test gets, and no other.
        body["params_in"] = lambda _self, folder: {**params, "folder": str(folder)}
    made: type[PluginContractSuite] = type("TestContract", (suite,), body)
    return made


class _Recorder:
    """Keeps what became of each test."""

    def __init__(self) -> None:
        self.tests: list[dict[str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the outcome of a test, or of a set-up that failed."""
        if report.when == "call" or report.outcome != "passed":
            name = report.nodeid.rpartition("::")[2]
            self.tests.append({"name": name, "outcome": report.outcome, "detail": report.longreprtext})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what kept tests from being found."""
        if report.failed:
            self.tests.append({"name": "collection", "outcome": "failed", "detail": report.longreprtext})


def main(folder: Path) -> int:
    """Run the suite that `folder` asks for."""
    tests = folder / _TEST_FILE
    tests.write_text(_TESTS.format(request=str(folder / REQUEST_FILE)), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    recorder = _Recorder()
    arguments = [str(tests), "-q", "-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "-p", "no:cacheprovider"]
    pytest.main([*arguments, "--import-mode=importlib", f"--basetemp={folder / 'temporary'}"], plugins=[recorder])
    (folder / RESULT_FILE).write_text(json.dumps(recorder.tests), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
