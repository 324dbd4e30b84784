"""What every use case works with: a home folder, its settings and the plugins found from it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.config.settings import Settings, load_settings
from core.config.store_url import resolved_store_url
from core.store.home import HOME_ORIGIN_VARIABLE, HOME_VARIABLE, Home

if TYPE_CHECKING:
    from core.plugin.registry import PluginRegistry

__all__ = ["DEFAULT_ORIGIN", "Workbench", "open_workbench"]


DEFAULT_ORIGIN = "default"
"""What is said of a setting's origin where nobody set it."""


@dataclass(frozen=True)
class Workbench:
    """A home folder, its settings and the registry of plugins.

    Attributes
    ----------
    home_origin : str
        Who named the home: an option, a variable, or nobody.
    """

    home: Home
    settings: Settings
    home_origin: str = DEFAULT_ORIGIN

    def registry(self, disabled: tuple[str, ...] = ()) -> PluginRegistry:
        """Return a registry over entry points, built-in folders and users' folders.

        Parameters
        ----------
        disabled : tuple of str
            Plugins that a config leaves out, besides those of the settings.
        """
        from core.plugin.registry import PluginRegistry, RegistrySettings

        return PluginRegistry(
            RegistrySettings(disabled=(*self.settings.plugins.disabled, *disabled), home=self.home.path)
        )


def open_workbench(home: Path | str | None = None) -> Workbench:
    """Return the workbench of `home`, else of QLOP_HOME, else of `.qlop` in the working folder.

    Nothing is created yet: looking changes nothing.

    Raises
    ------
    ConfigError
        If the home's settings.yaml is wrong, or what it refers to.
    StoreError
        If the index that it names is a file elsewhere that is none, or a new one.
    HomeError
        If no home can be there.
    """
    path = Path(home or os.environ.get(HOME_VARIABLE) or ".qlop")
    place = Home(path).check()
    settings = load_settings(path)
    url = settings.store.url
    if url is None:
        return Workbench(place, settings, _origin(home))
    named = Home(place.path, resolved_store_url(url))
    if not url.startswith("env:"):
        from core.store.index_file import check_index_of_settings

        check_index_of_settings(named.store_url, named)
    return Workbench(named, settings, _origin(home))


def _origin(home: Path | str | None) -> str:
    if home:
        return "option: --home"
    if not os.environ.get(HOME_VARIABLE):
        return DEFAULT_ORIGIN
    return os.environ.get(HOME_ORIGIN_VARIABLE) or f"environment: {HOME_VARIABLE}"
