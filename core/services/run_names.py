"""Which run a person means: an id, the unique beginning of one, or "latest"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.base.errors import RunIdError
from core.base.events import RunState
from core.services.text_form import STATE_IN_WORDS
from core.store.run_folder import RunFolder
from core.store.run_query import RunQuery
from core.store.run_store import RunStore
from core.store.settlement import settle_folder

if TYPE_CHECKING:
    from core.config.run_config import RunConfig
    from core.services.workbench import Workbench

__all__ = ["find_run", "find_trained_run", "with_run_ids"]


def find_run(workbench: Workbench, named: str) -> str:
    """Return the id that `named` means: an id, the unique beginning of one, or "latest".

    Raises
    ------
    RunIdError
        If there is no such run, or more than one.
    """
    with RunStore(workbench.home) as store:
        if named != "latest":
            return store.resolve(named)
        newest = store.find(RunQuery(limit=1))
    if not newest:
        raise RunIdError(f"There are no runs in {workbench.home.runs_folder}. Start one with: qlop demo")
    return newest[0].run_id


def find_trained_run(workbench: Workbench, named: str) -> str:
    """Return the id of the completed run that `named` means; "latest" is the newest one that trained a model.

    Raises
    ------
    RunIdError
        If there is no such run, or it has not completed.
    """
    if named != "latest":
        return _completed(workbench, find_run(workbench, named))
    if workbench.home.path.is_dir():
        with RunStore(workbench.home) as store:
            newest = store.find_columns(_newest_trained(workbench), ("run_id",))
        if newest:
            return str(newest[0][0])
    raise RunIdError(
        f"No completed run in {workbench.home.runs_folder} trained a model. Train one with: qlop train-model"
    )


def with_run_ids(config: RunConfig, workbench: Workbench) -> RunConfig:
    """Return the config with the runs that it uses named by their whole ids.

    Raises
    ------
    RunIdError
        If there is no such run, or it has not completed.
    """
    changes: dict[str, object] = {}
    if config.export.model_run is not None:
        run_id = _used(workbench, config.export.model_run, "export.model_run")
        changes["export"] = config.export.model_copy(update={"model_run": run_id})
    if config.backtest.predictions_run is not None:
        run_id = _used(workbench, config.backtest.predictions_run, "backtest.predictions_run")
        changes["backtest"] = config.backtest.model_copy(update={"predictions_run": run_id})
    return config.model_copy(update=changes)


def _used(workbench: Workbench, named: str, field: str) -> str:
    try:
        return find_trained_run(workbench, named)
    except RunIdError as error:
        raise RunIdError(f"{field}: {error}") from error


def _newest_trained(workbench: Workbench) -> RunQuery:
    return RunQuery(states=(RunState.COMPLETED,), with_model=True, home_id=workbench.home.home_id, limit=1)


def _completed(workbench: Workbench, run_id: str) -> str:
    state = settle_folder(RunFolder.open(workbench.home, run_id))
    if state is RunState.COMPLETED:
        return run_id
    raise RunIdError(
        f"Run {run_id} {STATE_IN_WORDS[state]}, and only what a completed run made can be used. "
        "List the completed ones with: qlop runs list --state completed"
    )
