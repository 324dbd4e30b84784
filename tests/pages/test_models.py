"""The screen of models: what was trained, its card, and its exports."""

import html
import json
import time

import pytest

from core.base.errors import QlopError
from core.services.model_exports import exports_of
from core.services.python_run import run
from core.services.runs import annotate_run
from core.services.workbench import open_workbench

TRAINED = {
    "mode": "train",
    "title": "[a link](javascript:alert(1)) <b>markup</b>",
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
PATIENCE_S = 60
PICKY = '''
import qlop


class Picky(qlop.ExporterPlugin):
    """A format that somebody has added later."""

    name = "picky"
    file_suffix = ".x"

    def check_model(self, model):
        raise qlop.ExportError("[it](javascript:x) does not like linear models.")

    def export(self, artifact, path):
        raise NotImplementedError
'''


@pytest.fixture(scope="module")
def trained_home(tmp_path_factory):
    """A home with one trained model."""
    home = tmp_path_factory.mktemp("trained") / "home"
    return home, run(TRAINED, home=home).run_id


@pytest.fixture
def trained(trained_home, tmp_path, monkeypatch):
    """That home, looked at by the page; the model's run."""
    home, run_id = trained_home
    monkeypatch.setenv("QLOP_HOME", str(home))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.setenv("QLOP_RELAY_URL", "ws://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)
    return home, run_id


def texts_of(app):
    return [element.value for element in app.text]


def test_a_home_without_models_says_how_to_get_one(home, page):
    app = page("models.py")
    assert not app.exception
    assert [found.label for found in app.button] == ["Train a model"]


def test_what_a_model_weighs_and_why_it_has_no_curve_are_told(trained, page):
    app = page("models.py")
    assert not app.exception
    said = html.unescape(" ".join(element.value for element in (*app.markdown, *app.html, *app.text)))
    assert [tab.label for tab in app.tabs] == ["Card", "Folds", "Learning", "Importances", "Config", "Export"]
    assert "A linear model has no learning curve" in said
    assert "Measured: size of its standardised coefficient." in said


def test_the_card_says_what_was_learned_from_what_and_what_speaks_against_it(trained, page):
    app = page("models.py")
    assert not app.exception
    texts = texts_of(app)
    assert f"<h2>{html.escape(TRAINED['title'])}</h2>" in [found.proto.body for found in app.get("html")]
    assert not [text for text in texts if "None" in text]
    assert "sample, 1d bars, adjustment total_return" in texts
    assert any(text.startswith("It has seen no bar after 2008-12-31") for text in texts)
    assert "mom_5, mom_20" in texts
    assert not [found.value for found in app.markdown if "javascript" in found.value]


def test_a_narrow_window_shows_the_scores_beside_the_title(trained, page):
    app = page("models.py")
    app.session_state["window-width"] = {"is_narrow": True}
    app.run()
    assert not app.exception
    assert list(app.dataframe[0].value)[:3] == ["title", "auc", "brier_skill"]


def test_an_export_started_here_is_verified_and_offered(trained, page):
    home, run_id = trained
    app = page("models.py", model=run_id, tab="Export")
    next(found for found in app.button if found.label == "Export").click().run()
    assert not app.exception
    workbench, deadline = open_workbench(home), time.monotonic() + PATIENCE_S
    while not exports_of(workbench, run_id)[0].is_done and time.monotonic() < deadline:
        time.sleep(0.05)
    app.run()
    assert not app.exception
    assert any(
        "the largest difference between its predictions and the original's is 0" in text for text in texts_of(app)
    )
    assert any("model.qlop.zip" in text for text in texts_of(app))
    labels = [found.proto.label for found in app.get("download_button")]
    assert "Download **The model's own files**" in labels
    assert len(set(labels)) == len(labels)


def test_a_run_that_trained_nothing_is_answered(trained, page):
    home, _ = trained
    other = run({"mode": "inspect_data", "data": {"data_source_type": "sample", "tickers": ["FB"]}}, home=home)
    app = page("models.py", model=other.run_id)
    assert not app.exception
    assert any("trained no model" in text for text in texts_of(app))


def test_the_models_are_counted_and_the_one_that_an_address_abbreviates_is_marked(trained, page):
    _, run_id = trained
    app = page("models.py", model=run_id[:8])
    assert not app.exception
    assert any(found.value.startswith("1 model, newest first") for found in app.caption)
    assert '"rows": [0]' in app.dataframe[0].proto.selection_default.replace("[0,", "[0")


def test_a_format_that_cannot_take_the_model_is_offered_with_the_reason_as_text_and_without_a_start(
    trained, page, tmp_path, monkeypatch
):
    (tmp_path / "mine" / "exporters").mkdir(parents=True)
    (tmp_path / "mine" / "exporters" / "picky.py").write_text(PICKY)
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    app = page("models.py", model=trained[1], tab="Export", exporter="picky")
    assert not app.exception
    formats = app.radio(key="exporter")
    assert formats.options[0] == "native"
    assert formats.options[-1] == formats.value == "picky"
    told = dict(zip(formats.options, formats.proto.captions, strict=True))
    assert told["native"] == "QLOP's own format: one zip file that predicts bit for bit as the original."
    assert told["picky"].endswith(
        r"**Not for this model**: \[it\](javascript:" + "\u2060" + "x) does not like linear models."
    )
    [start] = [found for found in app.button if found.label == "Export"]
    assert start.disabled
    formats.set_value("onnx").run()
    assert not next(found for found in app.button if found.label == "Export").disabled


def test_an_export_bears_its_time_and_those_without_a_file_are_folded_away(trained_home, trained, page):
    home, run_id = trained
    section = {"model_run": run_id, "exporter_type": "pmml", "exporter_params": {"tolerance": 1e-300}}
    with pytest.raises(QlopError):
        run({"mode": "export", "export": section}, home=home)
    run({"mode": "export", "export": {**section, "exporter_type": "joblib", "exporter_params": {}}}, home=home)
    app = page("models.py", model=run_id, tab="Export", exporter="pmml")
    assert not app.exception
    assert [found.label for found in app.expander] == ["1 export without a file"]
    assert any(text.startswith("Run ") and "UTC" in text for text in texts_of(app))
    assert any("This format failed for this model" in found.value for found in app.markdown)


def test_exports_are_looked_at_where_they_are_shown_and_again_only_once_something_has_changed(
    trained_home, trained, page
):
    home, run_id = trained
    section = {"model_run": run_id, "exporter_type": "native", "exporter_params": {}}
    made = run({"mode": "export", "title": "First", "export": section}, home=home).run_id
    written = home / "runs" / made / "config.json"

    def names_of_exports(app):
        shown = [found.proto.body for found in app.get("html")]
        return made in " ".join(texts_of(app)), any("<h2>renamed</h2>" in body for body in shown)

    app = page("models.py", model=run_id, tab="Export")
    assert names_of_exports(app) == (True, False)
    # What no look at the folder's version tells: whoever reads the file again says the new name.
    config = json.loads(written.read_text())
    written.write_text(json.dumps({**config, "export": {**config["export"], "exporter_type": "renamed"}}))
    app.radio(key="exporter").set_value("joblib").run()
    assert not app.exception
    assert names_of_exports(app) == (True, False)
    annotate_run(open_workbench(home), made, tags=("seen",))
    app.run()
    assert names_of_exports(app) == (True, True)
    assert names_of_exports(page("models.py", model=run_id)) == (False, False)
