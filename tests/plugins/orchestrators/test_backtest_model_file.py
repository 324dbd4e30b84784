"""The mode backtest on a model's file: only bars that the model has not learned from are traded."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import zipfile

import onnx
import pandas as pd
import pytest
from qlop.engine import FeaturePipeline, load_fitted_model, load_panel, pack_model, save_fitted_model, unpack_model

from core.base.errors import ConfigError
from core.config.sections import LoadDataConfig
from plugins.data_sources.sample import Sample
from plugins.feature_steps.momentum import Momentum
from plugins.models.linear import Linear

UNTIL = pd.Timestamp("2008-12-31", tz="UTC")


@pytest.fixture(scope="module")
def exported(modes, trained):
    """The file that the exporter native wrote of the trained run's model."""
    outcome = modes.run("export", {"export": {"model_run": trained.run_id}})
    assert outcome.status == "completed", outcome.error
    return outcome.folder / "artifacts" / "export" / "model.qlop.zip"


@pytest.fixture
def later(small):
    """The trained run's config with two more years of prices."""
    small["data"]["end_date"] = "2010-12-31"
    return small


@pytest.fixture
def folder(exported, tmp_path):
    """The file unpacked."""
    made = tmp_path / "unpacked"
    made.mkdir()
    unpack_model(exported, made)
    return made


def of_file(config, path):
    return {**config, "backtest": {**config.get("backtest", {}), "model_file": str(path)}}


def words(text):
    return " ".join(text.split())


def rewritten(folder, path, **changes):
    """Pack the folder with another card whose own hash is right."""
    card = {**json.loads((folder / "model.json").read_text()), **changes}
    card.pop("card_sha256")
    sha256 = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
    (folder / "model.json").write_text(json.dumps({**card, "card_sha256": sha256}))
    pack_model(folder, path)
    return path


def described(folder):
    return json.loads((folder / "model.json").read_text())["description"]


def test_a_strategy_that_follows_the_other_side_than_the_file_s_label_is_refused(modes, exported, later):
    later["strategy"]["strategy_params"] = {"side": "short"}
    said = "label.labeler_params of model.qlop.zip make the label 'leverage_opportunity' for a long"
    with pytest.raises(ConfigError, match=rf"strategy\.strategy_params: 'leverage_opportunity' follows .* {said}"):
        modes.run("backtest", of_file(later, exported))


def test_only_bars_after_those_that_the_model_learned_from_are_traded(modes, exported, later):
    outcome = modes.run("backtest", of_file(later, exported))
    assert outcome.status == "completed", outcome.error
    artifacts = outcome.folder / "artifacts"
    equity = pd.read_parquet(artifacts / "equity.parquet")
    fills = pd.read_parquet(artifacts / "fills.parquet")
    predictions = pd.read_parquet(artifacts / "model_predictions.parquet")
    assert equity["timestamp"].iloc[0] == pd.Timestamp("2009-01-02", tz="UTC")
    assert len(equity) == 504
    assert len(fills) > 0
    assert fills["timestamp"].min() > UNTIL
    assert predictions.index.get_level_values("timestamp").min() > UNTIL
    assert modes.warnings() == []


def test_the_predictions_are_those_of_the_opened_artifact_made_by_hand(modes, exported, later, folder):
    outcome = modes.run("backtest", of_file(later, exported))
    found = pd.read_parquet(outcome.folder / "artifacts" / "model_predictions.parquet")
    data = LoadDataConfig(
        data_source_type="sample", tickers=("AAPL", "IBM"), start_date="2006-01-03", end_date="2010-12-31"
    )
    panel = load_panel(Sample("sample", Sample.Params()), data).panel
    features = FeaturePipeline([Momentum("mom", Momentum.Params(horizons_bars=(5, 20)))]).transform(panel)
    fitted = load_fitted_model(folder, lambda: Linear("linear", Linear.Params()))
    expected = fitted.predict(features[features.index.get_level_values("timestamp") > UNTIL])
    pd.testing.assert_frame_equal(found[list(expected)], expected, check_exact=True)
    assert set(found) - set(expected) == {"target", "label_end"}
    assert {"payoff_probability", "payoff_gain", "payoff_loss"} <= set(found.columns)


