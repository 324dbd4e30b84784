"""What `qlop runs watch` shows: log lines, a bar for each step, the newest metrics, the status.

Whatever comes from a run is made harmless first: it cannot steer the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

import typer

from core.base.events import (
    ArtifactPathPayload,
    Event,
    LogPayload,
    MetricPayload,
    Payload,
    ProgressPayload,
    StatusPayload,
)
from core.cli.tables import harmless
from core.cli.told_steps import ToldSteps
from core.services.log_text import log_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID
    from rich.text import Text

__all__ = ["WatchConsole", "open_watch_console"]


class WatchConsole(Protocol):
    """Shows a run's events."""

    def show(self, event: Event) -> None:
        """Show an event."""

    def remark(self, sentence: str) -> None:
        """Show a sentence that is not the run's."""


@contextmanager
def open_watch_console(stream: TextIO) -> Iterator[WatchConsole]:
    """Yield bars on a terminal, plain lines elsewhere."""
    if not stream.isatty():
        yield LineConsole(stream)
        return
    from rich.console import Console, Group
    from rich.live import Live
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.text import Text

    columns = (
        TextColumn("{task.description:<14}", markup=False),
        BarColumn(20),
        TextColumn("{task.fields[shown]}", markup=False),
    )
    terminal = Console(file=stream, highlight=False)
    progress = Progress(*columns, console=terminal)
    metrics = Text(no_wrap=True, overflow="ellipsis")
    with Live(Group(progress, metrics), console=terminal, refresh_per_second=8):
        yield BarConsole(progress, metrics)


class LineConsole:
    """A line for each log, status, artifact and tenth of a step; of its parts one now and then; metrics at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._write: Callable[[str], None] = lambda line: typer.echo(line, file=stream)
        self._metrics = MetricBoard()
        self._steps = ToldSteps()

    def show(self, event: Event) -> None:
        """Show an event."""
        payload = event.payload
        if isinstance(payload, MetricPayload):
            self._metrics.take(payload)
        elif isinstance(payload, ProgressPayload):
            if self._steps.is_worth_a_line(event, payload):
                self._write(_stamped(event, f"{payload.step_name}: {_reach(payload)}"))
        else:
            self._write(_stamped(event, _told(payload)))
            self._sum_up(payload)

    def remark(self, sentence: str) -> None:
        """Show a sentence that is not the run's."""
        self._write(f"({sentence})")

    def _sum_up(self, payload: Payload) -> None:
        if isinstance(payload, StatusPayload) and (summary := self._metrics.text()):
            self._write(f"metrics: {summary}")


class BarConsole:
    """A bar for each step, with the lines above it and the newest metrics below."""

    def __init__(self, progress: Progress, metrics: Text) -> None:
        self._progress = progress
        self._metric_line = metrics
        self._tasks: dict[str, TaskID] = {}
        self._metrics = MetricBoard()

    def show(self, event: Event) -> None:
        """Show an event."""
        payload = event.payload
        if isinstance(payload, ProgressPayload):
            self._advance(payload)
        elif isinstance(payload, MetricPayload):
            self._metrics.take(payload)
            self._metric_line.plain = self._metrics.text()
        else:
            self._print(_stamped(event, _told(payload)))

    def remark(self, sentence: str) -> None:
        """Show a sentence that is not the run's."""
        self._print(f"({sentence})")

    def _print(self, line: str) -> None:
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _advance(self, payload: ProgressPayload) -> None:
        name, shown = harmless(payload.step_name), _reach(payload)
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=payload.total, shown=shown)
        self._progress.update(self._tasks[name], completed=payload.value, total=payload.total, shown=shown)


class MetricBoard:
    """The newest value of each metric, the newest metrics last."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def take(self, payload: MetricPayload) -> None:
        """Note a value."""
        self._values.pop(payload.name, None)
        where = "" if payload.fold is None else f" (fold {payload.fold})"
        self._values[payload.name] = "undefined" if payload.value is None else f"{payload.value:.4g}{where}"

    def text(self, newest: int = 6) -> str:
        """Return the newest metrics in a line."""
        shown = list(self._values.items())[-newest:]
        return harmless(", ".join(f"{name} {value}" for name, value in shown))


def _stamped(event: Event, told: str) -> str:
    # Lines of a traceback stay lines; everything else that could steer the terminal is shown as an escape.
    return "\n".join(harmless(line) for line in f"{event.timestamp_utc:%H:%M:%S} {told}".splitlines())


def _told(payload: Payload) -> str:
    if isinstance(payload, LogPayload):
        line = log_line(payload)
        return line if payload.level in {"warning", "error"} else f"{payload.level}: {line}"
    if isinstance(payload, StatusPayload):
        return f"{payload.state.value}: {payload.current_status} {payload.error or ''}".rstrip()
    return f"artifact: {payload.path}" if isinstance(payload, ArtifactPathPayload) else ""


def _reach(payload: ProgressPayload) -> str:
    of = f" of {payload.total:g}" if payload.total is not None else ""
    eta = f", about {_duration(payload.eta_s)} left" if payload.eta_s else ""
    return harmless(f"{payload.value:g}{of} {payload.unit}".rstrip() + eta)


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "1 s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
