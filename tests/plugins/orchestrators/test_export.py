"""The mode export keeps its contract; tests/core/cli runs it for real."""

from qlop.testing import OrchestratorContractSuite

from plugins.orchestrators.export import Export


class TestExport(OrchestratorContractSuite):
    plugin_class = Export
