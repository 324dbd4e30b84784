"""Trained models: which there are, their cards, their exports, and archives of their files."""

from io import BytesIO
from zipfile import ZipFile

import numpy as np
import pytest

from core.base.errors import RunError
from core.engine.model_limits import model_limits
from core.services.artifact_archive import archive_artifacts
from core.services.model_exports import export_config, exports_of
from core.services.newest_data import newest_data
from core.services.python_run import run
from core.services.run_artifacts import read_artifact
from core.services.run_list import RunFilter, run_list
from core.services.trained_models import read_model_card, trained_models
from core.services.workbench import open_workbench
from core.store.run_folder import RunFolder
from core.store.run_store import RunStore

CONFIG = {
    "mode": "train",
    "title": "A model",
    "data": {
        "data_source_type": "sample",
        "tickers": ["AAPL", "IBM"],
        "start_date": "2006-01-03",
        "end_date": "2008-12-31",
    },
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5, 20]}}],
    "label": {"labeler_type": "leverage_opportunity", "labeler_params": {"horizon_bars": 5, "leverage": 1.5}},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 400, "test_bars": 200},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A workbench with a trained model and an export of it; the model's run and the export's."""
    home = tmp_path_factory.mktemp("models") / "home"
    model = run(CONFIG, home=home).run_id
    export = run(export_config(model, "native", {}), home=home).run_id
    return open_workbench(home), model, export


def test_runs_that_kept_a_model_are_listed_and_others_are_not(trained):
    workbench, model, _ = trained
    table = trained_models(workbench)
    assert table["run_id"].tolist() == [model]
    assert table.loc[0, ["model", "labeler", "tickers"]].tolist() == ["linear", "leverage_opportunity", "AAPL, IBM"]
    assert 0.0 < table.loc[0, "auc"] < 1.0
    assert np.isnan(table.loc[0, "r2_out_of_sample"])


def test_a_regressions_score_is_listed(tmp_path):
    workbench = open_workbench(tmp_path / "home")
    run_id = run({**CONFIG, "label": {"labeler_type": "forward_return"}}, home=workbench.home.path).run_id
    (row,) = trained_models(workbench).to_dict("records")
    assert row["run_id"] == run_id
    assert row["r2_out_of_sample"] == pytest.approx(
        RunFolder.open(workbench.home, run_id).metrics()["r2_out_of_sample"]
    )
    assert np.isnan(row["auc"])


def test_a_model_is_listed_however_many_runs_came_after_it(tmp_path, make_large_store):
    workbench = open_workbench(tmp_path / "home")
    make_large_store(workbench.home.path, 700)
    oldest = run_list(workbench, RunFilter(state="completed"), limit=None)["run_id"].iloc[-1]
    card = workbench.home.run_path(oldest) / "artifacts" / "model" / "model.json"
    card.parent.mkdir(parents=True)
    card.write_text("{}")
    with RunStore(workbench.home) as store:
        store.upsert(RunFolder.open(workbench.home, oldest))
    table = trained_models(workbench)
    assert table["run_id"].tolist() == [oldest]
    assert str(table["trained_at"].dtype) == "datetime64[us, UTC]"
    assert table["trained_at"].notna().all()


def test_the_card_tells_data_features_and_calibration(trained):
    workbench, model, _ = trained
    card = read_model_card(workbench, model)
    learned = dict(card.learned)
    assert learned["Tickers"] == "AAPL, IBM"
    assert learned["Bars"] == "2006-01-03 to 2008-12-31"
    assert learned["Learned until"] == "2008-12-31"
    assert len(learned["Data fingerprint"]) == 64
    assert list(card.features) == ["mom_5", "mom_20"]
    assert card.calibration
    assert len(card.folds) >= 1


def test_parameters_that_are_not_set_are_left_out_of_the_card(trained):
    workbench, model, _ = trained
    label = dict(read_model_card(workbench, model).learned)["Label"]
    assert "leverage 1.5" in label
    assert "None" not in label


def test_a_run_without_a_model_has_no_card(trained):
    workbench, _, export = trained
    with pytest.raises(RunError, match="trained no model"):
        read_model_card(workbench, export)


def test_exports_of_a_model_tell_how_they_were_verified(trained):
    workbench, model, export = trained
    (found,) = exports_of(workbench, model)
    assert (found.run_id, found.exporter, found.is_done) == (export, "native", True)
    assert "the largest difference between its predictions and the original's is 0" in found.verification
    assert exports_of(workbench, export) == []


def test_an_archive_holds_the_folders_files_and_is_the_same_each_time(trained):
    workbench, model, _ = trained
    packed = archive_artifacts(workbench, model, "model")
    assert packed == archive_artifacts(workbench, model, "model")
    with ZipFile(BytesIO(packed)) as archive:
        assert {"model.json", "calibration.json"} <= set(archive.namelist())
        assert archive.read("model.json") == read_artifact(workbench, model, "model/model.json")


def test_an_archive_of_nothing_is_refused(trained):
    workbench, model, _ = trained
    with pytest.raises(RunError, match="no artifact in"):
        archive_artifacts(workbench, model, "../..")


def test_the_newest_bar_that_runs_have_seen_is_known(trained, tmp_path):
    workbench, model, _ = trained
    found = newest_data(workbench)
    assert (found.run_id, str(found.last_bar), found.tickers) == (model, "2008-12-31", ("AAPL", "IBM"))
    assert newest_data(open_workbench(tmp_path / "home")) is None


def test_scores_no_better_than_the_base_rate_are_a_limit():
    told = model_limits({"brier": 0.26, "base_rate_brier": 0.25, "auc": 0.49}, {}, {})
    assert any("no better than a constant" in sentence for sentence in told)
    assert any("a coin has 0.5" in sentence for sentence in told)


def test_a_regression_no_better_than_the_training_mean_is_a_limit():
    worse = {"rmse": 0.01971, "base_rmse": 0.01802, "r2_out_of_sample": -0.196}
    (told,) = model_limits(worse, {}, {})
    assert "error is 0.01971 and that of the training mean alone 0.01802 (R2 -0.196)" in told
    assert "no better than a constant" in told
    assert model_limits({**worse, "rmse": 0.017, "r2_out_of_sample": 0.11}, {}, {}) == []


def test_a_gain_over_the_base_rate_that_may_be_chance_is_a_limit():
    better = {"brier": 0.24, "base_rate_brier": 0.25, "skill_low": -0.01, "skill_high": 0.09}
    (told,) = model_limits(better, {}, {})
    said = "that the predictions are 4.00 % better than the base rate alone may be chance"
    assert told == f"Out of sample {said} (95 % interval -1.00 % to 9.00 %)."
    (told,) = model_limits({**better, "skill_low": 0.0, "skill_high": 0.0}, {}, {})
    assert "the predictions say no more than the base rate alone" in told
    assert model_limits({**better, "skill_low": 0.01}, {}, {}) == []


def test_good_scores_on_many_rows_leave_only_what_the_data_say():
    metrics = {"brier": 0.2, "base_rate_brier": 0.25, "auc": 0.7, "effective_sample_size": 5000.0, "n_rows": 9000}
    assert model_limits(metrics, {"findings": ["A gap."]}, {"splits": {"scheme": "walk_forward"}}) == ["A gap."]


def test_models_that_train_on_later_bars_say_so():
    (told,) = model_limits({"is_final_model_at_base_rate": 1.0}, {}, {})
    assert told.startswith("The kept model itself is at the base rate")
    assert model_limits({"is_final_model_at_base_rate": 0.0}, {}, {}) == []
    (told,) = model_limits({}, {}, {"splits": {"scheme": "purged_k_fold"}})
    assert "purged_k_fold" in told
