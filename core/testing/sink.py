"""The contract suite of sinks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import DataError
from core.contracts.run_result import MetricValue, RunResult
from core.contracts.sink import SinkPlugin
from core.testing.panels import make_panel
from core.testing.plugin import PluginContractSuite

__all__ = ["SinkContractSuite"]


class SinkContractSuite(PluginContractSuite):
    """Inherit it, name `plugin_class`, and override `params_in` so that the sink writes into the folder given.

    Attributes
    ----------
    replacing_params : mapping
        Parameters that let it replace what was there, such as {"replace": True}; empty where it never may.
    """

    kind = "sinks"
    replacing_params: dict[str, object] = {}  # noqa: RUF012 - overridden as a whole, never changed

    def make_results(self, seed: int = 0) -> RunResult:
        """Return a run's outcome: metrics of every type, tables of several shapes, prose."""
        panel = make_panel(20, 2, seed=seed)
        tables = {"equity": panel.xs("T00", level="ticker").reset_index(), "panel": panel, "trades": panel.iloc[:0]}
        metrics: dict[str, MetricValue] = {
            "sharpe": 0.5 + seed,
            "n_trades": 3,
            "model": "ridge",
            "is_ruined": False,
            "brier": None,
        }
        return RunResult(metrics, tables, "No evidence of skill.")

    def make_replacing(self, folder: Path) -> SinkPlugin:
        """Return an instance that may replace what was there."""
        params = self.plugin_class.Params.model_validate({**self.params_in(folder), **self.replacing_params})
        sink: SinkPlugin = self.plugin_class(self.plugin_class.name, params)
        return sink

    def test_the_files_that_it_names_are_there_and_no_others(self, tmp_path: Path) -> None:
        written = [Path(path) for path in self.make_plugin(tmp_path).write(self.make_results())]
        assert written
        assert all(path.stat().st_size > 0 for path in written)
        assert {path.resolve() for path in tmp_path.rglob("*") if path.is_file()} == {
            path.resolve() for path in written
        }

    def test_what_is_there_stays_unless_the_parameters_say_otherwise(self, tmp_path: Path) -> None:
        self.make_plugin(tmp_path).write(self.make_results())
        before = _contents(tmp_path)
        with pytest.raises(DataError):
            self.make_plugin(tmp_path).write(self.make_results(1))
        assert _contents(tmp_path) == before

    def test_a_check_before_the_run_refuses_what_writing_would_refuse(self, tmp_path: Path) -> None:
        if self.plugin_class.check is not SinkPlugin.check:
            self.make_plugin(tmp_path).check()
            assert _contents(tmp_path) == {}
            self.make_plugin(tmp_path).write(self.make_results())
            before = _contents(tmp_path)
            with pytest.raises(DataError):
                self.make_plugin(tmp_path).check()
            if self.replacing_params:
                self.make_replacing(tmp_path).check()
            assert _contents(tmp_path) == before

    def test_tables_that_are_there_are_refused_before_the_run(self, tmp_path: Path) -> None:
        if self.plugin_class.check_tables is not SinkPlugin.check_tables:
            tables = tuple(self.make_results().tables)
            self.make_plugin(tmp_path).check_tables(tables)
            assert _contents(tmp_path) == {}
            self.make_plugin(tmp_path).write(self.make_results())
            with pytest.raises(DataError):
                self.make_plugin(tmp_path).check_tables(tables)
            if self.replacing_params:
                self.make_replacing(tmp_path).check_tables(tables)

    def test_what_is_there_is_replaced_where_the_parameters_say_so(self, tmp_path: Path) -> None:
        if self.replacing_params:
            self.make_plugin(tmp_path).write(self.make_results())
            before = _contents(tmp_path)
            self.make_replacing(tmp_path).write(self.make_results(1))
            after = _contents(tmp_path)
            assert after.keys() == before.keys()
            assert after != before

    def test_a_target_that_cannot_be_written_is_refused(self, tmp_path: Path) -> None:
        blocked = tmp_path / "blocked"
        blocked.write_text("a file where a folder should be", encoding="utf-8")
        with pytest.raises(DataError):
            self.make_plugin(blocked / "inside").write(self.make_results())

    def test_it_leaves_the_results_as_they_were(self, tmp_path: Path) -> None:
        results, untouched = self.make_results(), self.make_results()
        self.make_plugin(tmp_path).write(results)
        assert results.metrics == untouched.metrics
        for name, table in untouched.tables.items():
            pd.testing.assert_frame_equal(results.tables[name], table, check_exact=True)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
