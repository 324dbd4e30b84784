"""What can be picked, as plain data: lists, details, trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.services.parameter_rows import ParameterRow, parameter_rows
from core.services.text_form import lines_of
from core.services.workbench import open_workbench

if TYPE_CHECKING:
    from core.plugin.plugin_info import PluginInfo

__all__ = ["PluginList", "PluginShown", "list_plugins", "show_plugin", "trust_folder"]


@dataclass(frozen=True)
class PluginList:
    """Every plugin found, and what is to be said about folders that may not run."""

    plugins: Sequence[PluginInfo]
    notices: Sequence[str]

    def as_json(self) -> dict[str, object]:
        """Return the list for programs."""
        return {"plugins": [_plain(plugin) for plugin in self.plugins], "notices": list(self.notices)}


@dataclass(frozen=True)
class PluginShown:
    """One plugin in full."""

    plugin: PluginInfo

    def as_json(self) -> dict[str, object]:
        """Return the plugin for programs."""
        return _plain(self.plugin)

    def as_text(self) -> str:
        """Return the plugin for a person."""
        plugin = self.plugin
        facts = [
            ("name", plugin.qualified_name),
            ("kind", plugin.kind),
            ("version", plugin.version),
            ("origin", plugin.origin.shown),
            ("status", plugin.status.value),
            ("needs QLOP", plugin.requires_qlop),
            ("capabilities", ", ".join(plugin.capabilities)),
            ("problem", plugin.problem),
        ]
        parts = [lines_of([(name, value) for name, value in facts if value]), plugin.documentation.strip()]
        parts += [_parameters(plugin.schema), plugin.traceback.strip()]
        return "\n\n".join(part for part in parts if part)


def list_plugins(home: Path | None, kind: str | None = None) -> PluginList:
    """Return the plugins of a kind, or of all, with their status.

    Raises
    ------
    PluginError
        If there is no such kind.
    """
    registry = open_workbench(home).registry()
    plugins = registry.list(kind)
    return PluginList(plugins, [folder.notice for folder in registry.folders() if folder.notice])


def show_plugin(home: Path | None, kind: str, name: str) -> PluginShown:
    """Return one plugin in full, also one that cannot be used.

    Raises
    ------
    PluginError
        If no plugin of that kind has that name.
    """
    registry = open_workbench(home).registry()
    listed = [plugin for plugin in registry.list(kind) if name in {plugin.name, plugin.qualified_name}]
    return PluginShown(listed[0] if len(listed) == 1 else registry.get(kind, name))


def trust_folder(folder: Path) -> list[str]:
    """Let the plugins of a folder run as its files stand now, and say what that means.

    Raises
    ------
    PluginError
        If the folder is not there, or others may write to it.
    """
    from core.plugin.settings import RegistrySettings
    from core.plugin.trust import trust_folder as trust
    from core.plugin.user_folders import find_user_folders

    trusted = trust(folder)
    looked_at = {found.path.resolve() for found in find_user_folders(RegistrySettings())}
    told = [
        f"{trusted.path} is trusted, with {len(trusted.files)} files.",
        "Its code runs with your rights. When a file changes, trust the folder again.",
    ]
    if Path(trusted.path).resolve() not in looked_at:
        told.append("Nothing looks there from here: set QLOP_HOME to its home, or name it in QLOP_PLUGIN_PATH.")
    return told


def _plain(plugin: PluginInfo) -> dict[str, object]:
    return {**asdict(plugin), "status": plugin.status.value, "qualified_name": plugin.qualified_name}


def _parameters(schema: Mapping[str, Any]) -> str:
    rows = [(row.parameter, _in_words(row)) for row in parameter_rows(schema)]
    return f"Parameters\n{lines_of(rows)}" if rows else "No parameters."


def _in_words(row: ParameterRow) -> str:
    default = row.default if row.default in {"", "required"} else f"default {row.default}"
    allowed = f" ({row.allowed})" if row.allowed else ""
    return f"{', '.join(part for part in (row.type, default) if part)}; {row.description}{allowed}"
