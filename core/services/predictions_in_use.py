"""Whether another run's predictions suit the strategies of a backtest: told from that run's files, before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core.base.errors import ConfigError
from core.base.validation import FieldProblem
from core.config.run_config import RunConfig
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from core.plugin.registry import PluginRegistry
    from core.services.workbench import Workbench

__all__ = ["refusal_of_predictions"]

_FIELD = ("backtest", "predictions_run")


def refusal_of_predictions(
    config: RunConfig, run_id: str, workbench: Workbench, registry: PluginRegistry
) -> list[FieldProblem]:
    """Return why a backtest cannot trade the predictions of a completed run; nothing where it can, or nobody knows.

    Parameters
    ----------
    config : RunConfig
        The backtest's.
    run_id : str
        The whole id of the run that predicted.
    workbench, registry
        Where it lies, and who knows the plugins.
    """
    folder = RunFolder.open(workbench.home, run_id)
    file = folder.artifacts / "predictions.parquet"
    if not file.is_file():
        return [
            FieldProblem(
                _FIELD,
                f"backtest.predictions_run: run {run_id} has no predictions; name a run of mode train or pipeline.",
            )
        ]
    try:
        trained = RunConfig.model_validate(folder.config())
    except ValidationError:
        # A run of another version: what its predictions are of is asked when they are read.
        return []
    return _refusal_of_strategies(config, trained, run_id, file, registry)


def _refusal_of_strategies(
    config: RunConfig, trained: RunConfig, run_id: str, file: Path, registry: PluginRegistry
) -> list[FieldProblem]:
    from core.engine.config_checks import check_predictions_are_causal
    from core.engine.strategy_checks import PredictedLabel, check_strategies_fit_predictions

    def make_plugin(kind: str, name: str, params: Mapping[str, JsonValue], /) -> Any:  # noqa: ANN401 - by kind
        return registry.create(kind, name, params)

    try:
        check_predictions_are_causal(trained.splits.scheme, f"{'.'.join(_FIELD)}: run {run_id}")
        if trained.label is None:
            return []
        made = PredictedLabel(trained.label, f"run {run_id}", _columns_of(file))
        check_strategies_fit_predictions(config, made, make_plugin)
    except ConfigError as error:
        field = str(error).partition(" ")[0].rstrip(":,").split(".")
        return [FieldProblem(tuple(field), str(error))]
    return []


def _columns_of(file: Path) -> tuple[str, ...]:
    from pyarrow import parquet

    names = parquet.read_schema(file).names
    return tuple(name for name in names if name not in {"timestamp", "ticker"})
