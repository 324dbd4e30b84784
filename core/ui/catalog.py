"""The plugins as the pickers list them, read once and kept until somebody asks to look again.

What is kept is keyed by the home and by everything else that a registry depends on. Reading anew makes a new registry:
a file of a user's folder that changed since is then imported anew, and one that is new appears.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

import streamlit as st

from core.base.errors import PluginError
from core.contracts.data_source import DataSourcePlugin
from core.plugin.plugin_info import PluginStatus
from core.plugin.settings import RegistrySettings

if TYPE_CHECKING:
    from core.plugin.plugin_info import PluginInfo
    from core.plugin.registry import PluginRegistry
    from core.services.workbench import Workbench

__all__ = [
    "all_plugins",
    "default_tickers",
    "find_plugin",
    "plugin_notices",
    "plugin_registry",
    "plugins_revision",
    "plugins_to_pick",
    "reload_plugins",
]


def all_plugins(workbench: Workbench) -> Sequence[PluginInfo]:
    """Return every plugin, those that cannot be used too, sorted by kind and name."""
    return _catalog(_key(workbench), workbench)[0]


def plugins_to_pick(workbench: Workbench, kind: str) -> Sequence[PluginInfo]:
    """Return the plugins of a kind: those that can be used first, each group by name.

    Raises
    ------
    PluginError
        If there is no such kind, or the plugins cannot be looked at.
    """
    found = [plugin for plugin in _catalog(_key(workbench), workbench)[0] if plugin.kind == kind]
    return sorted(found, key=lambda plugin: plugin.status is not PluginStatus.AVAILABLE)


def find_plugin(workbench: Workbench, kind: str, name: str) -> PluginInfo | None:
    """Return the plugin of a kind that `name`, which may be qualified, means; the usable one before others."""
    named = [plugin for plugin in plugins_to_pick(workbench, kind) if name in {plugin.name, plugin.qualified_name}]
    return named[0] if named else None


def default_tickers(workbench: Workbench, source: str) -> Sequence[str] | None:
    """Return what a data source loads where no ticker is named, as it says itself; None of one that is not there."""
    try:
        found = plugin_registry(workbench).load("data_sources", source)
    except PluginError:
        return None
    return found.default_tickers if issubclass(found, DataSourcePlugin) else None


def plugin_notices(workbench: Workbench) -> Sequence[str]:
    """Return what is to be said about folders whose plugins do not run."""
    return _catalog(_key(workbench), workbench)[1]


def plugin_registry(workbench: Workbench) -> PluginRegistry:
    """Return the registry that the lists are from; what it imports is what they describe."""
    return _registry(_key(workbench), workbench)[0]


def plugins_revision(workbench: Workbench) -> str:
    """Return a text that is another one after the plugins were looked at anew."""
    return _registry(_key(workbench), workbench)[1]


def reload_plugins() -> None:
    """Look at the plugins anew when they are next asked for."""
    _registry.clear()
    _catalog.clear()


def _key(workbench: Workbench) -> str:
    settings = RegistrySettings(disabled=workbench.settings.plugins.disabled, home=workbench.home.path)
    return f"{workbench.home.path} {settings!r}"


@st.cache_resource(show_spinner=False)
def _registry(key: str, _workbench: Workbench) -> tuple[PluginRegistry, str]:  # noqa: ARG001 - what the cache goes by
    return _workbench.registry(), uuid4().hex


@st.cache_data(show_spinner="Looking at the plugins")
def _catalog(key: str, _workbench: Workbench) -> tuple[list[PluginInfo], list[str]]:  # noqa: ARG001 - as above
    registry = plugin_registry(_workbench)
    return registry.list(), [folder.notice for folder in registry.folders() if folder.notice]
