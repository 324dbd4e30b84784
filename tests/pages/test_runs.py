"""The screen of runs: empty, busy, and broken."""

import json

from streamlit.testing.v1 import AppTest

HOSTILE_TITLE = "<script>alert(1)</script> [a link](javascript:alert(1)) **bold**"


def texts_of(app: AppTest) -> list[str]:
    return [element.value for element in app.text]


def test_an_empty_home_says_how_to_begin_and_creates_nothing(home, page):
    app = page("runs.py")
    assert not app.exception
    assert "qlop demo" in [block.value for block in app.code]
    assert not home.exists()


def test_the_newest_run_is_shown_when_none_is_chosen(busy_home, page):
    app = page("runs.py")
    assert not app.exception
    assert any("No such dates" in text for text in texts_of(app))
    assert any("1980" in text for text in texts_of(app))


def test_an_address_brings_another_person_to_the_same_run(busy_home, page):
    _, run_id = busy_home
    app = page("runs.py", run=run_id)
    assert not app.exception
    assert any(run_id in text for text in texts_of(app))
    summary = "\n".join(block.value for block in app.code)
    assert "Backtest, net of costs" in summary
    assert "constant_leverage" in summary


def test_a_hostile_title_is_text_and_never_markup(busy_home, page):
    _, run_id = busy_home
    app = page("runs.py", run=run_id)
    assert HOSTILE_TITLE in texts_of(app)
    for element in app.markdown:
        assert "<script>" not in element.value
        assert "javascript:" not in element.value


def test_a_run_that_does_not_exist_is_answered_not_raised(busy_home, page):
    app = page("runs.py", run="5b0c9d1e-8f0a-4b7e-9b53-3f1f6f0d2a11")
    assert not app.exception
    assert any("no run" in text for text in texts_of(app))


def test_a_damaged_run_is_told_and_the_others_stay(busy_home, page):
    folder, run_id = busy_home
    config = folder / "runs" / run_id / "config.json"
    kept = config.read_text(encoding="utf-8")
    config.write_text("{", encoding="utf-8")
    try:
        app = page("runs.py", run=run_id)
        assert not app.exception
        assert any("config.json" in text for text in texts_of(app))
    finally:
        config.write_text(kept, encoding="utf-8")
    assert json.loads(kept)["mode"] == "backtest"


def test_a_search_without_a_hit_says_so(busy_home, page):
    app = page("runs.py")
    app.text_input(key="text").set_value("no run bears this").run()
    assert not app.exception
    assert any("No run matches" in info.value for info in app.info)
