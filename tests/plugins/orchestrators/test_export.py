"""The mode export: its contract, and what it says."""

import pytest
from qlop.testing import OrchestratorContractSuite

from core.base.errors import ConfigError
from plugins.orchestrators.export import Export


class TestExport(OrchestratorContractSuite):
    plugin_class = Export


def test_an_export_without_a_run_is_refused_before_it_exists(modes):
    with pytest.raises(ConfigError, match=r"export\.model_run is missing"):
        modes.run("export", {"export": {"exporter_type": "native"}})


def test_the_summary_names_the_file_its_size_and_the_proof(modes, trained):
    outcome = modes.run("export", {"export": {"model_run": trained.run_id}})
    words = " ".join(outcome.summary.split())
    size = (outcome.folder / "artifacts" / "export" / "model.qlop.zip").stat().st_size
    assert words.startswith("QLOP ==")
    assert f"linear of run {trained.run_id}" in words
    assert f"artifacts/export/model.qlop.zip, {size:,} bytes" in words
    assert f"{outcome.metrics['rows_compared']:,} rows predicted again, largest difference 0" in words
    assert "load_fitted_model" in words
    assert str(outcome.folder) not in outcome.summary
