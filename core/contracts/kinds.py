"""The table of plugin kinds: a folder, an entry-point group and a contract each."""

from __future__ import annotations

from dataclasses import dataclass

from core.contracts.broker import BrokerPlugin
from core.contracts.data_source import DataSourcePlugin
from core.contracts.exporter import ExporterPlugin
from core.contracts.feature_step import FeatureStepPlugin
from core.contracts.labeler import LabelerPlugin
from core.contracts.model import ModelPlugin
from core.contracts.orchestrator import OrchestratorPlugin
from core.contracts.plugin import Plugin
from core.contracts.sink import SinkPlugin
from core.contracts.strategy import StrategyPlugin

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
    contract : type
        The abstract base class.
    """

    folder: str
    singular: str
    contract: type[Plugin]

    @property
    def entry_point_group(self) -> str:
        """The group that an installed package registers under."""
        return f"qlop.{self.folder}"


KINDS: dict[str, PluginKind] = {
    kind.folder: kind
    for kind in (
        PluginKind("data_sources", "data source", DataSourcePlugin),
        PluginKind("feature_steps", "feature step", FeatureStepPlugin),
        PluginKind("labelers", "labeler", LabelerPlugin),
        PluginKind("models", "model", ModelPlugin),
        PluginKind("strategies", "strategy", StrategyPlugin),
        PluginKind("brokers", "broker", BrokerPlugin),
        PluginKind("exporters", "exporter", ExporterPlugin),
        PluginKind("orchestrators", "orchestrator", OrchestratorPlugin),
        PluginKind("sinks", "sink", SinkPlugin),
    )
}