def test_summary_log_and_records_say_where_the_predictions_come_from(modes, exported, later):
    outcome = modes.run("backtest", of_file(later, exported))
    sha256 = hashlib.sha256(exported.read_bytes()).hexdigest()
    said = (
        f"Predictions come from the model file model.qlop.zip (model linear, SHA-256 {sha256[:12]}), which learned from "
        "bars of 2006-04-04 to 2008-12-31, its labels' ends included. Only the 504 bars after them, 2009-01-02 to "
        "2010-12-31, are out of sample and traded."
    )
    assert said in words(outcome.summary).split("Data")[0]
    assert said in [getattr(event.payload, "message", "") for event in modes.seen]
    kept = json.loads((outcome.folder / "artifacts" / "model_file.json").read_text())
    assert (kept["sha256"], kept["size_bytes"]) == (sha256, exported.stat().st_size)
    assert kept["learned"]["until"] == UNTIL.isoformat()
    assert kept["out_of_sample"]["n_bars"] == 504
    assert json.loads((outcome.folder / "environment.json").read_text())["model_file_sha256"] == sha256
    assert json.loads((outcome.folder / "config.json").read_text())["backtest"]["model_file"] == str(exported)


def test_the_outcomes_are_those_of_the_label_under_the_terms_that_the_model_learned_with(modes, exported, later):
    first = modes.run("backtest", of_file(later, exported))
    dear = {**later, "broker": {"broker_params": {"fee_bps": 200.0}}}
    second = modes.run("backtest", of_file(dear, exported))
    assert second.metrics["final_equity"] < first.metrics["final_equity"]
    kept = [pd.read_parquet(each.folder / "artifacts" / "model_predictions.parquet") for each in (first, second)]
    pd.testing.assert_frame_equal(*kept)
    assert first.metrics["brier"] == second.metrics["brier"]
    # The last bars' outcomes are still open.
    assert 0 < first.metrics["n_rows"] < first.metrics["n_predictions"] == len(kept[0])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"base_rates": {}}, "is of an earlier version and does not say the base rate"),
        (
            {"label": {"labeler_type": "gone", "labeler_params": {}}},
            "the label that the model learned cannot be made of these prices: No labeler named 'gone'",
        ),
    ],
    ids=["a file of before", "a label whose plugin is gone"],
)
def test_what_cannot_be_scored_is_traded_and_the_reason_is_told(modes, folder, later, tmp_path, change, reason):
    file = rewritten(folder, tmp_path / "m.qlop.zip", description={**described(folder), **change})
    outcome = modes.run("backtest", of_file(later, file))
    assert outcome.status == "completed", outcome.error
    assert reason in words(outcome.summary).split("Scores none: ")[1]
    assert [warning for warning in modes.warnings() if warning.startswith("The predictions are not scored: ")]
    assert "brier" not in outcome.metrics


def test_the_same_file_gives_the_same_bytes_wherever_it_lies(modes, exported, later, tmp_path):
    copy = tmp_path / exported.name
    shutil.copy(exported, copy)
    first, second = (modes.run("backtest", of_file(later, path)) for path in (exported, copy))
    artifacts = [outcome.folder / "artifacts" for outcome in (first, second)]
    names = sorted(path.name for path in artifacts[0].iterdir() if path.is_file())
    assert {"equity.parquet", "model_file.json", "model_predictions.parquet", "summary.txt"} <= set(names)
    assert names == sorted(path.name for path in artifacts[1].iterdir() if path.is_file())
    assert [name for name in names if len({(each / name).read_bytes() for each in artifacts}) > 1] == []


def test_what_the_model_learned_from_alone_is_refused(modes, exported, small):
    outcome = modes.run("backtest", of_file(small, exported))
    assert outcome.status == "failed"
    assert outcome.error.startswith(
        "backtest.model_file: the model of model.qlop.zip learned from bars until 2008-12-31"
    )
    assert "the prices run from 2006-01-03 to 2008-12-31: 0 bars after it, and at least 2 are needed" in outcome.error
    assert "Load later prices (data.end_date)" in outcome.error


