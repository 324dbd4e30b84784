"""Carry out a run, from a config as written to its one terminal state.

1. Read the config, apply overrides, check it against the plugins, the runs and the file it uses, and the files that its
   sinks would write; ask its plugins whether they can work here. What is wrong here leaves no trace.
2. Take a place in the queue, open the run (folder, lock, first event), and wait for its turn.
3. Let the orchestrator work, save the key figures, and write the sinks, within the run's limits.
4. The session ends the run as completed, failed or cancelled; a sink's fault is told, and ends no run as failed.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from core.base.clear_passwords import without_passwords
from core.base.errors import ConfigError, QlopError
from core.base.events import Event
from core.base.full_disk import full_disk_words
from core.base.full_memory import full_memory_words
from core.base.identifiers import check_run_id, new_run_id
from core.base.process_start import no_thread_words
from core.base.validation import place_of
from core.config.loader import parse_config, read_config_file
from core.config.origins import ConfigOrigin
from core.config.overrides import apply_overrides, recorded_command
from core.services.environment import describe_environment, describe_plugins
from core.services.linked_paths import linked_paths
from core.services.resolve import resolve_config
from core.services.run_names import with_run_ids
from core.services.run_outcome import RunOutcome, RunRequest
from core.services.secret_fields import advice_on_secrets
from core.services.sink_writing import write_sinks
from core.services.start_checks import refuse_at_start
from core.services.start_findings import start_findings
from core.services.used_model_file import with_model_file
from core.store.disk_room import check_room
from core.store.process_mark import RUN_ID_VARIABLE
from core.store.settlement import settlement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.config.run_config import RunConfig
    from core.contracts.orchestrator import OrchestratorPlugin
    from core.jobs.signals import CancelFlag
    from core.plugin.registry import PluginRegistry
    from core.services.run_context import Observer
    from core.services.workbench import Workbench
    from core.store.run_session import RunSession

__all__ = ["RunOutcome", "RunRequest", "run_mode"]


def _ignore(_event: Event) -> None:
    """Show an event to nobody."""


def _tell_error(outcome: RunOutcome) -> None:
    """Say on standard error why the run ended."""
    os.write(2, f"qlop: {outcome.error}\n".encode())


def run_mode(
    workbench: Workbench,
    request: RunRequest,
    *,
    observer: Observer = _ignore,
    cancel_flag: CancelFlag | None = None,
    on_forced_end: Callable[[RunOutcome], None] = _tell_error,
) -> RunOutcome:
    """Carry out a run in this process.

    Parameters
    ----------
    workbench : Workbench
        Home, settings, plugins.
    request : RunRequest
        What to run.
    observer : callable
        Sees each event as it is appended.
    cancel_flag : CancelFlag, optional
        One that the caller has entered, to hear of signals before the run and after it; by default one for the run.
    on_forced_end : callable
        Takes the outcome of a run that a limit ends by force: its process ends with the call, and this function never
        returns. Called from a thread of its own.

    Returns
    -------
    RunOutcome
        Also of a run that failed or was cancelled.

    Raises
    ------
    ConfigError, PluginError, RunIdError, StoreError
        If the run cannot begin, as where the disk is nearly full; nothing is left behind then.
    RunCancelled
        If the process was asked to end before the run had begun; nothing is left behind then.
    """
    run_id = check_run_id(request.run_id) if request.run_id else new_run_id()
    if cancel_flag is not None and os.environ.get(RUN_ID_VARIABLE) == run_id:
        # The folder was made by who started this process for it: from here on not even a second signal goes unheard.
        cancel_flag.watch(workbench.home.run_path(run_id))
    with nullcontext() if cancel_flag is None else cancel_flag.outranking_errors():
        check_room(workbench.home.path, workbench.settings.jobs.free_disk_mb)
        config, registry = _checked(workbench, request)
        if cancel_flag is not None and not workbench.home.run_path(run_id).is_dir():
            cancel_flag.check()
    assignment = _Assignment(workbench, registry, config, run_id, request, observer, on_forced_end)
    return _carry_out(assignment, cancel_flag)


def _checked(workbench: Workbench, request: RunRequest) -> tuple[RunConfig, PluginRegistry]:
    where = ConfigOrigin(str(request.config_path) if request.config_path else "config", request.overrides)
    written = _with_model_file(with_run_ids(_as_written(workbench, request, where), workbench), where)
    registry = workbench.registry(written.plugins.disabled)
    config = resolve_config(written, registry, where)
    refuse_at_start(config, workbench, registry, where)
    return config, registry


def _as_written(workbench: Workbench, request: RunRequest, where: ConfigOrigin) -> RunConfig:
    raw = read_config_file(request.config_path) if request.config_path else dict(request.config)
    changed = apply_overrides(raw, request.overrides)
    whole = changed if request.mode is None else {**changed, "mode": request.mode}
    return parse_config(whole, where, advice_on_secrets(whole, workbench.registry()))


def _with_model_file(config: RunConfig, where: ConfigOrigin) -> RunConfig:
    try:
        return with_model_file(config)
    except ConfigError as error:
        raise ConfigError(f"{place_of(where, ('backtest', 'model_file'))}: {error}") from error


@dataclass(frozen=True)
class _Assignment:
    workbench: Workbench
    registry: PluginRegistry
    config: RunConfig
    run_id: str
    request: RunRequest
    observer: Observer
    on_forced_end: Callable[[RunOutcome], None]

    @property
    def thread_count(self) -> int:
        return self.config.thread_count or 1


@dataclass(frozen=True)
class _Done:
    summary: str
    sink_faults: tuple[str, ...]


def _carry_out(assignment: _Assignment, given_flag: CancelFlag | None) -> RunOutcome:
    from core.jobs.queue import enter_queue
    from core.jobs.signals import CancelFlag
    from core.services.run_bounds import is_light, most_at_once, wait_for_turn, watched
    from core.store.run_session import open_run

    config, request, home = assignment.config, assignment.request, assignment.workbench.home
    jobs = assignment.workbench.settings.jobs
    done: _Done | None = None
    failure: BaseException | None = None
    cancel_flag = given_flag or CancelFlag()
    limit, light = most_at_once(jobs, request), is_light(assignment.registry, config.mode)
    # Inside somebody's Python session signals stay theirs: Ctrl-C raises KeyboardInterrupt there.
    with (
        cancel_flag if request.owns_process and given_flag is None else nullcontext(),
        enter_queue(home, assignment.run_id, limit, is_light=light) as place,
    ):
        waiting = place.status()
        session = open_run(
            home,
            assignment.run_id,
            config.model_dump(mode="json"),
            _environment(assignment, place.parent),
            owns_process=request.owns_process,
            waiting=waiting,
            log_segment_bytes=round(jobs.log_segment_mb * 1e6),
        )
        cancel_flag.watch(session.folder.path)
        wait = partial(wait_for_turn, session, place, waiting, cancel_flag.check, assignment.observer)
        try:
            with (
                # The last status is shipped as well, and who guards the run stays until it has ended.
                _ready_for_work(assignment, session, wait),
                session,
                watched(
                    session,
                    config.limits,
                    jobs,
                    cancel_flag.check,
                    owns_process=request.owns_process,
                    tell_end=lambda error: assignment.on_forced_end(_outcome(assignment, session, None, error)),
                ) as check,
                cancel_flag.outranking_errors(),
            ):
                done = _work(assignment, session, check)
        # Plugins may raise anything; the run has failed.
        except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001
            failure = error
    return _outcome(assignment, session, done, failure)


@contextmanager
def _ready_for_work(assignment: _Assignment, session: RunSession, wait: Callable[[], None]) -> Iterator[None]:
    """Wait for the run's turn, then have it guarded and published; what fails here ends the run with the reason."""
    from core.jobs.guardian import guarded

    with ExitStack() as until_the_end:
        with session.not_yet_at_work():
            wait()
            if assignment.request.owns_process:
                until_the_end.enter_context(guarded(assignment.run_id))
            until_the_end.enter_context(_published(assignment, session))
        yield


