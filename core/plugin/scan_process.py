"""The isolated process that imports plugins to see what they are.

It reads one request on standard input and writes two JSON lines a module on standard output: that it begins, and what
came of it. Whoever waits thus knows which module hung or ended the process.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Mapping
from types import ModuleType
from typing import Any, TextIO

from core.plugin.inspection import plugin_classes, read_class
from core.plugin.loading import import_unit
from core.plugin.plugin_info import Origin
from core.plugin.scan_outcome import ScannedClass, ScanOutcome
from core.plugin.scan_unit import ScanUnit

__all__ = ["main", "scan_unit"]


def main(request: Mapping[str, Any]) -> None:
    """Scan the request's units one by one, then end at once, whatever threads they started."""
    answers = _private_standard_output()
    for position, raw in enumerate(request["units"]):
        unit = ScanUnit(**{**raw, "origin": Origin(**raw["origin"])})
        _say(answers, {"begin": position})
        _say(answers, {"end": position, "outcome": scan_unit(unit, request["qlop_version"]).as_json()})
    os._exit(0)


def scan_unit(unit: ScanUnit, qlop_version: str) -> ScanOutcome:
    """Import a unit and read its plugin classes; nothing that the module does ends the scan but ending the process."""
    begun = time.perf_counter()
    try:
        module = import_unit(unit)
        found = getattr(module, unit.attribute) if unit.attribute else module
        classes = _read(found, unit, qlop_version)
    except BaseException as error:  # noqa: BLE001 - a module may raise anything, SystemExit included; it is quarantined
        return ScanOutcome(problem=_headline(error), traceback=_own_traceback(error), is_failure=True)
    seconds = time.perf_counter() - begun
    if not classes:
        return ScanOutcome(problem=_emptiness(unit), load_seconds=seconds)
    return ScanOutcome(classes=tuple(classes), load_seconds=seconds)


def _read(found: object, unit: ScanUnit, qlop_version: str) -> list[ScannedClass]:
    if isinstance(found, ModuleType):
        return [read_class(cls, unit.kind, unit.name, qlop_version) for cls in plugin_classes(found)]
    from core.contracts.plugin import Plugin

    if not (isinstance(found, type) and issubclass(found, Plugin)):
        raise TypeError(f"{unit.origin.module}:{unit.attribute} is {found!r}, which is no plugin class")
    read = read_class(found, unit.kind, unit.name, qlop_version)
    if read.name != unit.name:
        raise ValueError(f"entry point {unit.name!r} leads to a class whose name is {read.name!r}; call both the same")
    return [read]


def _emptiness(unit: ScanUnit) -> str:
    from core.contracts.kinds import KINDS

    return (
        f"It defines no public class that inherits qlop.{KINDS[unit.kind].contract_name}. "
        f"A file that only helps its neighbours begins with an underscore."
    )


def _headline(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip(": \n").partition("\n")[0]


def _own_traceback(error: BaseException) -> str:
    """Format the traceback from the plugin's own code on, without the frames that imported it."""
    frames = error.__traceback__
    while frames is not None and _is_importing(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


def _is_importing(file_name: str) -> bool:
    return file_name.startswith("<frozen importlib") or os.path.dirname(file_name) in {  # noqa: PTH120 - plain text
        os.path.dirname(__file__),  # noqa: PTH120
        os.path.dirname(os.__file__) + "/importlib",  # noqa: PTH120
    }


def _private_standard_output() -> TextIO:
    """Keep standard output for the answers, and send what plugins print to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _say(answers: TextIO, message: Mapping[str, object]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()
