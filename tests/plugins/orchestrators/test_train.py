"""The mode train keeps its contract; tests/core/cli runs it for real."""

from qlop.testing import OrchestratorContractSuite

from plugins.orchestrators.train import Train


class TestTrain(OrchestratorContractSuite):
    plugin_class = Train
