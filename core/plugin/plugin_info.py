"""What is known about a plugin without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Origin", "PluginInfo", "PluginStatus"]


class PluginStatus(StrEnum):
    """Whether a plugin can be picked, and why not."""

    AVAILABLE = "available"
    BROKEN = "broken"
    DUPLICATE = "duplicate"
    INCOMPATIBLE = "incompatible"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Origin:
    """Where a plugin comes from.

    Attributes
    ----------
    provider : str
        The part before the colon of a qualified name: "qlop" for a built-in, "folder" for a file of a user's folder,
        else the distribution's name.
    shown : str
        How messages name the origin: "plugins/models/ridge.py", "acme-qlop 1.2".
    module : str
        The module's name in sys.modules, the same in every process.
    path : str
        The module's file; empty where it cannot be told without importing.
    """

    provider: str
    shown: str
    module: str
    path: str


@dataclass(frozen=True)
class PluginInfo:
    """One plugin as the registry lists it.

    Attributes
    ----------
    kind, name : str
        Its kind's folder and its name; a file that could not be imported goes by its stem.
    origin : Origin
        Where it comes from.
    status : PluginStatus
        Whether it can be picked.
    problem : str
        Why not, with the next step; empty where it is available.
    traceback : str
        Of a failed import; else empty.
    version, requires_qlop, capabilities, summary, documentation, class_name
        As the class states them; `summary` is the first line of its docstring.
    schema : mapping
        JSON schema of its Params.
    required_sections, used_sections : tuple of str, tuple of str or None
        Of a mode: the config's sections that it cannot do without, and those that it looks at (None: all).
    load_seconds : float
        How long its module took to import when it was scanned.
    """

    kind: str
    name: str
    origin: Origin
    status: PluginStatus
    problem: str = ""
    traceback: str = ""
    version: str = ""
    requires_qlop: str = ""
    capabilities: tuple[str, ...] = ()
    summary: str = ""
    documentation: str = ""
    class_name: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    required_sections: tuple[str, ...] = ()
    used_sections: tuple[str, ...] | None = None
    load_seconds: float = field(default=0.0, compare=False)

    @property
    def qualified_name(self) -> str:
        """Provider and name, "acme-qlop:ridge": selects one among duplicates."""
        return f"{self.origin.provider}:{self.name}"
