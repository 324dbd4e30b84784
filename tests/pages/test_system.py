"""The screen of the system: settings and their origins, processes, disk, versions, alerts."""


def tables_of(app):
    return [table.value for table in app.dataframe]


def texts_of(app):
    return [element.value for element in app.text]


def settings_of(app):
    table = next(table for table in tables_of(app) if "origin" in table)
    return {row["name"]: (row["value"], row["origin"]) for _, row in table.iterrows()}


def test_each_setting_says_where_it_comes_from(home, page, monkeypatch):
    home.mkdir()
    (home / "settings.yaml").write_text("plugins: {disabled: [macd]}\n", encoding="utf-8")
    monkeypatch.setenv("QLOP_RELAY_URL", "ws://127.0.0.1:9")
    app = page("system.py")
    assert not app.exception
    settings = settings_of(app)
    assert settings["home folder"] == (str(home), "environment: QLOP_HOME")
    assert settings["plugins.disabled"] == ("macd", f"file: {home / 'settings.yaml'}")
    assert settings["relay.url"] == ("ws://127.0.0.1:9", "environment: QLOP_RELAY_URL")
    assert settings["store.url"] == ("none", "default")


def test_a_home_that_qlop_ui_was_given_is_the_options(home, page, monkeypatch):
    monkeypatch.setenv("QLOP_HOME_ORIGIN", "option: --home")
    app = page("system.py")
    assert not app.exception
    assert settings_of(app)["home folder"] == (str(home), "option: --home")


def test_this_process_is_listed_with_its_memory(home, page):
    app = page("system.py")
    assert not app.exception
    processes = next(table for table in tables_of(app) if "pid" in table)
    assert "Dashboard" in set(processes["name"])
    assert (processes["memory_bytes"] > 0).all()


def test_a_used_home_shows_what_its_runs_take_up(busy_home, page):
    app = page("system.py")
    assert not app.exception
    use = next(table for table in tables_of(app) if "size_bytes" in table).set_index("name")
    assert use.loc["Runs", "size_bytes"] > 10_000
    assert any(text.startswith("Plugin scans: at the last look") for text in texts_of(app))


def test_broken_plugins_and_a_relay_that_is_away_are_told_in_words(home, page, tmp_path, monkeypatch):
    folder = tmp_path / "mine" / "models"
    folder.mkdir(parents=True)
    (folder / "broken.py").write_text("raise ValueError('no')\n", encoding="utf-8")
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    app = page("system.py")
    assert not app.exception
    assert any("models/broken" in text for text in texts_of(app))
    assert any("No relay lives" in text for text in texts_of(app))


def test_settings_that_cannot_be_read_are_answered(home, page):
    home.mkdir()
    (home / "settings.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    app = page("system.py")
    assert not app.exception
    assert any("nonsense" in text for text in texts_of(app))
