"""What a backtest's draft trades, put so that it can start: a trained run's predictions, or a rule."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.services.predictions import has_predictions, needs_predictions
from core.services.presets import preset_config
from core.ui.catalog import plugin_registry

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["FIRST_PRESET", "as_backtest", "by_rule", "on_predictions"]

FIRST_PRESET = "leverage_opportunity"
"""The ready config that forms begin with."""

_RULE: Mapping[str, Any] = {"strategy_type": "volatility_managed", "strategy_params": {}}


def as_backtest(workbench: Workbench, config: Mapping[str, Any], run_id: str | None) -> dict[str, Any]:
    """Return a config, the ready one or that of the run `run_id`, as a backtest that can start.

    A run that has made predictions has them traded; without any a rule takes the place of a strategy that needs them.
    """
    backtest = config.get("backtest") or {}
    if backtest.get("predictions_run"):
        return dict(config)
    if run_id is not None and has_predictions(workbench, run_id):
        return on_predictions(config, run_id)
    return by_rule(workbench, config)


def on_predictions(config: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    """Return the config with a run's predictions traded, by the ready strategy where it has none."""
    strategy = config.get("strategy") or preset_config(FIRST_PRESET)["strategy"]
    backtest = {**(config.get("backtest") or {}), "predictions_run": run_id}
    return {**config, "strategy": strategy, "backtest": backtest}


def by_rule(workbench: Workbench, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config without a trained run, with a rule where it has no strategy or one that needs predictions."""
    backtest = {name: value for name, value in (config.get("backtest") or {}).items() if name != "predictions_run"}
    strategy = config.get("strategy")
    if not strategy or needs_predictions(plugin_registry(workbench), strategy):
        strategy = copy.deepcopy(dict(_RULE))
    return {**config, "strategy": strategy, "backtest": backtest}