def test_a_label_that_looks_ahead_takes_its_bars_out_of_the_sample(modes, trained, folder):
    """The last row that learned is five bars and an entry before the last bar that it depends on."""
    learned = json.loads((folder / "model.json").read_text())["learned"]
    predictions = pd.read_parquet(trained.folder / "artifacts" / "predictions.parquet").dropna(subset="target")
    last_row = predictions.index.get_level_values("timestamp").max()
    assert last_row < pd.Timestamp(learned["until"])
    assert pd.Timestamp(learned["until"]) == predictions["label_end"].max()


def test_the_question_of_the_summary_is_that_of_the_models_label(modes, exported, later):
    later["label"] = {"labeler_type": "leverage_opportunity", "labeler_params": {"horizon_bars": 9, "leverage": 1.2}}
    outcome = modes.run("backtest", of_file(later, exported))
    assert "a position of 1.5x the equity, held for 5 bars" in words(outcome.summary)


def test_other_terms_than_those_of_the_training_are_named_in_the_log(modes, exported, later):
    later["data"] |= {"tickers": ["AAPL", "MSFT"], "adjustment": "splits", "start_date": "2008-12-17"}
    later["broker"] = {"broker_params": {"fee_bps": 9.0}}
    outcome = modes.run("backtest", of_file(later, exported))
    assert outcome.status == "completed", outcome.error
    said = "\n".join(modes.warnings())
    assert "The model did not learn from MSFT; it learned from AAPL, IBM." in said
    assert "data.adjustment is splits; the model learned from prices of adjustment total_return." in said
    assert "The broker's terms are others" in said
    assert "look back 20 bars, and 10 come before the first bar that is traded" in said


def test_other_prices_at_the_bars_of_the_training_are_named_in_the_log(modes, later, folder, tmp_path):
    """Example rows of another ticker stand in for prices that were changed since."""
    examples = pd.read_parquet(folder / "examples.parquet")
    fitted = load_fitted_model(folder, lambda: Linear("linear", Linear.Params()))
    made = tmp_path / "changed"
    made.mkdir()
    save_fitted_model(fitted, made, example_features=examples[list(fitted.feature_columns)] * 1.5)
    kept = json.loads((folder / "model.json").read_text())
    path = rewritten(made, tmp_path / "m.zip", description=kept["description"], learned=kept["learned"])
    outcome = modes.run("backtest", of_file(later, path))
    assert outcome.status == "completed", outcome.error
    assert any(
        "example rows of the file have other features in these prices, first 'mom_" in w for w in modes.warnings()
    )


def test_a_pretrained_model_is_traded_on_the_bars_after_those_that_taught_it_elsewhere(
    modes, trained, small, later, tmp_path
):
    export = modes.run("export", {"export": {"model_run": trained.run_id, "exporter_type": "onnx"}})
    (file,) = (export.folder / "artifacts" / "export").glob("*.onnx")
    graph = onnx.load(file)
    for entry in graph.metadata_props:
        entry.value = "2009-06-30" if entry.key == "qlop.learned_until" else entry.value
    onnx.save(graph, tmp_path / "later.onnx")
    model = {"model_type": "onnx", "model_params": {"path": str(tmp_path / "later.onnx")}}
    data = {**small["data"], "end_date": "2008-12-31"}
    brought = modes.run("train", {**copy.deepcopy(small), "data": data, "model": model})
    packed = modes.run("export", {"export": {"model_run": brought.run_id}})
    outcome = modes.run("backtest", of_file(later, packed.folder / "artifacts" / "export" / "model.qlop.zip"))
    assert outcome.status == "completed", outcome.error
    equity = pd.read_parquet(outcome.folder / "artifacts" / "equity.parquet")
    assert equity["timestamp"].iloc[0] == pd.Timestamp("2009-07-01", tz="UTC")
    assert "NO TEST" not in outcome.summary


