"""The mode pipeline keeps its contract and refuses what it cannot do; tests/core/cli runs it for real."""

import pytest
from qlop.testing import OrchestratorContractSuite

from core.base.errors import ConfigError
from plugins.orchestrators.pipeline import Pipeline


class TestPipeline(OrchestratorContractSuite):
    plugin_class = Pipeline


def test_models_that_trained_on_later_bars_are_refused_before_the_run_exists(modes, small):
    small["splits"]["scheme"] = "purged_k_fold"
    with pytest.raises(ConfigError, match="train on bars after the test block"):
        modes.run("pipeline", small)


def test_adjusted_prices_are_refused_for_a_broker_that_counts_shares(modes, small):
    with pytest.raises(ConfigError, match="charges by the share"):
        modes.run("pipeline", {**small, "broker": {"broker_type": "per_share"}})
