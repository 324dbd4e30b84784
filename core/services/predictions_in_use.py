"""Whether predictions made elsewhere suit a backtest's strategies: a run's or a model's file tells it, at the start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core.base.errors import ConfigError
from core.base.validation import FieldProblem
from core.config.run_config import RunConfig
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from core.engine.strategy_checks import PredictedLabel
    from core.plugin.registry import PluginRegistry
    from core.services.workbench import Workbench

__all__ = ["refusal_of_model_file", "refusal_of_predictions"]

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
    return _refusal_of_trained(config, trained, run_id, file, registry)


def refusal_of_model_file(config: RunConfig, model_file: str, registry: PluginRegistry) -> list[FieldProblem]:
    """Return why a backtest's strategies cannot go by a model's file; nothing where they can, or it does not tell.

    Parameters
    ----------
    config : RunConfig
        The backtest's.
    model_file : str
        The file's path, absolute.
    registry : PluginRegistry
        Who knows the plugins.
    """
    from core.engine.model_file_label import label_of_model_file

    made = label_of_model_file(Path(model_file))
    return [] if made is None else _refusal_of_strategies(config, made, registry)


def _refusal_of_trained(
    config: RunConfig, trained: RunConfig, run_id: str, file: Path, registry: PluginRegistry
) -> list[FieldProblem]:
    from core.engine.config_checks import check_predictions_are_causal
    from core.engine.strategy_checks import PredictedLabel

    try:
        check_predictions_are_causal(trained.splits.scheme, f"{'.'.join(_FIELD)}: run {run_id}")
    except ConfigError as error:
        return [FieldProblem(_FIELD, str(error))]
    if trained.label is None:
        return []
    return _refusal_of_strategies(config, PredictedLabel(trained.label, f"run {run_id}", _columns_of(file)), registry)


def _refusal_of_strategies(config: RunConfig, made: PredictedLabel, registry: PluginRegistry) -> list[FieldProblem]:
    from core.engine.strategy_checks import check_strategies_fit_predictions

    def make_plugin(kind: str, name: str, params: Mapping[str, JsonValue], /) -> Any:  # noqa: ANN401 - by kind
        return registry.create(kind, name, params)

    try:
        check_strategies_fit_predictions(config, made, make_plugin)
    except ConfigError as error:
        field = str(error).partition(" ")[0].rstrip(":,").split(".")
        return [FieldProblem(tuple(field), str(error))]
    return []


def _columns_of(file: Path) -> tuple[str, ...]:
    from pyarrow import parquet

    names = parquet.read_schema(file).names
    return tuple(name for name in names if name not in {"timestamp", "ticker"})
