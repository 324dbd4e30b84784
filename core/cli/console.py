"""What a run shows while it runs: progress bars on a terminal, plain lines without one. All of it on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import floor
from typing import TYPE_CHECKING, TextIO, cast

import typer

from core.base.events import Event, LogPayload, ProgressPayload, RunState, StatusPayload
from core.cli.streams import ForgivingStream
from core.cli.tables import harmless, harmless_lines
from core.cli.told_steps import ToldSteps
from core.services.log_text import log_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Console", "open_console"]

Console = Callable[[Event], None]


@contextmanager
def open_console() -> Iterator[Console]:
    """Yield a function that shows events as they come. A reader that goes away harms nobody: the rest is not shown."""
    if sys.stderr is None:
        yield _show_nothing
        return
    stream = cast("TextIO", ForgivingStream(sys.stderr, forgives=OSError))
    if not stream.isatty():
        yield PlainConsole(stream)
        return
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<14}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Terminal(file=stream)) as progress:
        yield BarConsole(progress)


def _show_nothing(_event: Event) -> None:
    """Show an event to nobody: standard error is closed."""


class PlainConsole:
    """One line for each log, status and tenth of a step that was reached; of a part of a step one now and then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._steps = ToldSteps()

    def __call__(self, event: Event) -> None:
        """Show `event`."""
        line = self._line(event)
        if line:
            typer.echo(harmless_lines(f"{event.timestamp_utc:%H:%M:%S} {line}"), file=self._stream)

    def _line(self, event: Event) -> str:
        payload = event.payload
        if isinstance(payload, LogPayload):
            return log_line(payload)
        if isinstance(payload, StatusPayload):
            return f"{payload.state.value}: {payload.current_status}"
        if isinstance(payload, ProgressPayload) and payload.total and self._steps.is_worth_a_line(event, payload):
            done = floor(payload.value) if payload.total > 1.0 else payload.value
            return f"{payload.step_name}: {done:g} of {payload.total:g} {payload.unit}".rstrip()
        return ""


class BarConsole:
    """One bar a step, with the logs above."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._values: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Show `event`."""
        payload = event.payload
        if isinstance(payload, ProgressPayload):
            self._advance(payload)
        elif isinstance(payload, StatusPayload) and payload.state is RunState.QUEUED:
            self._progress.console.print(harmless_lines(payload.current_status), markup=False, highlight=False)
        elif isinstance(payload, LogPayload) and payload.level != "debug":
            self._progress.console.print(harmless_lines(log_line(payload)), markup=False, highlight=False)

    def _advance(self, payload: ProgressPayload) -> None:
        name, unit = payload.step_name, harmless(payload.unit)
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(harmless(name), total=payload.total, unit=unit)
        elif payload.within and payload.value < self._values[name]:
            # The step begins anew, and so does its clock.
            self._progress.reset(self._tasks[name], total=payload.total, unit=unit)
        self._progress.update(self._tasks[name], completed=payload.value, total=payload.total, unit=unit)
        self._values[name] = payload.value
