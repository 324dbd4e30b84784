"""What a run's log warns of at the start: settings that change nothing, or do harm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.machine import usable_cores
from core.plugin.disabling import disabling_entry, disabling_path

if TYPE_CHECKING:
    from core.config.run_config import RunConfig
    from core.config.settings import Settings
    from core.plugin.plugin_info import PluginInfo
    from core.plugin.registry import PluginRegistry

__all__ = ["start_findings"]


def start_findings(config: RunConfig, registry: PluginRegistry, settings: Settings) -> list[str]:
    """Return one sentence for each setting that a person should look at."""
    findings = []
    cores = usable_cores()
    if config.thread_count and config.thread_count > cores:
        findings.append(
            f"thread_count is {config.thread_count}, but this process may use {cores} cores; more threads than cores "
            "are slower, not faster. null takes every core"
        )
    wanted = (*settings.plugins.disabled, *config.plugins.disabled)
    plugins = registry.list() if wanted else []
    matchless = (entry for entry in wanted if not _disables(entry, plugins))
    findings += [f"plugins.disabled names {entry!r}, which no plugin is. See: qlop plugins list" for entry in matchless]
    return findings


def _disables(entry: str, plugins: Sequence[PluginInfo]) -> bool:
    here = Path.cwd()
    return any(
        disabling_path((entry,), plugin.origin, here)
        or disabling_entry((entry,), plugin.kind, plugin.name, plugin.origin.provider)
        for plugin in plugins
    )
