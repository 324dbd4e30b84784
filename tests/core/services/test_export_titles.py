"""An export that nobody called anything is listed by format, model and run; no config says so, and none inherits it."""

import pytest

from core.services.compare import compare_runs
from core.services.draft import check_draft
from core.services.model_exports import export_config
from core.services.python_run import run
from core.services.rerun import rerun
from core.services.run_list import RunFilter, run_list
from core.services.run_mode import RunRequest, run_mode
from core.services.workbench import open_workbench
from core.store.run_folder import RunFolder

CONFIG = {
    "mode": "train",
    "title": "A model",
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2006-01-03", "end_date": "2008-12-31"},
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
    "label": {"labeler_type": "direction"},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 300, "test_bars": 200},
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A workbench with a model and an export of it; the model's run and the export's."""
    home = tmp_path_factory.mktemp("titles") / "home"
    model = run(CONFIG, home=home).run_id
    return open_workbench(home), model, run(export_config(model, "native", {}), home=home).run_id


def config_of(workbench, run_id):
    return RunFolder.open(workbench.home, run_id).config()


def title_in_list(workbench, run_id):
    table = run_list(workbench, RunFilter(text=run_id))
    return table.set_index("run_id").loc[run_id, "title"]


def test_an_export_without_a_title_is_listed_by_format_model_and_run_and_its_config_stays_as_given(exported):
    workbench, model, export = exported
    assert title_in_list(workbench, export) == f"native export of linear {model[:8]}"
    assert config_of(workbench, export)["title"] == ""
    assert check_draft(workbench, export_config(model[:10], "native", {})).config.title == ""


def test_an_exports_config_that_is_run_with_another_format_is_listed_by_that_one(exported):
    workbench, model, export = exported
    written = workbench.home.run_path(export) / "config.json"
    again = run_mode(workbench, RunRequest(config_path=written, overrides=("export.exporter_type=joblib",)))
    assert title_in_list(workbench, again.run_id) == f"joblib export of linear {model[:8]}"
    assert compare_runs(workbench, [export, again.run_id]).titles == (
        f"native export of linear {model[:8]}",
        f"joblib export of linear {model[:8]}",
    )


def test_a_rerun_of_an_export_without_a_title_has_its_config_and_its_bytes(exported):
    workbench, _, export = exported
    report = rerun(workbench, export, observer=lambda _event: None)
    assert report.is_identical
    again = report.outcome.run_id
    assert config_of(workbench, again) == config_of(workbench, export)
    summary = (workbench.home.run_path(again) / "artifacts" / "summary.txt").read_text(encoding="utf-8")
    assert summary.startswith("QLOP\n"), "as in the summaries of exports that nobody named before"
