"""The contract of orchestrators: the modes that a run can have."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    from pydantic import JsonValue

    from core.config.run_config import RunConfig
    from core.contracts.run_context import RunContext
    from core.contracts.run_result import RunResult

__all__ = ["MakesPlugins", "OrchestratorPlugin"]


class MakesPlugins(Protocol):
    """Makes plugins from a config's names and params, as `RunContext.plugin` does."""

    def __call__(self, kind: str, name: str, params: Mapping[str, JsonValue], /) -> Any:  # noqa: ANN401 - by kind
        """Return the plugin of `kind` ("models", "strategies" ...) called `name`."""


class OrchestratorPlugin(Plugin):
    """A mode: it composes engine functions and plugins into a run.

    Promises: it opens no files but through the context and the engine's stages, reads no clock and no global settings,
    and reports through the context alone. The CLI command `qlop run NAME` appears by itself.

    Attributes
    ----------
    required_sections : frozenset of str
        Sections of the config without which the mode cannot run, such as "data" and "model".
    used_sections : frozenset of str or None
        Sections that the mode looks at, the required ones among them; its form shows these and no others. None: all.
        What every run has (title, seed, thread_count, sinks, plugins) is not named.
    tables : frozenset of str or None
        Names of the tables that its result holds, so that sinks can be asked about them before the run. None: not told.
    light : bool
        Whether its runs are short and small enough to work beside whatever else is at work: they have a slot of their
        own in the queue, for one of them at a time.
    """

    required_sections: ClassVar[frozenset[str]] = frozenset()
    used_sections: ClassVar[frozenset[str] | None] = None
    tables: ClassVar[frozenset[str] | None] = None
    light: ClassVar[bool] = False

    def check_config(self, config: RunConfig, make_plugin: MakesPlugins) -> None:
        """Refuse what is knowable before anything is read or written; nothing is refused by default.

        Called once before the run's folder exists, so that a refusal leaves no trace and ends with exit code 2.

        Parameters
        ----------
        config : RunConfig
            Complete: every plugin is known, its params are checked and written out.
        make_plugin : MakesPlugins
            Makes the config's plugins, to ask them what they need. They are thrown away afterwards.

        Raises
        ------
        ConfigError
            If this mode cannot run with this config; the message begins with the field that is wrong.
        """

    @abstractmethod
    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Do the work and return its outcome.

        Raises
        ------
        QlopError
            If the run fails for a reason that can be told.
        RunCancelled
            If the run was asked to stop.
        """
