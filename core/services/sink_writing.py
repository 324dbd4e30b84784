"""A run's results outside of its folder: what sinks refuse at the start, and what becomes of their faults at the end.

1. Before a run each sink is asked, with the names of the tables that the mode gives, where the mode tells them.
2. After it each sink writes. The run's own results are whole by then: a sink's fault takes nothing from them, nor from
   the other sinks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from core.base.clear_passwords import without_passwords
from core.base.errors import QlopError, RunCancelled, RunLimitError
from core.base.full_disk import full_disk_words
from core.services.text_form import counted
from core.store.run_ending import traceback_of

if TYPE_CHECKING:
    from core.config.run_config import RunConfig
    from core.config.sections import SinkConfig
    from core.contracts.orchestrator import OrchestratorPlugin
    from core.contracts.run_result import RunResult
    from core.contracts.sink import SinkPlugin
    from core.plugin.registry import PluginRegistry
    from core.services.run_context import SessionContext
    from core.store.run_session import RunSession

__all__ = ["ask_sink", "write_sinks"]


def ask_sink(wanted: SinkConfig, mode: str, registry: PluginRegistry) -> None:
    """Let a sink refuse now what it would refuse after the work of a run of this mode.

    Raises
    ------
    PluginError
        If there is no such sink or mode.
    QlopError
        Whatever the sink raises.
    """
    sink: SinkPlugin = registry.create("sinks", wanted.sink_type, wanted.sink_params)
    sink.check()
    tables = cast("type[OrchestratorPlugin]", registry.load("orchestrators", mode)).tables
    if tables is not None:
        sink.check_tables(tuple(sorted(tables)))


def write_sinks(config: RunConfig, result: RunResult, context: SessionContext, session: RunSession) -> tuple[str, ...]:
    """Let each sink write; where one fails the log and the run's last status say so, and the next one writes.

    Returns
    -------
    tuple of str
        A sentence for each that has failed.

    Raises
    ------
    RunCancelled, RunLimitError
        If the run has to end.
    """
    faults = []
    for wanted in config.sinks:
        try:
            sink: SinkPlugin = context.plugin("sinks", wanted.sink_type, wanted.sink_params)
            paths = sink.write(result)
        except (RunCancelled, RunLimitError):
            raise
        except Exception as error:  # noqa: BLE001 - a sink may raise anything
            faults.append(_told_fault(wanted.sink_type, error, context, session))
        else:
            written = counted(len(paths), "file")
            context.log(f"Sink {wanted.sink_type!r} has written {written}", first=str(paths[0]) if paths else None)
    if faults:
        session.complete(
            f"The run has completed, and its results are whole; not all of its sinks have written. {faults[0]}"
        )
    return tuple(faults)


def _told_fault(sink: str, error: Exception, context: SessionContext, session: RunSession) -> str:
    unforeseen = traceback_of(error)
    if unforeseen is not None:
        session.events.append(unforeseen)
    known = full_disk_words(error) or (str(error) if isinstance(error, QlopError) else None)
    said = without_passwords(known or f"{type(error).__name__}: {error}.")
    fault = f"Sink {sink!r} has failed: {said}"
    context.log(f"{fault} The run's own results are whole, in its folder", level="error")
    return fault
