"""What a run depends on besides its config: versions, machine, command."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.config.run_config import RunConfig
    from core.plugin.registry import PluginRegistry

__all__ = ["describe_environment", "describe_plugins"]

_LIBRARIES = (
    "qlop",
    "numpy",
    "pandas",
    "scipy",
    "numba",
    "scikit-learn",
    "xgboost-cpu",
    "xgboost",
    "pyarrow",
    "pydantic",
    "empyrical-reloaded",
    "skops",
)


def describe_environment(seed: int, thread_count: int, command: Sequence[str]) -> dict[str, object]:
    """Return the facts of environment.json that are known before the run begins.

    Parameters
    ----------
    seed, thread_count : int
        As resolved.
    command : sequence of str
        The command line; it holds references to secrets at most, never secrets.
    """
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "core_count": os.cpu_count(),
        "executable": sys.executable,
        "command": list(command),
        "seed": seed,
        "thread_count": thread_count,
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
    }


def describe_plugins(config: RunConfig, registry: PluginRegistry) -> dict[str, str]:
    """Return version and origin of every plugin that a config names, by "kind/name"."""
    named = {("orchestrators", config.mode), ("brokers", config.broker.broker_type)}
    named |= {("feature_steps", step.feature_step_type) for step in config.features}
    named |= {("strategies", strategy.strategy_type) for strategy in config.backtest.baselines.values()}
    named |= {("sinks", sink.sink_type) for sink in config.sinks}
    named |= {("data_sources", config.data.data_source_type)} if config.data else set()
    named |= {("labelers", config.label.labeler_type)} if config.label else set()
    named |= {("models", config.model.model_type)} if config.model else set()
    named |= {("strategies", config.strategy.strategy_type)} if config.strategy else set()
    found = ((kind, name, registry.get(kind, name)) for kind, name in sorted(named))
    return {f"{kind}/{name}": f"{plugin.version} ({plugin.origin.shown})" for kind, name, plugin in found}


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
