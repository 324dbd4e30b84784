"""The screen Backtest: predictions of a trained run or a model's file, or a rule."""

import shutil

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.services.model_exports import export_config
from core.services.python_run import run
from core.services.runs import delete_run
from core.services.workbench import open_workbench
from core.ui.catalog import reload_plugins

SMALL = {
    "mode": "train",
    "title": "Small",
    "seed": 3,
    "thread_count": 1,
    "data": {"data_source_type": "sample", "tickers": ["AAPL", "IBM"], "start_date": "2006-01-03", "end_date": "2008-12-31"},
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
    "label": {"labeler_type": "direction"},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 300, "test_bars": 200},
}  # fmt: skip


@pytest.fixture(autouse=True)
def fresh_catalog():
    """Plugins are listed anew for each test."""
    reload_plugins()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home with one trained run, and its id."""
    folder = tmp_path_factory.mktemp("trained") / "home"
    return folder, run(SMALL, home=folder).run_id


@pytest.fixture
def trained_home(trained, tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_HOME", str(trained[0]))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.chdir(tmp_path)
    return trained[1]


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """A home with a trained run and an export of its model, and the export's file."""
    folder = tmp_path_factory.mktemp("exported") / "home"
    shutil.copytree(trained[0], folder)
    return folder, run(export_config(trained[1], "native", {}), home=folder).artifacts["export/model.qlop.zip"]


