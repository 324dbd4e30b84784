"""The contract suites, for plugins' tests: `from qlop.testing import ModelContractSuite`.

Whoever asks for one needs pytest, which the extra `qlop[testing]` brings.
"""

from __future__ import annotations

from core.api._lazy import lazy_attributes

_HOMES = {
    "BrokerContractSuite": "core.testing.broker",
    "DataSourceContractSuite": "core.testing.data_source",
    "ExporterContractSuite": "core.testing.exporter",
    "FeatureStepContractSuite": "core.testing.feature_step",
    "LabelerContractSuite": "core.testing.labeler",
    "ModelContractSuite": "core.testing.model",
    "OrchestratorContractSuite": "core.testing.orchestrator",
    "SinkContractSuite": "core.testing.sink",
    "StrategyContractSuite": "core.testing.strategy",
    "make_panel": "core.testing.panels",
    "make_training_data": "core.testing.training_rows",
}

__getattr__, __dir__, __all__ = lazy_attributes("qlop.testing", _HOMES)
