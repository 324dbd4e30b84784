"""Every setting of this installation, its value, and where that value comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.base.url_place import url_place
from core.config.loader import read_config_file
from core.plugin.settings import CACHE_VARIABLE, CONFIGURATION_VARIABLE, PATH_VARIABLE, RegistrySettings
from core.services.workbench import DEFAULT_ORIGIN
from core.store.home import STORE_URL_VARIABLE

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["SettingShown", "shown_settings"]

RELAY_URL_VARIABLE = "QLOP_RELAY_URL"

_VARIABLES = {"store.url": STORE_URL_VARIABLE, "relay.url": RELAY_URL_VARIABLE}
_RELAYS = frozenset({"relay.url", "relay.browser_url"})


@dataclass(frozen=True)
class SettingShown:
    """One setting: its name, its value as text, and who says so (a file, a variable, the default)."""

    name: str
    value: str
    origin: str


def shown_settings(workbench: Workbench, environment: Mapping[str, str] = os.environ) -> list[SettingShown]:
    """Return the folders that QLOP uses, and all fields of settings.yaml, those that nobody set too.

    Secrets are references ("env:NAME") and are shown as such; what they refer to is not read.

    Raises
    ------
    ConfigError
        If settings.yaml cannot be read.
    """
    path = workbench.home.path / "settings.yaml"
    written = read_config_file(path) if path.is_file() else {}
    fields = [
        SettingShown(name, _shown(name, value), _origin(name, written, str(path), environment))
        for name, value in _fields(workbench.settings.model_dump(mode="json"))
    ]
    return [*_places(workbench, environment), *(_in_force(field, workbench) for field in fields)]


def _places(workbench: Workbench, environment: Mapping[str, str]) -> Iterator[SettingShown]:
    registry = RegistrySettings()
    yield SettingShown("home folder", str(workbench.home.path), workbench.home_origin)
    places = (
        ("configuration folder", str(registry.configuration), CONFIGURATION_VARIABLE),
        ("cache folder", str(registry.cache), CACHE_VARIABLE),
        ("folders of plugins", os.pathsep.join(map(str, registry.plugin_path)), PATH_VARIABLE),
    )
    for name, value, variable in places:
        origin = f"environment: {variable}" if environment.get(variable) else DEFAULT_ORIGIN
        yield SettingShown(name, value or "none", origin)


def _fields(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from _fields(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def _origin(name: str, written: Mapping[str, Any], path: str, environment: Mapping[str, str]) -> str:
    variable = _VARIABLES.get(name)
    if variable and environment.get(variable):
        return f"environment: {variable}"
    found: Any = written
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return DEFAULT_ORIGIN
        found = found[part]
    return f"file: {path}"


def _in_force(field: SettingShown, workbench: Workbench) -> SettingShown:
    """Return the number of runs that is meant where none is set: "none" reads as no limit."""
    jobs = workbench.settings.jobs
    if field.name != "jobs.concurrent_runs" or jobs.concurrent_runs is not None:
        return field
    return SettingShown(field.name, str(jobs.most_at_once), f"{field.origin}: the cores less one, at least one")


def _shown(name: str, value: object) -> str:
    # The path of a relay's address is for who connects: a proxy's owner may have put a secret there.
    return url_place(value) if name in _RELAYS and isinstance(value, str) else _text(value)


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "none"
    return str(value)
