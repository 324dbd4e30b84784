"""The screen of plugins: what can be picked, and what is wrong with it."""

import html

from streamlit.testing.v1 import AppTest


def texts_of(app: AppTest) -> list[str]:
    return [element.value for element in app.text]


def test_every_built_in_kind_can_be_chosen(home, page):
    app = page("plugins.py")
    assert not app.exception
    kinds = app.main.get("button_group") or app.main.get("pills")
    assert kinds, "there is no choice of kinds"


def test_a_plugin_of_the_address_is_shown_with_its_parameters(home, page):
    app = page("plugins.py", plugin="models/qlop:xgboost")
    assert not app.exception
    assert any("Gradient-boosted trees" in text for text in texts_of(app))
    assert [heading.value for heading in app.subheader] == ["Parameters", "Contract"]


def test_a_broken_plugin_shows_its_traceback_as_text(home, page, tmp_path, monkeypatch):
    folder = tmp_path / "mine" / "models"
    folder.mkdir(parents=True)
    (folder / "broken.py").write_text("raise ValueError('<b>never markup</b>')\n", encoding="utf-8")
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    app = page("plugins.py", plugin="models/folder:broken")
    assert not app.exception
    shown = [*texts_of(app), *(block.value for block in app.code)]
    assert any("<b>never markup</b>" in text for text in shown)
    assert not any("<b>" in element.value for element in app.markdown)


def test_a_folder_without_trust_is_named_and_does_not_run(home, page, tmp_path):
    folder = tmp_path / ".qlop" / "plugins" / "models"
    folder.mkdir(parents=True)
    (folder / "spy.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    app = page("plugins.py")
    assert not app.exception
    assert any("qlop plugins trust" in text for text in texts_of(app))
    assert not (tmp_path / "ran").exists()


def test_a_plugin_that_is_not_there_is_answered(home, page):
    app = page("plugins.py", plugin="models/qlop:nothing")
    assert not app.exception
    assert any("models/qlop:nothing" in text for text in texts_of(app))


def test_a_kind_in_the_address_narrows_the_list(home, page):
    app = page("plugins.py", kind="models")
    assert not app.exception
    listed = app.dataframe[0].value
    assert set(listed["kind"]) == {"models"}
    assert list(listed.columns) == ["status", "kind", "name", "version", "origin", "summary"]


def test_a_plugin_that_names_itself_in_markup_is_drawn_as_text(home, page, tmp_path, monkeypatch):
    folder = tmp_path / "mine" / "models"
    folder.mkdir(parents=True)
    stem = "[a link](javascript:alert(1)) <script>"
    (folder / f"{stem}.py").write_text("raise ValueError('no')\n", encoding="utf-8")
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    app = page("plugins.py", plugin=f"models/folder:{stem}")
    assert not app.exception
    assert f"<h2>{html.escape(stem)}</h2>" in [found.proto.body for found in app.get("html")]
    assert not [element.value for element in app.markdown if "script" in element.value]


def test_a_docstring_flows_and_keeps_the_lines_that_are_indented(home, page, tmp_path, monkeypatch):
    folder = tmp_path / "mine" / "strategies"
    folder.mkdir(parents=True)
    (folder / "told.py").write_text(
        "import qlop\n"
        "class Told(qlop.StrategyPlugin):\n"
        '    """Holds one.\n\n    This sentence\n    goes on.\n\n    A table:\n      a  1\n      b  2\n    """\n'
        "    name = 'told'\n    version = '1.0.0'\n    requires_qlop = '>=0.1,<1'\n"
        "    def generate_signals(self, panel, predictions):\n        return panel['close']\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    app = page("plugins.py", plugin="strategies/folder:told")
    assert not app.exception
    assert "This sentence goes on." in texts_of(app)
    assert "A table:\n  a  1\n  b  2" in texts_of(app)


def test_reload_finds_a_plugin_that_came_since(home, page, tmp_path, monkeypatch):
    folder = tmp_path / "mine" / "strategies"
    folder.mkdir(parents=True)
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    app = page("plugins.py", kind="strategies")
    assert "late" not in set(app.dataframe[0].value["name"])
    (folder / "late.py").write_text("raise ValueError('no')\n", encoding="utf-8")
    next(found for found in app.button if found.label == "Reload").click().run()
    assert not app.exception
    assert "late" in set(app.dataframe[0].value["name"])


def test_a_plugin_is_held_against_its_contract_on_demand(home, page):
    app = page("plugins.py", plugin="brokers/qlop:flat")
    next(found for found in app.button if found.label == "Check against the contract").click().run()
    assert not app.exception
    assert any(text.startswith("Every promise is kept") for text in texts_of(app))


def test_a_plugin_that_needs_parameters_is_checked_with_those_typed(home, page):
    app = page("plugins.py", plugin="feature_steps/qlop:cross_sectional_rank")
    next(found for found in app.button if found.label == "Check against the contract").click().run()
    assert not app.exception
    assert any("'column' of" in text and "has no default" in text for text in texts_of(app))


def test_the_command_that_writes_a_new_plugin_is_shown(home, page):
    app = page("plugins.py", kind="labelers")
    assert "qlop plugins new labelers my_own" in [block.value for block in app.code]
