"""Every benchmark's line, printed at the end as one markdown table with the machine's size."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Protocol

import psutil
import pytest

PROPERTY = "table_line"


def _browser_fixtures() -> ModuleType:
    file = Path(__file__).parents[1] / "e2e" / "dashboard" / "conftest.py"
    spec = importlib.util.spec_from_file_location("browser_fixtures", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_BROWSER = _browser_fixtures()
start_dashboard, visitor = _BROWSER.start_dashboard, _BROWSER.visitor


class TableLine(Protocol):
    def __call__(
        self, what: str, ours: float, limit: str, *, peer: tuple[str, float] | None = None, unit: str = "s"
    ) -> None:
        """Put one measurement into the table; call it before the assertion, so that a miss is shown too."""


@pytest.fixture
def table_line(record_property: pytest.RecordProperty) -> TableLine:
    def record(what: str, ours: float, limit: str, *, peer: tuple[str, float] | None = None, unit: str = "s") -> None:
        record_property(PROPERTY, {"what": what, "ours": ours, "limit": limit, "peer": peer, "unit": unit})

    return record


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = [
        _row(value, has_failed=outcome == "failed")
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if lines:
        terminalreporter.section("the table for README.md")
        terminalreporter.write_line("\n".join(_table(lines)))


def _table(lines: list[str]) -> Iterator[str]:
    yield from ("| what | QLOP | limit | peer | peer / QLOP |", "|---|---:|---:|---:|---:|", *lines)
    yield f"\n{_machine()}"


def _row(line: dict, *, has_failed: bool) -> str:
    peer, unit = line["peer"], line["unit"]
    ratio = ""
    if peer:
        times = peer[1] / line["ours"]
        ratio = f"{times:,.0f}" if times >= 10 else f"{times:.2f}"
    limit = f"{line['limit']}{' **missed**' if has_failed and _is_missed(line) else ''}"
    shown = f"{peer[0]} {_amount(peer[1], unit)}" if peer else ""
    return f"| {line['what']} | {_amount(line['ours'], unit)} | {limit} | {shown} | {ratio} |"


def _is_missed(line: dict) -> bool:
    """Return whether this line's limit is exceeded; of a limit that is more than an amount the test's end tells."""
    told = re.fullmatch(r"([\d.,]+) (ms|s|MB|%)", line["limit"])
    if told is None:
        return bool(line["limit"])
    return line["ours"] > float(told[1].replace(",", "")) * (1e-3 if told[2] == "ms" else 1)


def _amount(value: float, unit: str) -> str:
    if unit == "s" and value < 1:
        value, unit = value * 1e3, "ms"
    return f"{value:.3g} {unit}" if value < 100 else f"{value:,.0f} {unit}"


def _machine() -> str:
    cores, memory = len(os.sched_getaffinity(0)), psutil.virtual_memory().total / 2**30
    python, load = platform.python_version(), os.getloadavg()[2]
    return (
        f"Measured on {cores} cores ({_processor()}), {memory:.0f} GiB, Python {python}; load of 15 minutes {load:.1f}."
    )


def _processor() -> str:
    described = (line.partition(":") for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines())
    return next((value.strip() for name, _, value in described if name.strip() == "model name"), platform.machine())
