"""Whether a session is let in, and may go on: by what settings.yaml and Streamlit's secrets hold."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

WITH_LOGIN = '[auth]\nclient_id = "a"\nclient_secret = "b"\nserver_metadata_url = "http://127.0.0.1:9/x"\n'
BROKEN_SETTINGS = "relay:\n  port: [8765\n"


def door():
    import streamlit as st

    from core.ui.login import is_let_in, is_still_let_in

    let_in = is_let_in()
    st.text(f"let in: {let_in}, still: {is_still_let_in()}")


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Draws the door of a server whose settings.yaml and secrets.toml are as given."""
    monkeypatch.setenv("QLOP_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    file = tmp_path / "secrets.toml"
    places = st.get_option("secrets.files")
    config.set_option("secrets.files", [str(file)])
    st.cache_resource.clear()

    def at(settings: str = "", secrets: str = "") -> tuple[list[str], list[str]]:
        st.secrets._reset()
        for path, text in ((tmp_path / "home" / "settings.yaml", settings), (file, secrets)):
            path.write_text(text, encoding="utf-8") if text else path.unlink(missing_ok=True)
        app = AppTest.from_function(door, default_timeout=30).run()
        assert not app.exception
        return [found.value for found in app.text], [found.value for found in app.markdown]

    yield at
    config.set_option("secrets.files", places)
    st.secrets._reset()
    st.cache_resource.clear()


def said(titles, words):
    return any(words in title for title in titles)


def test_without_a_login_everybody_is_let_in_and_may_go_on(opened):
    assert opened()[0] == ["let in: True, still: True"]


def test_settings_that_cannot_be_read_shut_no_screen_where_nobody_was_to_sign_in(opened):
    texts, titles = opened(settings=BROKEN_SETTINGS)
    assert texts == ["let in: True, still: False"]
    assert not said(titles, "The login")


def test_settings_that_cannot_be_read_keep_everybody_out_where_a_login_is_set_up(opened):
    texts, titles = opened(settings=BROKEN_SETTINGS, secrets=WITH_LOGIN)
    assert texts[-1] == "let in: False, still: False"
    assert said(titles, "The settings cannot be read")
    assert any("settings.yaml" in text for text in texts)


def test_settings_that_cannot_be_read_open_no_door_after_a_login_was_seen(opened):
    assert opened(secrets=WITH_LOGIN)[0][-1] == "let in: False, still: False"
    texts, titles = opened(settings=BROKEN_SETTINGS)
    assert texts[-1] == "let in: False, still: False"
    assert said(titles, "The settings cannot be read")
    assert opened()[0][-1] == "let in: False, still: False"


def test_secrets_that_cannot_be_read_are_called_the_login(opened):
    texts, titles = opened(secrets="[auth\n")
    assert texts[-1] == "let in: False, still: False"
    assert said(titles, "The login cannot be read")


def test_a_users_list_without_a_login_lets_nobody_in_nor_go_on(opened):
    texts, titles = opened(settings="dashboard: {allowed_users: ['ann@example.org']}\n")
    assert texts[-1] == "let in: False, still: False"
    assert said(titles, "Nobody can sign in")


def test_the_system_screen_names_the_settings_file_and_the_line(opened, tmp_path):
    (tmp_path / "home" / "settings.yaml").write_text(BROKEN_SETTINGS, encoding="utf-8")
    page = Path(__file__).parents[3] / "pages" / "system.py"
    app = AppTest.from_file(str(page), default_timeout=60).run()
    assert not app.exception
    (told,) = [found.value for found in app.text if "settings.yaml" in found.value]
    assert "line 3" in told
