"""The registry: which plugins there are, and instances of them.

1. Find the modules that may hold plugins (discovery.py), importing none.
2. Take what the cache remembers of them; scan the others in a process of their own (isolated_scan.py).
3. Make the list, and mark what is disabled, broken, incompatible or there twice (census.py).
4. Import a plugin here only when it is asked for by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from core.base.errors import ConfigError, PluginError, QlopError
from core.contracts.kinds import KINDS
from core.plugin.census import disabled_file, plugins_of, with_duplicates_marked
from core.plugin.disabling import disabling_path
from core.plugin.discovery import find_units
from core.plugin.isolated_scan import scan_isolated
from core.plugin.loading import import_unit
from core.plugin.lookup import check_kind, choose
from core.plugin.plugin_info import PluginInfo
from core.plugin.scan_cache import ScanCache
from core.plugin.scan_outcome import ScanOutcome
from core.plugin.scan_unit import ScanUnit
from core.plugin.settings import RegistrySettings
from core.plugin.user_folders import UserFolder, find_user_folders

if TYPE_CHECKING:
    from pydantic import JsonValue

    from core.base.validation import Where
    from core.contracts.plugin import Plugin

__all__ = ["PluginRegistry", "RegistrySettings"]

_Plugins = list[PluginInfo]


class PluginRegistry:
    """Every plugin of an installation, its users' folders included.

    It looks when it is first asked, and again after `refresh`. Listing imports no plugin in this process.

    Parameters
    ----------
    settings : RegistrySettings or None
        Where to look; None reads the environment.

    Attributes
    ----------
    remembered, scanned : int
        Of the last look: how many modules the cache knew, and how many had to be imported in a process of their own.
    """

    def __init__(self, settings: RegistrySettings | None = None) -> None:
        self._settings = settings or RegistrySettings()
        self._qlop_version = version("qlop")
        self._cache = ScanCache(self._settings.cache, self._qlop_version)
        self._folders: list[UserFolder] | None = None
        self._units: dict[str, ScanUnit] = {}
        self._old_failures: dict[tuple[str, str], ScanUnit] = {}
        self._plugins: _Plugins | None = None
        self.remembered, self.scanned = 0, 0

    def list(self, kind: str | None = None) -> _Plugins:
        """Return the plugins of a kind, or of all, sorted by kind and name; those that cannot be used say why.

        Raises
        ------
        PluginError
            If there is no such kind.
        """
        if kind is not None:
            check_kind(kind)
        return [plugin for plugin in self._all() if kind in {None, plugin.kind}]

    def folders(self) -> Sequence[UserFolder]:
        """Return the users' folders and whether their plugins run."""
        if self._folders is None:
            self._folders = find_user_folders(self._settings)
        return self._folders

    def get(self, kind: str, name: str) -> PluginInfo:
        """Return what is known about a plugin that can be used.

        Parameters
        ----------
        kind : str
            "models", "strategies" ...
        name : str
            The plugin's name, or its qualified name ("acme-qlop:ridge").

        Raises
        ------
        PluginError
            If there is no such plugin, or it is ambiguous, broken, incompatible or disabled.
        """
        notices = [folder.notice for folder in self.folders() if folder.notice]
        try:
            return choose(self._all(), kind, name, notices)
        except PluginError:
            if not self._forget_failure(kind, name):
                raise
        return choose(self._all(), kind, name, notices)

    def load(self, kind: str, name: str) -> type[Plugin]:
        """Import a plugin and return its class.

        Raises
        ------
        PluginError
            As `get` does, or if the import fails here.
        """
        info = self.get(kind, name)
        found: Any
        try:
            found = import_unit(self._unit_of(info))
            for part in info.class_name.split("."):
                found = getattr(found, part)
        except (Exception, SystemExit) as error:  # a module may raise anything
            raise PluginError(
                f"{KINDS[kind].singular.capitalize()} {info.name!r} ({info.origin.shown}) cannot be imported: "
                f"{type(error).__name__}: {error}. See: qlop plugins show {kind} {info.name}"
            ) from error
        plugin_class: type[Plugin] = found
        return plugin_class

    def create(
        self,
        kind: str,
        name: str,
        params: Mapping[str, JsonValue],
        *,
        instance_name: str | None = None,
        where: Where = "",
    ) -> Any:  # noqa: ANN401 - the caller knows the kind, and annotates the variable with its contract
        """Return a new instance with validated parameters.

        Parameters
        ----------
        kind, name : str
            As `get` takes them.
        params : mapping
            The parameters as JSON.
        instance_name : str or None
            The instance's own name; None takes the plugin's.
        where : str or callable
            Where the parameters were written, for errors: "my.yaml: model.model_params". A function tells it of the
            field at a path.

        Raises
        ------
        PluginError
            As `load` does, or if the plugin refuses to be made.
        ConfigError
            If parameters are unknown, missing or out of their bounds.
        """
        from core.contracts.model import ModelPlugin

        plugin_class = self.load(kind, name)
        checked = self._validated(plugin_class, kind, name, params, where)
        try:
            made = plugin_class(instance_name or plugin_class.name, checked)
            if isinstance(made, ModelPlugin):
                made.accept_models(partial(self.create, "models"))
        except QlopError:
            raise
        except Exception as error:  # a plugin may raise anything
            raise PluginError(
                f"{KINDS[kind].singular.capitalize()} {name!r} cannot be made with these parameters: "
                f"{type(error).__name__}: {error}. See: qlop plugins show {kind} {name}"
            ) from error
        return made

    def schema(self, kind: str, name: str) -> Mapping[str, Any]:
        """Return the JSON schema of a plugin's parameters, without importing it here."""
        return self.get(kind, name).schema

    def refresh(self) -> None:
        """Forget what was found; the next question looks again."""
        self._folders = None
        self._plugins = None

    def _validated(
        self, plugin_class: type[Plugin], kind: str, name: str, params: Mapping[str, JsonValue], where: Where
    ) -> Any:  # noqa: ANN401 - the class's own Params
        from pydantic import ValidationError

        from core.base.validation import explain_validation_error

        try:
            return plugin_class.Params.model_validate(dict(params))
        except ValidationError as error:
            place = where or f"params of {KINDS[kind].singular} {name!r}"
            explained = explain_validation_error(error, place, plugin_class.Params)
            raise ConfigError(f"{explained} See: qlop plugins show {kind} {name}") from error

    def _all(self) -> _Plugins:
        if self._plugins is None:
            self._plugins = with_duplicates_marked(self._look())
        return self._plugins

    def _look(self) -> _Plugins:
        settings = self._settings
        plugins: _Plugins = []
        units: list[ScanUnit] = []
        for unit in find_units(settings, list(self.folders())):
            entry = disabling_path(settings.disabled, unit.origin, settings.working_folder)
            if entry:
                plugins.append(disabled_file(unit, entry))
            else:
                units.append(unit)
        for unit, outcome in self._scanned(units):
            plugins += plugins_of(unit, outcome, settings.disabled)
        self._units = {unit.origin.module: unit for unit in units}
        return plugins

    def _scanned(self, units: Sequence[ScanUnit]) -> Iterator[tuple[ScanUnit, ScanOutcome]]:
        known = {unit.key: outcome for unit in units if (outcome := self._cache.find(unit)) is not None}
        new = [unit for unit in units if unit.key not in known]
        self.remembered, self.scanned = len(known), len(new)
        self._old_failures = {
            (unit.kind, unit.name): unit for unit in units if unit.key in known and known[unit.key].is_failure
        }
        if new:
            outcomes = scan_isolated(new, self._qlop_version, self._settings.scan_limit_s)
            self._cache.remember(zip(new, outcomes, strict=True))
            known |= {unit.key: outcome for unit, outcome in zip(new, outcomes, strict=True)}
        return ((unit, known[unit.key]) for unit in units)

    def _forget_failure(self, kind: str, name: str) -> bool:
        """Forget an import that failed when it was remembered, so that asking for it tries once more."""
        unit = self._old_failures.pop((kind, name.rpartition(":")[2]), None)
        if unit is None:
            return False
        self._cache.forget(unit)
        self._plugins = None
        return True

    def _unit_of(self, info: PluginInfo) -> ScanUnit:
        return self._units[info.origin.module]
