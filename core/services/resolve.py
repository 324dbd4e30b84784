"""From a config as written to a config as it runs: plugins known, params complete, threads counted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

from core.base.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.config.run_config import RunConfig
    from core.contracts.orchestrator import OrchestratorPlugin
    from core.plugin.registry import PluginRegistry

__all__ = ["resolve_config"]

# Sections with one plugin each: section, kind, and the stem of its `<stem>_type` and `<stem>_params` fields.
_PLUGIN_SECTIONS = (
    ("data", "data_sources", "data_source"),
    ("label", "labelers", "labeler"),
    ("model", "models", "model"),
    ("strategy", "strategies", "strategy"),
    ("broker", "brokers", "broker"),
    ("export", "exporters", "exporter"),
)
_PLUGIN_LISTS = (("features", "feature_steps", "feature_step"), ("sinks", "sinks", "sink"))


def resolve_config(config: RunConfig, registry: PluginRegistry, where: str) -> RunConfig:
    """Check the config against the plugins and write out what it leaves open.

    Parameters
    ----------
    config : RunConfig
        As read.
    registry : PluginRegistry
        Knows the plugins and their params.
    where : str
        The config's origin, for errors.

    Returns
    -------
    RunConfig
        With every plugin's params complete, and the thread count set.

    Raises
    ------
    PluginError
        If a plugin is unknown, broken or ambiguous.
    ConfigError
        If params are wrong, or a section that the mode needs is missing.
    """
    _check_sections(config, registry, where)
    resolver = _Resolver(registry, where)
    changes: dict[str, Any] = {"thread_count": config.thread_count or len(os.sched_getaffinity(0))}
    changes["mode_params"] = resolver.params("orchestrators", config.mode, config.mode_params, "mode_params")
    for section, kind, stem in _PLUGIN_SECTIONS:
        changes[section] = resolver.section(getattr(config, section), kind, stem, section)
    for section, kind, stem in _PLUGIN_LISTS:
        changes[section] = tuple(
            resolver.section(entry, kind, stem, f"{section}.{position}")
            for position, entry in enumerate(getattr(config, section))
        )
    changes["backtest"] = config.backtest.model_copy(
        update={
            "baselines": {
                name: resolver.section(strategy, "strategies", "strategy", f"backtest.baselines.{name}")
                for name, strategy in config.backtest.baselines.items()
            }
        }
    )
    return config.model_copy(update=changes)


class _Resolver:
    """Writes out plugin params section by section."""

    def __init__(self, registry: PluginRegistry, where: str) -> None:
        self._registry = registry
        self._where = where

    def section(self, section: Any, kind: str, stem: str, path: str) -> Any:  # noqa: ANN401 - any section model
        """Return the section with its plugin's params complete; None stays None."""
        if section is None:
            return None
        name, given = getattr(section, f"{stem}_type"), getattr(section, f"{stem}_params")
        complete = self.params(kind, name, given, f"{path}.{stem}_params")
        return section.model_copy(update={f"{stem}_params": complete})

    def params(self, kind: str, name: str, given: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Return a plugin's params with all defaults, as JSON."""
        plugin = self._registry.create(kind, name, given, where=f"{self._where}: {path}")
        complete: dict[str, Any] = plugin.params.model_dump(mode="json")
        return complete


def _check_sections(config: RunConfig, registry: PluginRegistry, where: str) -> None:
    orchestrator = cast("type[OrchestratorPlugin]", registry.load("orchestrators", config.mode))
    missing = sorted(section for section in orchestrator.required_sections if not getattr(config, section, None))
    if missing:
        raise ConfigError(
            f"{where}: mode {config.mode!r} needs the section {missing[0]!r}, which is missing. "
            f"It needs: {', '.join(sorted(orchestrator.required_sections))}. Ready configs lie in configs/."
        )
