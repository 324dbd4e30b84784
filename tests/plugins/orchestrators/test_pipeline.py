"""The mode pipeline keeps its contract; tests/core/cli runs it for real."""

from qlop.testing import OrchestratorContractSuite

from plugins.orchestrators.pipeline import Pipeline


class TestPipeline(OrchestratorContractSuite):
    plugin_class = Pipeline