def _environment(assignment: _Assignment, parent: str | None) -> dict[str, object]:
    config, request = assignment.config, assignment.request
    linked = linked_paths(config.model_dump(mode="json")) or None
    others = {"parent_run": parent, "source_run": request.source_run, "linked_paths": linked}
    return {
        **describe_environment(
            config.seed, assignment.thread_count, recorded_command(request.command, request.overrides)
        ),
        "plugins": describe_plugins(config, assignment.registry),
        **{name: found for name, found in others.items() if found is not None},
    }


def _published(assignment: _Assignment, session: RunSession) -> AbstractContextManager[None]:
    from core.services.publish_run import published

    if not assignment.request.is_published:
        return nullcontext()
    return published(assignment.workbench, session, assignment.observer)


def _work(assignment: _Assignment, session: RunSession, check: Callable[[], None]) -> _Done:
    from core.services.run_context import SessionContext

    config = assignment.config
    context = SessionContext(
        session,
        assignment.workbench,
        assignment.registry,
        seed=config.seed,
        thread_count=assignment.thread_count,
        check_cancelled=check,
        observer=assignment.observer,
    )
    for finding in start_findings(config, assignment.registry, assignment.workbench.settings):
        context.log(finding, level="warning")
    orchestrator: OrchestratorPlugin = context.plugin("orchestrators", config.mode, config.mode_params)
    result = orchestrator.run(config, context)
    # First of all what the run is there for: whatever becomes of the sinks, its results can be used.
    session.save_metrics(result.metrics)
    return _Done(result.summary, write_sinks(config, result, context, session))


def _outcome(
    assignment: _Assignment, session: RunSession, done: _Done | None, failure: BaseException | None
) -> RunOutcome:
    folder = session.folder
    return RunOutcome(
        run_id=assignment.run_id,
        mode=assignment.config.mode,
        status=settlement_of(folder).state.value,
        folder=folder.path,
        metrics=folder.metrics(),  # type: ignore[arg-type]  # metrics.json is flat
        artifacts={name: str(path) for name, path in folder.artifact_paths()},
        summary=done.summary if done and failure is None else "",
        error=None if failure is None else without_passwords(_told(failure, assignment.run_id)),
        sink_faults=() if done is None else done.sink_faults,
        failure=failure,
    )


def _told(failure: BaseException, run_id: str) -> str:
    if isinstance(failure, KeyboardInterrupt):
        return "cancelled from the keyboard"
    if isinstance(failure, QlopError):
        return str(failure)
    return (
        full_disk_words(failure)
        or full_memory_words(failure)
        or no_thread_words(failure)
        or (
            f"{type(failure).__name__}: {failure}. This is a fault of QLOP or of a plugin; "
            f"the traceback stands in the log: qlop runs show {run_id} --log"
        )
    )
