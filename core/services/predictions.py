"""Who needs a model's predictions, and which runs have made some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from core.base.errors import QlopError
from core.services.run_artifacts import list_artifacts

if TYPE_CHECKING:
    from core.contracts.strategy import StrategyPlugin
    from core.plugin.registry import PluginRegistry
    from core.services.workbench import Workbench

__all__ = ["has_predictions", "needs_predictions"]

_PREDICTIONS = "predictions"


def needs_predictions(registry: PluginRegistry, strategy: Mapping[str, Any] | None) -> bool:
    """Whether the strategy of a config's section trades by predictions; False where it cannot be known."""
    try:
        found = registry.load("strategies", str((strategy or {}).get("strategy_type")))
    except QlopError:
        return False
    return cast("type[StrategyPlugin]", found).needs_predictions


def has_predictions(workbench: Workbench, run_id: str) -> bool:
    """Whether a run has completed and made predictions that a backtest can use; False where there is no such run."""
    from core.services.run_names import find_trained_run

    try:
        made = list_artifacts(workbench, find_trained_run(workbench, run_id))
    except QlopError:
        return False
    return any(artifact.name == _PREDICTIONS for artifact in made)
