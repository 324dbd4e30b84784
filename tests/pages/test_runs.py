"""The screen of runs: empty, busy, and broken."""

import json

import pytest
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


def test_a_run_is_found_by_the_beginning_of_its_id(busy_home, page):
    _, run_id = busy_home
    app = page("runs.py", run=run_id[:8])
    assert not app.exception
    assert any(run_id in text for text in texts_of(app))


def test_the_chosen_run_comes_back_when_the_address_lost_it(busy_home, page):
    _, run_id = busy_home
    app = page("runs.py", run=run_id)
    del app.query_params["run"]
    app.run()
    assert app.query_params["run"] == run_id
    assert any(run_id in text for text in texts_of(app))


def test_a_state_narrows_the_list_and_leaves_the_chosen_run(busy_home, page):
    _, run_id = busy_home
    app = page("runs.py", run=run_id, state="failed")
    assert not app.exception
    assert [list(state) for state in app.dataframe[0].value["state"]] == [["failed"]]
    assert any(run_id in text for text in texts_of(app))


def test_the_list_shows_percentages_and_leaves_out_what_no_run_has(busy_home, page):
    folder, run_id = busy_home
    app = page("runs.py", run=run_id)
    listed = app.dataframe[0].value.set_index("run_id")
    metrics = json.loads((folder / "runs" / run_id / "metrics.json").read_text(encoding="utf-8"))
    assert listed.loc[run_id, "cagr"] == 100 * metrics["cagr"]
    assert "auc" not in listed


def test_a_completed_run_shows_four_figures_its_curves_and_a_button_for_each_file(busy_home, page):
    folder, run_id = busy_home
    app = page("runs.py", run=run_id)
    assert [metric.label for metric in app.metric] == ["Growth a year", "Sharpe", "Max drawdown", "Final equity"]
    assert [element.type for element in app.main if element.type == "plotly_chart"] == ["plotly_chart"]
    artifacts = list((folder / "runs" / run_id / "artifacts").iterdir())
    assert len(app.download_button) == len(artifacts) + 1  # metrics.json lies beside them


@pytest.mark.parametrize(("address", "has_log_scale"), [({}, False), ({"log": "true"}, True)])
def test_the_address_says_which_scale_is_drawn(busy_home, page, address, has_log_scale):
    _, run_id = busy_home
    app = page("runs.py", run=run_id, **address)
    assert not app.exception
    assert app.toggle(key="log").value is has_log_scale


def test_a_failed_run_shows_its_error_and_draws_no_curve(busy_home, page):
    app = page("runs.py", state="failed")
    assert not app.exception
    assert any("1980" in text for text in texts_of(app))
    assert not app.metric
    assert not [element for element in app.main if element.type == "plotly_chart"]
