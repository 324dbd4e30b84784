"""The contract of orchestrators: the modes that a run can have."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    from core.config.run_config import RunConfig
    from core.contracts.run_context import RunContext
    from core.contracts.run_result import RunResult

__all__ = ["OrchestratorPlugin"]


class OrchestratorPlugin(Plugin):
    """A mode: it composes engine functions and plugins into a run.

    Promises: it opens no files outside the context, reads no clock and no global settings, and reports through the
    context alone. The CLI command `qlop run NAME` appears by itself.

    Attributes
    ----------
    required_sections : frozenset of str
        Sections of the config without which the mode cannot run, such as "data" and "model".
    """

    required_sections: ClassVar[frozenset[str]] = frozenset()

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