def test_a_rule_on_the_same_file_is_traded_on_the_same_bars(modes, exported, later):
    later["strategy"] = {"strategy_type": "constant_leverage"}
    outcome = modes.run("backtest", of_file(later, exported))
    assert len(pd.read_parquet(outcome.folder / "artifacts" / "equity.parquet")) == 504


@pytest.mark.parametrize("position", [0.1, 0.5, 0.9])
def test_a_damaged_file_is_refused(modes, exported, later, tmp_path, position):
    content = bytearray(exported.read_bytes())
    content[int(len(content) * position)] ^= 0xFF
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(content)
    outcome = modes.run("backtest", of_file(later, damaged))
    assert outcome.status == "failed"
    assert outcome.error.startswith("backtest.model_file: damaged.zip cannot be used.")
    assert "/qlop-model-" not in outcome.error


def test_an_altered_entry_and_an_unknown_one_are_refused(modes, later, folder, tmp_path):
    (folder / "calibration.json").write_text("{}")
    pack_model(folder, tmp_path / "altered.zip")
    altered = modes.run("backtest", of_file(later, tmp_path / "altered.zip"))
    assert altered.error.startswith(
        "backtest.model_file: altered.zip cannot be used. calibration.json was altered: its SHA-256 is"
    )
    shutil.copy(folder / "examples.parquet", folder / "more.parquet")
    (folder / "calibration.json").unlink()
    pack_model(folder, tmp_path / "more.zip")
    assert "lacks the file 'calibration.json'" in modes.run("backtest", of_file(later, tmp_path / "more.zip")).error


