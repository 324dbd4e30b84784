"""The mode backtest keeps its contract; tests/core/cli runs it for real."""

from qlop.testing import OrchestratorContractSuite

from plugins.orchestrators.backtest import Backtest


class TestBacktest(OrchestratorContractSuite):
    plugin_class = Backtest
