"""The screen Train: a newcomer presses one button, a careful person changes what they like."""

from pathlib import Path

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.services.runs import cancel_run, list_runs
from core.services.workbench import open_workbench
from core.ui.catalog import reload_plugins
from core.ui.markdown_text import escaped

MAIN = Path(__file__).parents[2] / "core" / "ui" / "main.py"
HOSTILE_TITLE = "<script>alert(1)</script> [a link](javascript:alert(1)) **bold**"

MODEL = '''
import qlop
from pydantic import Field

class Coin(qlop.ModelPlugin):
    """Tosses a coin."""

    name = "coin"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters."""

        fairness: float = Field(default=0.5, ge=0.0, le=9.0, description="How fair it is.")

    def train(self, data, validation, context): ...
    def predict(self, features): ...
    def save_model(self, folder): ...
    def load_model(self, folder): ...
'''


@pytest.fixture(autouse=True)
def fresh_catalog():
    """Plugins are listed anew for each test."""
    reload_plugins()


def texts_of(app: AppTest) -> list[str]:
    return [element.value for element in app.text]


def button(app: AppTest, label: str):
    return next(found for found in app.button if found.label == label)


def config_shown(app: AppTest) -> dict:
    return yaml.safe_load(app.code[0].value)


def unfold(app: AppTest, *parts: str, form: str = "form-train-1") -> AppTest:
    app.session_state["-".join((form, "fold", *parts))] = True
    return app.run()


def text_input(app: AppTest, label: str):
    return next(found for found in app.text_input if found.label.replace("\\", "") == label)


def test_the_form_begins_with_the_ready_config_and_nothing_is_wrong_with_it(home, page):
    app = page("train.py")
    assert not app.exception
    assert app.query_params["preset"] == "leverage_opportunity"
    assert config_shown(app)["mode"] == "pipeline"
    assert config_shown(app)["model"]["model_params"]["n_estimators"] == 300
    assert "qlop run pipeline --config pipeline.yaml" in [block.value for block in app.code]
    assert not any("other value" in element.value for element in app.markdown)
    assert not home.exists()


def test_training_alone_leaves_out_what_a_backtest_needs_and_brings_it_back(home, page):
    app = page("train.py")
    choice = app.segmented_control[0] if hasattr(app, "segmented_control") else app.button_group[0]
    choice.set_value("train").run()
    assert config_shown(app)["mode"] == "train"
    assert config_shown(app)["strategy"] is None
    assert not any("Strategy" in part.label for part in app.expander)
    choice = app.segmented_control[0] if hasattr(app, "segmented_control") else app.button_group[0]
    choice.set_value("pipeline").run()
    assert config_shown(app)["strategy"]["strategy_type"] == "leverage_opportunity"


def test_a_wrong_value_is_told_at_its_field_on_the_group_and_by_the_button_and_nothing_starts(home, page):
    app = unfold(page("train.py"), "splits")
    text_input(app, "Train (bars)").set_value("0").run()
    assert not app.exception
    told = [text for text in [*texts_of(app), *(e.value for e in app.markdown)] if "must be at least 1" in text]
    assert len(told) == 2
    assert any("red-badge" in part.label and "Validation" in part.label for part in app.expander)
    button(app, "Start training").click().run()
    assert any("was not started" in toast.value for toast in app.toast)
    assert list_runs(open_workbench()) == []


def test_what_was_typed_is_there_after_another_screen_was_looked_at(home):
    app = AppTest.from_file(str(MAIN), default_timeout=60).run()
    app.switch_page("../../pages/train.py").run()
    unfold(app, "splits")
    text_input(app, "Test (bars)").set_value("63").run()
    app.switch_page("../../pages/plugins.py").run()
    assert [title.value for title in app.title] == ["Plugins"]
    app.switch_page("../../pages/train.py").run()
    assert not app.exception
    assert text_input(app, "Test (bars)").value == "63"
    assert config_shown(app)["splits"]["test_bars"] == 63


def test_steps_are_added_renamed_moved_and_removed(home, page):
    app = unfold(page("train.py"), "features")
    names = [step["name"] for step in config_shown(app)["features"]]
    adding = next(box for box in app.selectbox if box.label == "Add a step")
    adding.set_value("rsi").run()
    assert [step["name"] for step in config_shown(app)["features"]] == [*names, "rsi_2"]
    text_input(app, "Name").set_value("fast_rsi").run()
    assert config_shown(app)["features"][-1]["name"] == "fast_rsi"
    assert any(part.label == "**fast\\_rsi** · rsi" for part in app.expander)
    assert any(part.label.endswith("fast\\_rsi]") for part in app.expander)
    by_key = {found.key: found for found in app.button}
    up = next(key for key in by_key if key and key.startswith("form-train-1-features-") and key.endswith("-up"))
    by_key[up].click().run()
    assert [step["name"] for step in config_shown(app)["features"]] == [*names[:-1], "fast_rsi", names[-1]]
    next(found for found in app.button if found.key == up.replace("-up", "-remove")).click().run()
    assert not app.exception
    assert [step["name"] for step in config_shown(app)["features"]] == names


