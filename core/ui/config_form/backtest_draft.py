"""What a backtest's draft trades, so that it can start: predictions of a trained run or a model's file, or a rule."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.services.predictions import has_predictions, needs_predictions
from core.services.presets import preset_config
from core.ui.catalog import plugin_registry

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["FED_BY", "FIRST_PRESET", "as_backtest", "by_rule", "on_model_file", "on_predictions"]

FIRST_PRESET = "leverage_opportunity"
"""The ready config that forms begin with."""

FED_BY = ("predictions_run", "model_file")
"""The fields of the section backtest that say whose predictions are traded; one of them at most is set."""

_RULE: Mapping[str, Any] = {"strategy_type": "volatility_managed", "strategy_params": {}}


def as_backtest(workbench: Workbench, config: Mapping[str, Any], run_id: str | None) -> dict[str, Any]:
    """Return a config, the ready one or that of the run `run_id`, as a backtest that can start.

    A run that has made predictions has them traded; without any a rule takes the place of a strategy that needs them.
    """
    backtest = config.get("backtest") or {}
    if backtest.get("predictions_run") or backtest.get("model_file"):
        return dict(config)
    if run_id is not None and has_predictions(workbench, run_id):
        return on_predictions(config, run_id)
    return by_rule(workbench, config)


def on_predictions(config: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    """Return the config with a run's predictions traded, by the ready strategy where it has none."""
    return _fed_by(config, {"predictions_run": run_id})


def on_model_file(config: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the config with the predictions of a file's model traded, by the ready strategy where it has none."""
    return _fed_by(config, {"model_file": path})


def by_rule(workbench: Workbench, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config without predictions, with a rule where it has no strategy or one that needs predictions."""
    strategy = config.get("strategy")
    if not strategy or needs_predictions(plugin_registry(workbench), strategy):
        strategy = copy.deepcopy(dict(_RULE))
    return {**config, "strategy": strategy, "backtest": _unfed(config)}


def _fed_by(config: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    strategy = config.get("strategy") or preset_config(FIRST_PRESET)["strategy"]
    return {**config, "strategy": strategy, "backtest": {**_unfed(config), **source}}


def _unfed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section backtest without what feeds it."""
    return {name: value for name, value in (config.get("backtest") or {}).items() if name not in FED_BY}
