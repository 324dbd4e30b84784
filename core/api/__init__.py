"""QLOP's public face: everything that plugins and scripts may import.

Installed as the package `qlop`. It holds absolute re-exports only, and resolves them when they are asked for, so that a
plugin does not pull in the services.
"""

from __future__ import annotations

from core.api._lazy import lazy_attributes

_HOMES = {
    "__version__": "core.base.version",
    "check_result_files": "core.store.result_files",
    "write_result_files": "core.store.result_files",
    "chosen_tables": "core.store.result_files",
    "FolderSinkParams": "core.contracts.folder_sink_params",
    "FolderSinkPlugin": "core.store.folder_sink",
    "MarginTierParams": "core.contracts.broker_params",
    "MarginParams": "core.contracts.broker_params",
    "AccountParams": "core.contracts.broker_params",
    "BrokerPlugin": "core.contracts.broker",
    "BrokerTerms": "core.contracts.broker_terms",
    "FeeTerms": "core.contracts.broker_terms",
    "FinancingTerms": "core.contracts.broker_terms",
    "MarginTerms": "core.contracts.broker_terms",
    "MarginTier": "core.contracts.broker_terms",
    "DataAccess": "core.contracts.data_access",
    "NoAccess": "core.contracts.data_access",
    "DataSourcePlugin": "core.contracts.data_source",
    "ExporterPlugin": "core.contracts.exporter",
    "ExportResult": "core.contracts.exporter",
    "ModelArtifact": "core.contracts.exporter",
    "FeatureStepPlugin": "core.contracts.feature_step",
    "LabelerPlugin": "core.contracts.labeler",
    "LocalPath": "core.contracts.local_path",
    "HistoryReading": "core.contracts.model",
    "JoinedModels": "core.contracts.model",
    "MakesModels": "core.contracts.model",
    "ModelPlugin": "core.contracts.model",
    "TrainContext": "core.contracts.model",
    "TrainingData": "core.contracts.model",
    "MakesPlugins": "core.contracts.orchestrator",
    "OrchestratorPlugin": "core.contracts.orchestrator",
    "Params": "core.contracts.params",
    "Plugin": "core.contracts.plugin",
    "RunContext": "core.contracts.run_context",
    "MetricValue": "core.contracts.run_result",
    "RunResult": "core.contracts.run_result",
    "SinkPlugin": "core.contracts.sink",
    "StrategyPlugin": "core.contracts.strategy",
    "BacktestError": "core.base.errors",
    "ConfigError": "core.base.errors",
    "DataError": "core.base.errors",
    "ExportError": "core.base.errors",
    "LookAheadError": "core.base.errors",
    "PluginError": "core.base.errors",
    "QlopError": "core.base.errors",
    "RunCancelled": "core.base.errors",
    "RunError": "core.base.errors",
    "StoreError": "core.base.errors",
    "TrainingError": "core.base.errors",
    "DatabaseAddress": "core.config.database_address",
    "LoadDataConfig": "core.config.sections",
    "RunConfig": "core.config.run_config",
    "load_config": "core.config.loader",
    "resolve_secret": "core.config.store_url",
    "run": "core.services.python_run",
}

__getattr__, __dir__, __all__ = lazy_attributes("qlop", _HOMES)