def test_a_name_that_another_step_has_is_refused_and_the_step_keeps_its_own(home, page):
    app = unfold(page("train.py"), "features")
    next(box for box in app.selectbox if box.label == "Add a step").set_value("rsi").run()
    text_input(app, "Name").set_value("mom").run()
    assert any("another entry is named 'mom'" in text for text in texts_of(app))
    assert len(app.session_state["config-draft-train"]["raw"]["features"]) == 9
    assert app.session_state["config-draft-train"]["raw"]["features"][-1]["name"] == "rsi_2"


def test_another_model_shows_its_own_form_and_going_back_keeps_what_was_typed(home, page):
    app = unfold(page("train.py"), "model")
    picker = next(box for box in app.selectbox if box.label == "Model")
    picker.set_value("linear").run()
    assert config_shown(app)["model"]["model_type"] == "linear"
    assert not any(box.label == "Tree method" for box in app.selectbox)
    next(box for box in app.selectbox if box.label == "Model").set_value("xgboost").run()
    assert not app.exception
    assert config_shown(app)["model"]["model_params"]["learning_rate"] == 0.03


def test_a_plugin_dropped_into_a_users_folder_appears_with_its_form_after_reloading(home, page, tmp_path, monkeypatch):
    folder = tmp_path / "mine" / "models"
    folder.mkdir(parents=True)
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    app = unfold(page("train.py"), "model")
    (folder / "coin.py").write_text(MODEL, encoding="utf-8")
    (folder / "bent.py").write_text("raise ValueError('<b>bent</b>')\n", encoding="utf-8")
    app.run()
    picker = next(box for box in app.selectbox if box.label == "Model")
    assert not any("coin" in option for option in picker.options)
    next(found for found in app.button if found.key == "form-train-1-model-reload").click().run()
    picker = next(box for box in app.selectbox if box.label == "Model")
    assert any("bent (broken: " in option for option in picker.options)
    picker.set_value("coin").run()
    assert not app.exception
    assert "Tosses a coin." in texts_of(app)
    assert any(found.label == "Fairness" for found in app.number_input)
    assert config_shown(app)["model"]["model_params"] == {"fairness": 0.5}
    next(box for box in app.selectbox if box.label == "Model").set_value("bent").run()
    assert any("<b>bent</b>" in text for text in texts_of(app))


def test_reset_asks_once_and_begins_with_the_preset_again(home, page):
    app = unfold(page("train.py"), "splits")
    text_input(app, "Test (bars)").set_value("63").run()
    button(app, "Discard what I typed").click().run()
    assert config_shown(app)["splits"]["test_bars"] == 126


def test_an_address_that_names_no_preset_is_answered_and_the_form_stays_usable(home, page):
    app = page("train.py", preset="nothing")
    assert not app.exception
    assert any("No ready config is named 'nothing'" in text for text in texts_of(app))
    assert config_shown(app)["mode"] == "pipeline"


def test_an_address_names_a_run_whose_config_the_form_begins_with(busy_home, page):
    _, run_id = busy_home
    app = page("train.py", from_run=run_id)
    assert not app.exception
    assert app.query_params["from_run"] == run_id
    draft = app.session_state["config-draft-train"]["raw"]
    assert draft["data"]["tickers"] == ["IBM"]
    assert any("features is missing" in text for text in texts_of(app))


def test_a_hostile_title_is_text_in_the_groups_and_in_the_list_of_runs(busy_home, page):
    _, run_id = busy_home
    app = page("train.py", from_run=run_id)
    label = next(part.label for part in app.expander if part.label.startswith("**Run**"))
    shown = escaped(HOSTILE_TITLE[:40])
    assert shown in label
    assert not any("<script>" in element.value for element in app.markdown)


def test_start_leads_to_the_run_that_it_started(home):
    home.mkdir()
    (home / "settings.yaml").write_text('relay: {url: "ws://127.0.0.1:9/"}\n', encoding="utf-8")
    app = AppTest.from_file(str(MAIN), default_timeout=60).run()
    app.switch_page("../../pages/train.py").run()
    button(app, "Start training").click().run()
    assert not app.exception
    run_id = app.query_params["run"]
    try:
        assert any(run_id in text for text in texts_of(app))
    finally:
        cancel_run(open_workbench(), run_id)


def test_a_home_that_cannot_be_read_is_told(home, page):
    home.mkdir()
    (home / "settings.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    app = page("train.py")
    assert not app.exception
    assert any("nonsense is not a known field" in text for text in texts_of(app))
