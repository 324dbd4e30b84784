"""The model files that a home holds, and drafts that use one."""

import shutil

import pytest

from core.services.draft import check_draft
from core.services.model_exports import export_config
from core.services.model_files import model_files, standing_of_file
from core.services.predictions import has_predictions
from core.services.python_run import run
from core.services.runs import delete_run
from core.services.workbench import open_workbench

CONFIG = {
    "title": "A model",
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2006-01-03", "end_date": "2008-12-31"},
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
    "label": {"labeler_type": "direction"},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 300, "test_bars": 200},
    "strategy": {"strategy_type": "threshold"},
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A workbench with two exports, and their runs, newest first."""
    home = tmp_path_factory.mktemp("exported") / "home"
    model = run({**CONFIG, "mode": "train"}, home=home).run_id
    exports = [run(export_config(model, "native", {}), home=home).run_id for _ in range(2)]
    return open_workbench(home), exports[::-1]


def test_the_newest_exports_come_first(exported):
    workbench, runs = exported
    found = model_files(workbench)
    assert [file.path for file in found] == [
        str(workbench.home.run_path(run_id) / "artifacts" / "export" / "model.qlop.zip") for run_id in runs
    ]
    assert found[0].label.startswith("native export of linear ")
    assert runs[0][:8] in found[0].label
    assert model_files(workbench, limit=1) == found[:1]


def test_an_export_in_the_trash_is_not_offered(exported, tmp_path):
    workbench, runs = exported
    shutil.copytree(workbench.home.path, tmp_path / "copy")
    copied = open_workbench(tmp_path / "copy")
    delete_run(copied, runs[0])
    assert [runs[1] in file.path for file in model_files(copied)] == [True]


def test_a_home_without_exports_holds_none(tmp_path):
    assert model_files(open_workbench(tmp_path / "home")) == []


def test_the_standing_of_a_file_changes_with_it(tmp_path):
    path = tmp_path / "m.zip"
    assert standing_of_file(str(path)) == standing_of_file("a\0b") == ""
    path.write_bytes(b"a")
    before = standing_of_file(str(path))
    path.write_bytes(b"ab")
    assert before != standing_of_file(str(path)) != ""


def test_a_draft_on_a_file_can_start_and_one_on_no_file_names_the_field(exported):
    workbench, _ = exported
    path = model_files(workbench)[0].path
    draft = {**CONFIG, "mode": "backtest", "backtest": {"model_file": path}}
    assert check_draft(workbench, draft).problems == ()
    wrong = check_draft(workbench, {**draft, "backtest": {"model_file": f"{path}.not"}}).problems
    assert [found.path for found in wrong] == [("backtest", "model_file")]
    assert "cannot be opened: No such file or directory" in wrong[0].message
    both = check_draft(workbench, {**draft, "backtest": {"model_file": path, "predictions_run": "12345678"}}).problems
    assert ("backtest", "model_file") in [found.path for found in both]


def test_a_backtest_of_a_file_is_no_trained_run(exported):
    workbench, _ = exported
    draft = {**CONFIG, "mode": "backtest", "backtest": {"model_file": model_files(workbench)[0].path}}
    draft["data"] = {**CONFIG["data"], "end_date": "2009-12-31"}
    made = run(draft, home=workbench.home.path)
    assert not has_predictions(workbench, made.run_id)
