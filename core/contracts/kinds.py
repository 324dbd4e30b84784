"""The table of plugin kinds: a folder, an entry-point group and a contract each.

A contract is imported when it is asked for: listing plugins needs their names alone, and pydantic takes longer to
import than the list takes to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.contracts.plugin import Plugin

__all__ = ["KINDS", "PluginKind"]


@dataclass(frozen=True)
class PluginKind:
    """A kind of plugin.

    Attributes
    ----------
    folder : str
        The kind's name, its folder under plugins/ and the last part of its entry-point group.
    singular : str
        How messages name one of them.
    contract_home : str
        Module and name of the abstract base class, "module:name".
    """

    folder: str
    singular: str
    contract_home: str

    @property
    def entry_point_group(self) -> str:
        """The group that an installed package registers under."""
        return f"qlop.{self.folder}"

    @property
    def contract_name(self) -> str:
        """Name of the abstract base class, as `qlop` exports it."""
        return self.contract_home.partition(":")[2]

    @property
    def contract(self) -> type[Plugin]:
        """The abstract base class."""
        module, _, name = self.contract_home.partition(":")
        contract: type[Plugin] = getattr(import_module(module), name)
        return contract


KINDS: dict[str, PluginKind] = {
    kind.folder: kind
    for kind in (
        PluginKind("data_sources", "data source", "core.contracts.data_source:DataSourcePlugin"),
        PluginKind("feature_steps", "feature step", "core.contracts.feature_step:FeatureStepPlugin"),
        PluginKind("labelers", "labeler", "core.contracts.labeler:LabelerPlugin"),
        PluginKind("models", "model", "core.contracts.model:ModelPlugin"),
        PluginKind("strategies", "strategy", "core.contracts.strategy:StrategyPlugin"),
        PluginKind("brokers", "broker", "core.contracts.broker:BrokerPlugin"),
        PluginKind("exporters", "exporter", "core.contracts.exporter:ExporterPlugin"),
        PluginKind("orchestrators", "orchestrator", "core.contracts.orchestrator:OrchestratorPlugin"),
        PluginKind("sinks", "sink", "core.contracts.sink:SinkPlugin"),
    )
}
