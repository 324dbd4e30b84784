"""A run whose mode is gone cannot be cloned, and says why where it was tried."""

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

MODE = "a_mode_that_is_gone"


@pytest.fixture
def orphan(used_home, tmp_path, monkeypatch):
    """A run of a mode that no plugin provides."""
    folder, run_id = used_home
    shutil.copytree(folder, tmp_path / "home")
    monkeypatch.setenv("QLOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "home" / "runs" / run_id / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text(encoding="utf-8")) | {"mode": MODE}), encoding="utf-8")
    return run_id


def told(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(text.value for text in app.text)


def test_on_the_runs_own_screen(orphan, page):
    app = page("run.py", run=orphan, tab="Config")
    app.button(key="clone").click().run()
    assert f"No mode is named '{MODE}'" in told(app)
    assert f"config-draft-{MODE}" not in app.session_state


def test_in_the_list_of_runs(orphan, page):
    app = page("runs.py", chosen=orphan)
    app.button(key="clone").click().run()
    assert f"No mode is named '{MODE}'" in told(app)
    assert f"config-draft-{MODE}" not in app.session_state
