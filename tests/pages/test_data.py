"""The screen of data: what was inspected, what is odd about it, and how an inspection is started."""

import time

import pytest

from core.services.python_run import run
from core.services.run_events import run_snapshot
from core.services.workbench import open_workbench

SMALL = {
    "mode": "inspect_data",
    "title": "<b>never markup</b>",
    "data": {
        "data_source_type": "sample",
        "tickers": ["AAPL", "MSFT"],
        "start_date": "2000-03-01",
        "end_date": "2001-12-31",
    },
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5, 20]}}],
    "label": {"labeler_type": "leverage_opportunity", "labeler_params": {"horizon_bars": 5, "leverage": 1.5}},
}
PATIENCE_S = 60


@pytest.fixture(scope="module")
def inspected_home(tmp_path_factory):
    """A home with one inspection."""
    home = tmp_path_factory.mktemp("inspected") / "home"
    return home, run(SMALL, home=home).run_id


@pytest.fixture
def inspected(inspected_home, tmp_path, monkeypatch):
    """That home, looked at by the page; the inspection's run."""
    home, run_id = inspected_home
    monkeypatch.setenv("QLOP_HOME", str(home))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.chdir(tmp_path)
    return run_id


def figures(app):
    return {metric.label: metric.value for metric in app.metric}


def button(app, label):
    return next(found for found in app.button if found.label == label)


def test_an_empty_home_says_what_to_press(home, page):
    app = page("data.py")
    assert not app.exception
    assert any("press Load and inspect" in info.value for info in app.info)
    assert button(app, "Load and inspect")


def test_the_newest_inspection_is_shown_at_once_with_its_newest_bar(inspected, page):
    app = page("data.py")
    assert not app.exception
    assert figures(app)["Newest bar"] == "2001-12-31"
    assert figures(app)["Tickers"] == "2"
    assert any("The form says something else" in caption.value for caption in app.caption)


def test_the_inspection_of_the_forms_own_config_is_found_again(inspected, page):
    app = page("data.py", from_run=inspected)
    assert not app.exception
    assert figures(app)["Bars"] == "920"
    assert not [caption.value for caption in app.caption if "The form says something else" in caption.value]


def test_findings_are_listed_and_one_in_the_address_moves_the_candles(inspected, page):
    finding = "AAPL|2000-09-29T00:00:00+00:00|outlier_return"
    app = page("data.py", inspection=inspected, finding=finding, ticker="AAPL")
    assert not app.exception
    listed = next(table.value for table in app.dataframe if "detail" in table.value)
    assert set(listed["finding"]) >= {"Outlier return"}
    assert any(box.label == "Ticker" and box.value == "AAPL" for box in app.selectbox)


def test_a_run_that_is_not_there_is_answered(home, page):
    app = page("data.py", inspection="7f1c0e0a-52a4-4c8e-9d0a-1f6f0f6b7a11")
    assert not app.exception
    assert any("7f1c0e0a" in text.value for text in app.text)


def test_a_run_of_another_mode_is_called_none_and_leads_to_its_own_screen(busy_home, page):
    _, run_id = busy_home
    app = page("data.py", inspection=run_id)
    assert not app.exception
    assert any("This run is no inspection" in text.value for text in app.markdown)
    assert any(f"Run {run_id} is of mode 'backtest'" in text.value for text in app.text)
    assert button(app, "Open the run")
    assert not [text.value for text in app.text if text.value.startswith("Inspection")]


def test_an_inspection_that_failed_says_why(home, page):
    from core.base.errors import QlopError

    wrong = {**SMALL, "data": {**SMALL["data"], "start_date": "1980-01-01", "end_date": "1980-12-31"}}
    with pytest.raises(QlopError):
        run(wrong, home=home)
    from core.services.runs import list_runs

    app = page("data.py", inspection=list_runs(open_workbench(home))[0].run_id)
    assert not app.exception
    assert any("The data were not inspected" in text.value for text in app.markdown)
    assert any("1980" in text.value for text in app.text)


def test_pressing_the_button_inspects_in_a_process_of_its_own(home, page, monkeypatch):
    # No relay is needed here, and none is started where one is named.
    monkeypatch.setenv("QLOP_RELAY_URL", "ws://127.0.0.1:9")
    app = page("data.py")
    button(app, "Load and inspect").click().run()
    assert not app.exception
    run_id = str(app.session_state["chosen-inspection"])
    workbench, deadline = open_workbench(home), time.monotonic() + PATIENCE_S
    while not run_snapshot(workbench, run_id).has_ended and time.monotonic() < deadline:
        time.sleep(0.05)
    app.run()
    assert not app.exception
    assert figures(app)["Newest bar"] == "2013-03-01"
