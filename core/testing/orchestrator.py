"""The contract suite of orchestrators."""

from __future__ import annotations

from core.config.run_config import RunConfig
from core.testing.plugin import PluginContractSuite

__all__ = ["OrchestratorContractSuite"]


class OrchestratorContractSuite(PluginContractSuite):
    """Inherit it and name `plugin_class`. What the mode does is its own tests' business."""

    kind = "orchestrators"

    def test_the_sections_that_it_requires_are_sections_of_a_config(self) -> None:
        required = self.plugin_class.required_sections
        assert isinstance(required, frozenset)
        assert sorted(required - RunConfig.model_fields.keys()) == []

    def test_the_sections_that_it_uses_are_a_config_s_and_hold_those_that_it_requires(self) -> None:
        used = self.plugin_class.used_sections
        if used is not None:
            assert isinstance(used, frozenset)
            assert sorted(used - RunConfig.model_fields.keys()) == []
            assert sorted(self.plugin_class.required_sections - used) == []

    def test_the_tables_that_it_tells_are_names(self) -> None:
        tables = self.plugin_class.tables
        if tables is not None:
            assert isinstance(tables, frozenset)
            assert all(isinstance(name, str) and name for name in tables)
