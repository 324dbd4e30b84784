"""A mode that no screen is made for has an entry, a form and a button, with no code of its own."""

from pathlib import Path

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.ui.catalog import reload_plugins

MAIN = Path(__file__).parents[2] / "core" / "ui" / "main.py"

MODE = '''
import qlop
from pydantic import Field


class TryOut(qlop.OrchestratorPlugin):
    """Tries something out."""

    name = "try_out"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    required_sections = frozenset({"data"})
    used_sections = frozenset({"data", "model"})

    class Params(qlop.Params):
        """Parameters."""

        rounds: int = Field(default=3, ge=1, le=500, description="How often.")

    def run(self, config, context):
        return qlop.RunResult(metrics={"rounds": self.params.rounds})
'''

SCREEN = """
from core.ui.config_form import mode_screen

mode_screen("try_out", title="Try out")
"""


@pytest.fixture(autouse=True)
def mode(home, tmp_path, monkeypatch):
    folder = tmp_path / "mine" / "orchestrators"
    folder.mkdir(parents=True)
    (folder / "try_out.py").write_text(MODE, encoding="utf-8")
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    reload_plugins()


def screen() -> AppTest:
    return AppTest.from_string(SCREEN, default_timeout=60).run()


def config_shown(app: AppTest) -> dict:
    return yaml.safe_load(app.code[0].value)


def test_its_form_shows_the_sections_that_it_uses_and_no_others():
    app = screen()
    assert not app.exception
    assert [part.label.split("**")[1] for part in app.expander] == ["Try out", "Data", "Model", "Outputs", "Run"]
    assert "Tries something out." in [text.value for text in app.text]
    assert any(found.label == "Start try out" for found in app.button)


def test_its_parameters_come_first_and_are_unfolded():
    app = screen()
    next(found for found in app.number_input if found.label == "Rounds").set_value(7).run()
    assert not app.exception
    assert config_shown(app)["mode_params"] == {"rounds": 7}
    assert config_shown(app)["mode"] == "try_out"


def test_it_begins_with_the_ready_sections_that_it_uses_and_without_their_title():
    config = config_shown(screen())
    assert config["data"]["data_source_type"] == "sample"
    assert config["title"] == ""


def test_a_mode_that_uses_no_section_begins_empty_and_offers_no_ready_config(tmp_path):
    alone = MODE.replace('frozenset({"data"})', "frozenset()").replace('frozenset({"data", "model"})', "frozenset()")
    (tmp_path / "mine" / "orchestrators" / "try_out.py").write_text(alone, encoding="utf-8")
    reload_plugins()
    app = screen()
    assert not app.exception
    assert [part.label.split("**")[1] for part in app.expander] == ["Try out", "Outputs", "Run"]
    assert "Begin with" not in [box.label for box in app.selectbox]
    assert config_shown(app)["title"] == ""


def test_a_section_that_it_can_do_without_may_be_left_out():
    app = screen()
    assert config_shown(app)["model"]["model_type"] == "xgboost"
    app.session_state["form-try_out-1-fold-model"] = True
    app.run()
    next(box for box in app.selectbox if box.label == "Model").set_value("").run()
    assert not app.exception
    assert config_shown(app)["model"] is None


def test_the_navigation_has_an_entry_for_it():
    script = MAIN.read_text(encoding="utf-8").replace(
        "page.run()",
        "st.session_state['groups'] = {g: [p.title for p in pages] for g, pages in grouped_pages().items()}",
    )
    app = AppTest.from_string(script, default_timeout=60).run()
    assert not app.exception
    groups = app.session_state["groups"]
    assert groups["Research"][:3] == ["Overview", "Train", "Backtest"]
    assert "Try out" in groups["Research"]
    assert not {"Pipeline", "Export", "Inspect data"} & set(groups["Research"])
    assert {"Runs", "Models"} <= set(groups["Results"])
    assert groups["Workbench"] == ["Data", "Plugins", "System"]


def test_a_mode_that_bears_a_screens_name_harms_no_screen(tmp_path):
    taken = MODE.replace('"try_out"', '"runs"')
    (tmp_path / "mine" / "orchestrators" / "runs.py").write_text(taken, encoding="utf-8")
    reload_plugins()
    app = AppTest.from_file(str(MAIN), default_timeout=60).run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Overview"]
    app.switch_page("../../pages/runs.py").run()
    assert [title.value for title in app.title] == ["Runs"]


def test_a_mode_that_is_gone_is_answered():
    app = AppTest.from_string(SCREEN.replace("try_out", "gone"), default_timeout=60).run()
    assert not app.exception
    assert any("No mode is named gone" in text.value for text in app.text)
