"""From a config as written to a config as it runs: plugins known, params complete, threads counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from core.base.errors import ConfigError, PluginError, QlopError
from core.base.machine import usable_cores
from core.base.validation import Where, place_of
from core.services.absolute_paths import with_absolute_paths
from core.services.params_json import clear_secrets, params_json
from core.services.plugin_slots import PLUGIN_LISTS, PLUGIN_SECTIONS
from core.services.sink_writing import ask_sink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.config.run_config import RunConfig
    from core.contracts.orchestrator import OrchestratorPlugin
    from core.plugin.registry import PluginRegistry

__all__ = ["resolve_config"]


def resolve_config(config: RunConfig, registry: PluginRegistry, where: Where) -> RunConfig:
    """Check the config against the plugins and write out what it leaves open.

    Parameters
    ----------
    config : RunConfig
        As read.
    registry : PluginRegistry
        Knows the plugins and their params.
    where : str or callable
        The config's origin, or a function that tells where the field at a path came from, for errors.

    Returns
    -------
    RunConfig
        With every plugin's params complete, and the thread count set.

    Raises
    ------
    PluginError
        If a plugin is unknown, broken or ambiguous.
    ConfigError
        If params are wrong, a section that the mode needs is missing, or the mode or a sink refuses the config.
    """
    _check_sections(config, registry, where)
    resolver = _Resolver(registry, where)
    changes: dict[str, Any] = {"thread_count": config.thread_count or usable_cores()}
    changes["mode_params"] = resolver.params("orchestrators", config.mode, config.mode_params, "mode_params")
    for section, (kind, stem) in PLUGIN_SECTIONS.items():
        changes[section] = resolver.section(getattr(config, section), kind, stem, section)
    for section, (kind, stem) in PLUGIN_LISTS.items():
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
    complete = config.model_copy(update=changes)
    _ask_mode(complete, registry, where)
    _ask_sinks(complete, registry, where)
    return complete


class _Resolver:
    """Writes out plugin params section by section."""

    def __init__(self, registry: PluginRegistry, where: Where) -> None:
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
        """Return a plugin's params with all defaults and absolute paths, as JSON."""
        plugin = self._registry.create(kind, name, given, where=self._place_within(path))
        for found in clear_secrets(plugin.params):
            raise ConfigError(f"{self._place_within(path)(found.path)}: {found.message}")
        return with_absolute_paths(params_json(plugin.params), plugin.params, self._registry)

    def _place_within(self, path: str) -> Callable[[Sequence[str | int]], str]:
        def place(location: Sequence[str | int]) -> str:
            return f"{place_of(self._where, (*path.split('.'), *location))}: {path}"

        return place


def _ask_mode(config: RunConfig, registry: PluginRegistry, where: Where) -> None:
    """Let the mode refuse what it can know before anything is written."""

    def make_plugin(kind: str, name: str, params: Mapping[str, Any], /) -> Any:  # noqa: ANN401 - by kind
        return registry.create(kind, name, params, where=f"{kind} {name!r}")

    orchestrator: OrchestratorPlugin = make_plugin("orchestrators", config.mode, config.mode_params)
    try:
        orchestrator.check_config(config, make_plugin)
    except PluginError:
        raise
    except QlopError as error:
        # The message begins with the field that is wrong.
        field = str(error).partition(" ")[0].rstrip(":,").split(".")
        raise ConfigError(f"{place_of(where, field)}: {error}") from error


def _ask_sinks(config: RunConfig, registry: PluginRegistry, where: Where) -> None:
    """Let the sinks say now what they would refuse after the work."""
    for position, wanted in enumerate(config.sinks):
        try:
            ask_sink(wanted, config.mode, registry)
        except QlopError as error:
            raise ConfigError(f"{place_of(where, ('sinks', position))}: sinks.{position}: {error}") from error


def _check_sections(config: RunConfig, registry: PluginRegistry, where: Where) -> None:
    orchestrator = cast("type[OrchestratorPlugin]", registry.load("orchestrators", config.mode))
    missing = sorted(section for section in orchestrator.required_sections if not getattr(config, section, None))
    if missing:
        raise ConfigError(
            f"{place_of(where, (missing[0],))}: mode {config.mode!r} needs the section {missing[0]!r}, "
            "which is missing. "
            f"It needs: {', '.join(sorted(orchestrator.required_sections))}. Ready configs lie in configs/."
        )