@pytest.fixture
def exported_home(exported, tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_HOME", str(exported[0]))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.chdir(tmp_path)
    return str(exported[1])


def texts_of(app: AppTest) -> list[str]:
    return [element.value for element in app.text]


def config_shown(app: AppTest) -> dict:
    return yaml.safe_load(app.code[0].value)


def choose(app: AppTest, value: str) -> AppTest:
    found = app.segmented_control[0] if hasattr(app, "segmented_control") else app.button_group[0]
    return found.set_value(value).run()


def button(app: AppTest, label: str):
    return next(found for found in app.button if found.label == label)


def generation(app: AppTest) -> int:
    return app.session_state["config-draft-backtest"]["generation"]


def has_problems(app: AppTest) -> bool:
    return any("other value" in element.value for element in app.markdown)


def test_without_any_run_a_rule_is_ready_to_start(home, page):
    app = page("backtest.py")
    assert not app.exception
    assert config_shown(app)["mode"] == "backtest"
    assert config_shown(app)["strategy"]["strategy_type"] == "volatility_managed"
    assert not any("must" in text or "needs" in text for text in texts_of(app))


def test_a_trained_run_is_asked_for_where_there_is_none(home, page):
    app = choose(page("backtest.py"), "run")
    assert not app.exception
    assert any(found.label == "Train a model" for found in app.button)
    assert "predictions_run" not in app.session_state["config-draft-backtest"]["raw"]["backtest"]


def test_the_newest_trained_run_is_traded_on_its_own_data(trained_home, page):
    app = page("backtest.py")
    assert not app.exception
    shown = config_shown(app)
    assert shown["backtest"]["predictions_run"] == trained_home
    assert shown["data"]["tickers"] == ["AAPL", "IBM"]
    assert not any("Features" in part.label or "Model" in part.label for part in app.expander)


def test_a_rule_takes_the_place_of_a_strategy_that_needs_predictions_and_gives_it_back(trained_home, page):
    app = page("backtest.py")
    before = config_shown(app)["strategy"]["strategy_type"]
    choose(app, "rule")
    assert config_shown(app)["backtest"]["predictions_run"] is None
    assert config_shown(app)["strategy"]["strategy_type"] == "volatility_managed"
    assert not has_problems(app)
    choose(app, "run")
    assert not app.exception
    assert config_shown(app)["backtest"]["predictions_run"] == trained_home
    assert config_shown(app)["strategy"]["strategy_type"] == before
    assert not has_problems(app)


def test_a_strategy_of_predictions_under_a_rule_is_answered_in_words_of_the_screen(trained_home, page):
    app = choose(page("backtest.py"), "rule")
    app.session_state[f"form-backtest-{generation(app)}-fold-strategy"] = True
    app.run()
    next(box for box in app.selectbox if box.label == "Strategy").set_value("threshold").run()
    assert any("Choose a trained run above" in text for text in texts_of(app))
    assert not any("qlop backtest" in text for text in texts_of(app))


def test_the_ready_config_begins_as_a_rule_that_can_start(trained_home, page):
    app = page("backtest.py", preset="leverage_opportunity")
    assert config_shown(app)["strategy"]["strategy_type"] == "volatility_managed"
    assert not has_problems(app)


def test_an_earlier_run_with_predictions_has_them_traded(trained_home, page):
    app = page("backtest.py", from_run=trained_home)
    assert config_shown(app)["backtest"]["predictions_run"] == trained_home
    assert not has_problems(app)


def test_a_run_that_went_to_the_trash_is_marked_and_brought_back_where_it_is_picked(
    trained, tmp_path, page, monkeypatch
):
    folder, run_id = trained
    shutil.copytree(folder, tmp_path / "copy")
    monkeypatch.setenv("QLOP_HOME", str(tmp_path / "copy"))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    newer = run(SMALL, home=tmp_path / "copy").run_id
    app = page("backtest.py")
    assert config_shown(app)["backtest"]["predictions_run"] == newer
    delete_run(open_workbench(), newer)
    app.run()
    picker = next(box for box in app.selectbox if box.label == "Trained run")
    assert picker.value == newer
    assert picker.options[0].startswith(f"Small ({run_id[:8]}, ")
    assert picker.options[1] == f"Small ({newer[:8]}, in the trash)"
    assert any("lies in the trash" in text for text in texts_of(app))
    assert has_problems(app)
    button(app, "Bring it back").click().run()
    assert not app.exception
    assert not has_problems(app)
    assert not any("trash" in text for text in texts_of(app))


def test_the_data_of_the_trained_run_come_at_a_press(trained_home, page):
    app = page("backtest.py", preset="leverage_opportunity")
    assert config_shown(app)["data"]["tickers"] is None
    choose(app, "run")
    assert config_shown(app)["backtest"]["predictions_run"] == trained_home
    button(app, "Use the run's data").click().run()
    assert not app.exception
    assert config_shown(app)["data"]["tickers"] == ["AAPL", "IBM"]
    assert config_shown(app)["backtest"]["predictions_run"] == trained_home


def test_baselines_are_added_by_name_and_taken_away(trained_home, page):
    app = page("backtest.py")
    app.session_state["form-backtest-1-fold-backtest"] = True
    app.run()
    adding = next(box for box in app.selectbox if box.label == "Add a baseline")
    adding.set_value("constant_leverage").run()
    assert not app.exception
    assert list(config_shown(app)["backtest"]["baselines"]) == ["constant_leverage"]
    next(found for found in app.text_input if found.label == "Name").set_value("half").run()
    assert list(config_shown(app)["backtest"]["baselines"]) == ["half"]
    assert config_shown(app)["backtest"]["predictions_run"] == trained_home
    next(found for found in app.button if (found.key or "").endswith("-remove")).click().run()
    assert config_shown(app)["backtest"]["baselines"] == {}


def path_field(app: AppTest):
    return next(found for found in app.text_input if found.label == "Path of the model file")


def test_the_newest_export_is_traded_by_the_strategy_of_before(exported_home, page):
    app = page("backtest.py")
    before = config_shown(app)["strategy"]["strategy_type"]
    choose(choose(app, "rule"), "file")
    assert not app.exception
    shown = config_shown(app)
    assert (shown["backtest"]["model_file"], shown["backtest"]["predictions_run"]) == (exported_home, None)
    assert shown["strategy"]["strategy_type"] == before
    assert path_field(app).value == exported_home
    assert not has_problems(app)
    choose(app, "run")
    assert config_shown(app)["backtest"]["model_file"] is None
    assert config_shown(app)["backtest"]["predictions_run"]
    choose(choose(app, "file"), "rule")
    assert config_shown(app)["backtest"]["model_file"] is None
    assert config_shown(app)["strategy"]["strategy_type"] == "volatility_managed"


def test_a_path_is_typed_and_what_is_wrong_with_it_stands_beside_it(exported_home, page, tmp_path):
    app = choose(page("backtest.py"), "file")
    mine = tmp_path / "mine.zip"
    path_field(app).set_value(str(mine)).run()
    assert any("mine.zip', which cannot be opened: No such file or directory" in text for text in texts_of(app))
    assert has_problems(app)
    assert not any("error" in part.label for part in app.expander)
    shutil.copy(exported_home, mine)
    app.run()
    assert config_shown(app)["backtest"]["model_file"] == str(mine)
    assert not has_problems(app)
    picker = next(box for box in app.selectbox if box.label == "Exports of this workbench")
    assert picker.value is None
    picker.set_value(exported_home).run()
    assert config_shown(app)["backtest"]["model_file"] == exported_home
    assert path_field(app).value == exported_home


def test_a_file_is_asked_for_where_none_is_exported_and_the_choice_stays(trained_home, page):
    app = choose(page("backtest.py"), "file")
    assert not app.exception
    assert path_field(app).value == ""
    assert any("No file is named yet. Type the path of an exported model" in text for text in texts_of(app))
    assert not any(box.label == "Exports of this workbench" for box in app.selectbox)
    choose(app, "run")
    assert config_shown(app)["backtest"]["predictions_run"] == trained_home
    assert not has_problems(app)


def test_what_feeds_the_backtest_outlives_an_edit_of_the_baselines(exported_home, page):
    app = choose(page("backtest.py"), "file")
    app.session_state[f"form-backtest-{generation(app)}-fold-backtest"] = True
    app.run()
    next(box for box in app.selectbox if box.label == "Add a baseline").set_value("constant_leverage").run()
    assert config_shown(app)["backtest"]["model_file"] == exported_home
    assert list(config_shown(app)["backtest"]["baselines"]) == ["constant_leverage"]
    named = [found.label for found in app.text_input if "model file" in found.label.lower()]
    assert named == ["Path of the model file"]


def test_a_backtest_of_a_file_is_cloned_with_its_file(exported, exported_home, page):
    data = {**SMALL["data"], "end_date": "2009-12-31"}
    strategy = {"strategy_type": "threshold"}
    config = {"mode": "backtest", "data": data, "strategy": strategy, "backtest": {"model_file": exported_home}}
    app = page("backtest.py", from_run=run(config, home=exported[0]).run_id)
    assert config_shown(app)["backtest"]["model_file"] == exported_home
    assert path_field(app).value == exported_home
