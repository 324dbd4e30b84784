"""What every plugin is, whatever its kind."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from core.contracts.params import Params as BaseParams

__all__ = ["Plugin"]


class Plugin(ABC):
    """Base of all plugin kinds.

    A plugin is a class with a name, a version, the range of QLOP versions that it works with, and a nested frozen
    `Params`. It imports heavy libraries inside its methods, so that listing plugins stays fast.

    Promises: an instance belongs to one run and is called from one thread. The class must be importable by its module's
    name in a worker process. Frames that come in belong to the caller and are never changed in place.

    Attributes
    ----------
    name : str
        On the class, the name that configs use. On an instance, the name that the config gave it (a feature step's
        `name`), which is the class's where the config gives none.
    version : str
        The plugin's own version.
    requires_qlop : str
        A PEP 440 range of QLOP versions, such as ">=0.1,<1". Empty means any.
    capabilities : frozenset of str
        What it can do beyond its contract; each contract names the capabilities that the engine looks for.
    Params : type
        The nested class of parameters; a plugin without parameters leaves it out.
    params : Params
        The validated parameters; a plugin annotates them with its own nested class.
    """

    name: str
    version: str = "0.0.0"
    requires_qlop: str = ""
    capabilities: ClassVar[frozenset[str]] = frozenset()

    Params: ClassVar[type[BaseParams]] = BaseParams

    params: BaseParams

    def __init__(self, name: str, params: BaseParams) -> None:
        self.name = name
        self.params = params

    def check(self) -> None:  # noqa: B027 - most plugins refuse nothing
        """Refuse now, before a run begins, what would fail later whatever the data are; nothing is refused by default.

        Called before the run's folder exists, and while somebody fills the dashboard's form: it is quick, writes
        nothing and asks no network. A device, a file or a package that is not there is known now. What cannot be known
        yet is left to the work. That secrets lead somewhere is checked already.

        Raises
        ------
        QlopError
            If this plugin cannot work with its params on this machine. A message that begins with a parameter's name
            ("device is 'cuda', ...", "layers.0.width: ...") is shown beside that field.
        """
