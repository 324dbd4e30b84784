"""A new plugin's file, which works as it stands and keeps its kind's contract."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from core.base.errors import PluginError, UsageError
from core.contracts.kinds import KINDS
from core.plugin.lookup import check_kind
from core.plugin.settings import PATH_VARIABLE, RegistrySettings
from core.store.atomic import write_new_text

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["NewPlugin", "scaffold_command", "write_scaffold"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_REQUIRES = ">=0.1,<1"


@dataclass(frozen=True)
class NewPlugin:
    """A plugin's file that was written.

    Attributes
    ----------
    path : Path
        The file.
    class_name : str
        The class in it.
    next_steps : tuple of str
        What to do so that it can be picked, and how it is proven.
    """

    path: Path
    class_name: str
    next_steps: tuple[str, ...]


def scaffold_command(kind: str, name: str = "NAME") -> str:
    """Return the command that writes a new plugin of `kind`."""
    return f"qlop plugins new {kind} {name}"


def write_scaffold(workbench: Workbench, kind: str, name: str, folder: Path | None = None) -> NewPlugin:
    """Write <folder>/<kind>/<name>.py.

    Parameters
    ----------
    workbench : Workbench
        Its home's plugins folder is where the file goes by default.
    kind : str
        "models", "strategies" ...
    name : str
        What configs call the plugin: small letters, digits and underscores, beginning with a letter, 60 at most.
    folder : Path or None
        Another users' folder, which holds one folder a kind.

    Raises
    ------
    PluginError
        If there is no such kind, or a file of that name is there or cannot be written.
    UsageError
        If the name is not allowed.
    """
    check_kind(kind)
    _check_name(name)
    root = (folder or workbench.home.plugins_folder).expanduser().resolve()
    path = root / kind / f"{name}.py"
    class_name = "".join(part.capitalize() for part in name.split("_") if part)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new_text(path, _text(kind, name, class_name))
    except FileExistsError as error:
        raise PluginError(f"{path} is there already. Choose another name, or remove the file first.") from error
    except OSError as error:
        raise PluginError(
            f"{path} cannot be written: {error.strerror or error}. Name a folder with --folder."
        ) from error
    return NewPlugin(path, class_name, (*_ways_to_use(root, workbench.home.plugins_folder), _way_to_prove(kind, name)))


def _text(kind: str, name: str, class_name: str) -> str:
    template = files("core.services.scaffolds").joinpath(f"{kind}.txt").read_text(encoding="utf-8")
    title = name.replace("_", " ").capitalize()
    return Template(template).substitute(name=name, class_name=class_name, title=title, requires_qlop=_REQUIRES)


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None or keyword.iskeyword(name):
        raise UsageError(
            f"{name!r} cannot name a plugin; it must be small letters, digits and underscores, beginning with a "
            "letter, 60 at most, and no word of Python's own."
        )


def _ways_to_use(root: Path, of_home: Path) -> tuple[str, ...]:
    settings = RegistrySettings()
    looked_at = {(settings.working_folder / ".qlop" / "plugins").resolve(), of_home.resolve()}
    if root in {path.resolve() for path in settings.plugin_path}:
        return (f"It lies in {PATH_VARIABLE}, so it can be picked now: qlop plugins list",)
    if root in looked_at:
        return (
            f"Read it, then let it run as it stands: qlop plugins trust {root}",
            "After each change, trust it again.",
        )
    return (f"Let QLOP look there, which trusts it: export {PATH_VARIABLE}={root}",)


def _way_to_prove(kind: str, name: str) -> str:
    suite = KINDS[kind].contract_name.removesuffix("Plugin") + "ContractSuite"
    return (
        f"Prove it with {suite} of qlop.testing, or on the dashboard's Plugins page: qlop plugins check {kind} {name}"
    )
