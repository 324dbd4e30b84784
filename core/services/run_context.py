"""The run as its mode sees it, on top of a run session and the plugin registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.base.clear_passwords import without_passwords
from core.base.errors import RunError
from core.base.events import Event, LogPayload, MetricPayload, Payload, ProgressPayload, RunState
from core.base.time import steady_moment
from core.contracts.data_source import DataSourcePlugin
from core.contracts.run_context import RunContext
from core.services.data_access import RunDataAccess, bar_cache
from core.services.log_length import shortened
from core.services.progress import EtaClock
from core.services.text_form import STATE_IN_WORDS
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

    from core.contracts.run_result import MetricValue
    from core.plugin.registry import PluginRegistry
    from core.services.workbench import Workbench
    from core.store.run_session import RunSession

__all__ = ["Observer", "SessionContext"]

Observer = Callable[[Event], None]


class SessionContext(RunContext):
    """Carries a mode's wishes to the run's session.

    Parameters
    ----------
    session : RunSession
        The living run.
    workbench : Workbench
        Where other runs are found.
    registry : PluginRegistry
        Where plugins come from.
    seed, thread_count : int
        As resolved.
    check_cancelled : callable
        Raises RunCancelled once the run was asked to stop.
    observer : callable
        Sees each event after it was appended.
    """

    def __init__(
        self,
        session: RunSession,
        workbench: Workbench,
        registry: PluginRegistry,
        *,
        seed: int,
        thread_count: int,
        check_cancelled: Callable[[], None],
        observer: Observer,
    ) -> None:
        self.run_id = session.run_id
        self.seed = seed
        self.thread_count = thread_count
        self._session = session
        self._workbench = workbench
        self._registry = registry
        self._raise_if_cancelled = check_cancelled
        self._observer = observer
        self._is_observed = True
        self._clock = EtaClock(steady_moment)

    def plugin(  # noqa: D102 - the contract documents all of these
        self, kind: str, name: str, params: Mapping[str, JsonValue], *, instance_name: str | None = None
    ) -> Any:  # noqa: ANN401 - the caller knows the kind
        self.check_cancelled()
        made = self._registry.create(kind, name, params, instance_name=instance_name, where=f"{kind} {name!r}")
        if isinstance(made, DataSourcePlugin):
            made.access = RunDataAccess(self, bar_cache(self._workbench.settings.cache))
        return made

    def log(  # noqa: D102
        self, message: str, *, level: Literal["debug", "info", "warning", "error"] = "info", **fields: MetricValue
    ) -> None:
        plain = {name: _within_bounds(_plain(field)) for name, field in fields.items()}
        self._emit(LogPayload(level=level, message=_within_bounds(message), logger="qlop.run", fields=plain))

    def progress(  # noqa: D102
        self, step_name: str, value: float, total: float | None = None, unit: str = "", *, within: str = ""
    ) -> None:
        eta_s = self._clock.eta_s(step_name, value, total)
        self._emit(
            ProgressPayload(value=value, total=total, unit=unit, step_name=step_name, eta_s=eta_s, within=within)
        )

    def metric(  # noqa: D102
        self, name: str, value: float | None, *, step: int | None = None, fold: int | None = None
    ) -> None:
        self._emit(MetricPayload(name=name, value=_plain(value), step=_plain(step), fold=_plain(fold)))

    def check_cancelled(self) -> None:  # noqa: D102
        self._raise_if_cancelled()

    def record(self, **facts: MetricValue) -> None:  # noqa: D102
        self._session.update_environment(**{name: _plain(fact) for name, fact in facts.items()})

    def save_table(self, name: str, table: pd.DataFrame) -> Path:  # noqa: D102
        self.check_cancelled()
        return self._session.save_table(name, table)

    def save_json(self, name: str, value: object) -> Path:  # noqa: D102
        self.check_cancelled()
        return self._session.save_json(name, value)

    def save_text(self, name: str, text: str) -> Path:  # noqa: D102
        self.check_cancelled()
        return self._session.save_text(name, text)

    def new_folder(self, name: str) -> Path:  # noqa: D102
        return self._session.new_folder(name)

    def save_folder(self, name: str, folder: Path) -> Path:  # noqa: D102
        self.check_cancelled()
        return self._session.save_folder(name, folder)

    def artifacts_of(self, run_id: str) -> Path:  # noqa: D102
        return self._completed(run_id).artifacts

    def config_of(self, run_id: str) -> Mapping[str, JsonValue]:  # noqa: D102
        return self._completed(run_id).config()

    def metrics_of(self, run_id: str) -> Mapping[str, MetricValue]:  # noqa: D102
        return self._completed(run_id).metrics()  # type: ignore[return-value]  # metrics.json is flat

    def _completed(self, run_id: str) -> RunFolder:
        folder = RunFolder.open(self._workbench.home, run_id)
        state = settle_folder(folder)
        if state is not RunState.COMPLETED:
            raise RunError(f"Run {run_id} {STATE_IN_WORDS[state]}; only a completed run's artifacts can be used.")
        return folder

    def _emit(self, payload: Payload) -> None:
        self.check_cancelled()
        event = self._session.events.append(payload)
        if not self._is_observed:
            return
        try:
            self._observer(event)
        except OSError:
            # Who looks on may go away (a closed pipe, a lost terminal); the run goes on without.
            self._is_observed = False


def _within_bounds(value: Any) -> Any:  # noqa: ANN401 - any scalar; a message may be one too, by mistake
    # What others say, such as a driver's warning, may repeat the address that it was given.
    return shortened(without_passwords(value)) if isinstance(value, str) else value


def _plain(value: Any) -> Any:  # noqa: ANN401 - any scalar, as the same scalar of Python's own types
    """Return NumPy's scalars as Python's, which is what plugins often have in hand."""
    return value.item() if hasattr(value, "item") else value
