"""The first screen: the demo at first, then what runs, what ran, how new the data are, and whether all is well."""

import html

import pytest

from core.base.events import ProgressPayload, RunState, StatusPayload
from core.store.home import Home
from core.store.run_folder import RunFolder

RUN_ID = "7f1c0e0a-52a4-4c8e-9d0a-1f6f0f6b7a11"
TITLE = "<img src=x onerror=alert(1)> **bold**"


def texts_of(app):
    return [element.value for element in app.text]


@pytest.fixture
def running(home):
    """A run at work, held by this process; half of its step is done."""
    status = StatusPayload(state=RunState.RUNNING, current_status="At work")
    folder, lock = RunFolder.create(Home(home), RUN_ID, {"mode": "train", "title": TITLE}, {}, first_status=status)
    with lock:
        with folder.events(lock=lock) as log:
            for done in range(6):
                log.append(ProgressPayload(value=done, total=10, unit="folds", step_name="fit [x](y)"))
        yield folder, lock


def test_the_first_start_offers_the_demo(home, page):
    app = page("overview.py")
    assert not app.exception
    assert "Run the demo" in [found.label for found in app.button]
    assert "qlop demo" in [block.value for block in app.code]


def test_what_ran_last_and_the_newest_bar_are_shown(busy_home, page):
    app = page("overview.py")
    assert not app.exception
    assert len(app.dataframe[0].value) == 2
    assert any(text.startswith("2012-12-31, ") and "IBM from 'sample'" in text for text in texts_of(app))
    assert any(found.value == "Nothing runs now." for found in app.markdown)


def test_a_running_run_shows_its_step_and_can_be_watched_and_cancelled(running, page):
    app = page("overview.py")
    assert not app.exception
    assert f"<h2>{html.escape(TITLE)}</h2>" in [found.proto.body for found in app.get("html")]
    assert {"Watch", "Cancel this run"} <= {found.label for found in app.button}
    (bar,) = app.main.get("progress")
    assert bar.proto.value == 50
    assert "5 of 10 folds" in bar.proto.text
    assert "[x](y)" not in bar.proto.text


def test_a_step_and_its_part_share_a_bar(running, page):
    folder, lock = running
    with folder.events(lock=lock) as log:
        log.append(ProgressPayload(value=1.23, total=3, unit="fits", step_name="train folds"))
        part = ProgressPayload(
            value=7, total=30, unit="epochs, fit 2 of 3", step_name="fit model", within="train folds"
        )
        log.append(part)
    app = page("overview.py")
    assert not app.exception
    (bar,) = app.main.get("progress")
    assert bar.proto.value == 41
    assert "train folds: 1 of 3 fits · fit model: 7 of 30 epochs, fit 2 of 3" in bar.proto.text


def test_a_step_of_which_all_is_done_draws_no_bar_and_says_so(running, page):
    folder, lock = running
    with folder.events(lock=lock) as log:
        log.append(ProgressPayload(value=10, total=10, unit="folds", step_name="fit"))
    app = page("overview.py")
    assert not app.exception
    assert not app.main.get("progress")
    assert "fit: 10 of 10 folds, done  ·  at work on what follows" in texts_of(app)


def test_health_counts_the_plugins_that_cannot_be_used(home, page, tmp_path, monkeypatch):
    folder = tmp_path / "mine" / "models"
    folder.mkdir(parents=True)
    (folder / "broken.py").write_text("raise ValueError('no')\n", encoding="utf-8")
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    app = page("overview.py")
    assert not app.exception
    assert any(text.startswith("1 of ") and text.endswith("cannot be used") for text in texts_of(app))


def test_a_home_that_cannot_be_is_answered(page, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("QLOP_HOME", str(tmp_path / "file"))
    app = page("overview.py")
    assert not app.exception
    assert any("The overview cannot be drawn" in found.value for found in app.markdown)
    assert not [found for found in app.get("html") if "Loading" in found.proto.body]