def test_a_zip_file_of_something_else_is_refused(modes, later, tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    outcome = modes.run("backtest", of_file(later, tmp_path / "other.zip"))
    assert "other.zip cannot be used. model.json cannot be read as JSON" in outcome.error


def test_a_file_of_the_first_format_is_refused_with_the_next_step(modes, later, folder, tmp_path):
    card = json.loads((folder / "model.json").read_text())
    card.pop("learned")
    card.pop("card_sha256")
    card["format_version"] = 1
    sha256 = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
    (folder / "model.json").write_text(json.dumps({**card, "card_sha256": sha256}))
    pack_model(folder, tmp_path / "old.zip")
    outcome = modes.run("backtest", of_file(later, tmp_path / "old.zip"))
    assert "old.zip cannot be used. It does not say until which bar its model learned" in outcome.error
    assert "Train the model again (qlop train-model) and export it" in outcome.error


def test_a_file_that_does_not_say_its_features_is_refused(modes, later, folder, tmp_path):
    told = described(folder)
    told.pop("features")
    path = rewritten(folder, tmp_path / "m.zip", description=told)
    outcome = modes.run("backtest", of_file(later, path))
    assert "m.zip cannot be used. It does not say how its model was trained." in outcome.error
    assert "features is missing" in outcome.error


def test_feature_steps_that_make_other_columns_are_refused_by_the_column(modes, later, folder, tmp_path):
    told = described(folder)
    told["features"][0]["feature_step_params"]["horizons_bars"] = [5, 21]
    path = rewritten(folder, tmp_path / "m.zip", description=told)
    outcome = modes.run("backtest", of_file(later, path))
    assert (
        "was trained on the features mom_5, mom_20; those that its feature steps make here lack 'mom_20'"
        in outcome.error
    )


def test_a_model_that_predicts_otherwise_than_where_it_was_saved_is_refused(modes, later, folder, tmp_path):
    examples = pd.read_parquet(folder / "examples.parquet")
    examples.assign(expected_prediction=1.0 - examples["expected_prediction"]).to_parquet(folder / "examples.parquet")
    files = json.loads((folder / "model.json").read_text())["files"]
    files["examples.parquet"] = hashlib.sha256((folder / "examples.parquet").read_bytes()).hexdigest()
    path = rewritten(folder, tmp_path / "m.zip", files=files)
    outcome = modes.run("backtest", of_file(later, path))
    assert "Its model predicts prediction" in outcome.error
    assert "where it was saved (64 of 64 rows so)" in outcome.error


def test_bars_of_another_length_are_refused(modes, later, folder, tmp_path):
    told = described(folder)
    told["data"]["interval"] = "1h"
    path = rewritten(folder, tmp_path / "m.zip", description=told)
    outcome = modes.run("backtest", of_file(later, path))
    assert "learned from 1h bars, and data.interval is '1d'" in outcome.error
    assert "Set data.interval to '1h'." in outcome.error


def test_versions_that_changed_since_are_named_in_the_log(modes, later, folder, tmp_path):
    told = described(folder)
    told["feature_step_versions"]["mom"] = "0.9.0"
    path = rewritten(folder, tmp_path / "m.zip", description=told, model_version="0.8.0")
    modes.run("backtest", of_file(later, path))
    assert "Model 'linear' has version 1.0.0 here, and had 0.8.0 where the model was trained." in modes.warnings()
    assert "Feature step 'mom' has version 1.0.0 here, and had 0.9.0 where the model was trained." in modes.warnings()


LEARNING = '''
import qlop


class Scaled(qlop.FeatureStepPlugin):
    """Closes over their mean in training."""

    name = "scaled"
    version = "1.0.0"

    def fit(self, data):
        self.mean = float(data["close"].mean())

    def transform(self, data):
        return (data["close"] / self.mean).to_frame(self.name)
'''


def test_a_feature_step_that_learns_is_refused_by_its_name(modes, small, later, tmp_path, monkeypatch):
    (tmp_path / "mine" / "feature_steps").mkdir(parents=True)
    (tmp_path / "mine" / "feature_steps" / "scaled.py").write_text(LEARNING, encoding="utf-8")
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    fresh = type(modes)(tmp_path / "home")
    config = {**small, "data": {**small["data"], "end_date": "2008-12-31"}}
    config["features"] = [{"name": "level", "feature_step_type": "scaled"}]
    trained = fresh.run("train", config)
    assert trained.status == "completed", trained.error
    export = fresh.run("export", {"export": {"model_run": trained.run_id}})
    outcome = fresh.run("backtest", of_file(later, export.folder / "artifacts" / "export" / "model.qlop.zip"))
    assert outcome.status == "failed"
    assert "Its feature step 'level' (scaled) learns from training rows" in outcome.error
    assert "Backtest the run that trained the model (qlop backtest --run RUN_ID)" in outcome.error


def test_a_run_and_a_file_together_are_refused_with_the_field(modes, trained, exported, later):
    later["backtest"] = {"predictions_run": trained.run_id}
    with pytest.raises(
        ConfigError, match=r"backtest\.model_file: it is '.*' beside predictions_run '.*'; .* to null\."
    ):
        modes.run("backtest", of_file(later, exported))


def test_paths_that_are_no_model_file_are_refused_before_the_run_exists(modes, exported, later, tmp_path):
    (tmp_path / "link.zip").symlink_to(exported)
    (tmp_path / "empty.zip").touch()
    before = sorted(modes.workbench.home.runs_folder.iterdir())
    for path, said in (
        (tmp_path / "none.zip", "cannot be opened: No such file or directory"),
        (tmp_path / "link.zip", "a link; name the file itself"),
        (tmp_path, "a folder; it must be a file"),
        ("/dev/null", "no regular file; it must be a file"),
        (tmp_path / "empty.zip", "a file of 0 bytes; a model has 1 to"),
        ("a\0b", "cannot be opened"),
        ("~nobody-of-that-name/m.zip", "whose ~ is nobody's home"),
    ):
        with pytest.raises(ConfigError, match=r"^config: backtest\.model_file is ") as refused:
            modes.run("backtest", of_file(later, path))
        assert said in str(refused.value)
    assert sorted(modes.workbench.home.runs_folder.iterdir()) == before


def test_a_path_from_the_home_folder_and_a_relative_one_are_written_out(modes, exported, later, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    shutil.copy(exported, tmp_path / "mine.zip")
    for written in ("~/mine.zip", "mine.zip"):
        outcome = modes.run("backtest", of_file(later, written))
        assert outcome.status == "completed", outcome.error
        kept = json.loads((outcome.folder / "config.json").read_text())
        assert kept["backtest"]["model_file"] == str(tmp_path / "mine.zip")
