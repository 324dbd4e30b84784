"""The screen of one run: living, completed, failed, deleted, unknown; its text stays text."""

import html
import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from core.base.events import RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.services.runs import annotate_run, list_runs, show_run
from core.services.workbench import open_workbench
from core.store.run_folder import RunFolder

HOSTILE_TITLE = "<script>alert(1)</script> [a link](javascript:alert(1)) **bold**"
UNKNOWN = "5b0c9d1e-8f0a-4b7e-9b53-3f1f6f0d2a11"
CHARTS = 8


def texts_of(app: AppTest) -> str:
    headings = (
        html.unescape(heading.proto.body).removeprefix("<h2>").removesuffix("</h2>") for heading in app.get("html")
    )
    return "\n".join([*headings, *(element.value for element in app.text)])


def charts_of(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


@pytest.fixture
def own_home(used_home, tmp_path, monkeypatch):
    """A copy of the used home, to change; the completed run's id."""
    folder, run_id = used_home
    shutil.copytree(folder, tmp_path / "home")
    monkeypatch.setenv("QLOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home", run_id


@pytest.fixture
def failed_run(busy_home):
    folder, _ = busy_home
    return list_runs(open_workbench(folder), state="failed")[0].run_id


def test_without_a_chosen_run_the_way_to_the_list_is_shown_and_nothing_is_created(home, page):
    app = page("run.py")
    assert not app.exception
    assert any("No run is chosen" in block.value for block in app.markdown)
    assert app.button(key="all-runs").label == "Show all runs"
    assert not home.exists()


def test_an_unknown_run_is_answered_with_a_way_back(busy_home, page):
    app = page("run.py", run=UNKNOWN)
    assert not app.exception
    assert "no run" in texts_of(app)
    assert app.button(key="all-runs").label == "Show all runs"


@pytest.mark.parametrize("wrong", ["../../etc/passwd", "%", "<script>", "a" * 5000])
def test_an_id_that_is_none_is_answered(busy_home, page, wrong):
    app = page("run.py", run=wrong)
    assert not app.exception
    assert app.button(key="all-runs").label == "Show all runs"


def test_a_completed_backtest_shows_its_head_figures_and_every_chart(busy_home, page):
    _, run_id = busy_home
    app = page("run.py", run=run_id)
    assert not app.exception
    assert run_id in texts_of(app)
    assert [metric.label for metric in app.metric] == ["Growth a year", "Sharpe", "Max drawdown", "Final equity"]
    headings = [heading.value for heading in app.subheader]
    assert headings == [
        "Equity and drawdown",
        "How sure is it?",
        "Leverage and margin headroom",
        "Monthly returns (%)",
        "Rolling Sharpe ratio and volatility",
        "Distribution of returns",
        "Costs so far, by kind",
        "Exposure by ticker",
        "Trades",
    ]
    assert charts_of(app) == CHARTS


def test_the_beginning_of_an_id_is_enough(busy_home, page):
    _, run_id = busy_home
    assert run_id in texts_of(page("run.py", run=run_id[:8]))


@pytest.mark.parametrize("tab", ["Tear sheet", "Summary", "Figures", "Files", "Config", "Console"])
def test_the_address_opens_a_tab(busy_home, page, tab):
    _, run_id = busy_home
    app = page("run.py", run=run_id, tab=tab)
    assert not app.exception
    assert (charts_of(app) == CHARTS) is (tab == "Tear sheet")


def test_the_address_says_which_scale_is_drawn(busy_home, page):
    _, run_id = busy_home
    app = page("run.py", run=run_id, log="true")
    assert app.toggle(key="log").value is True
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["yaxis"]["type"] == "log"


def test_a_longer_window_is_drawn_when_it_is_chosen(busy_home, page):
    _, run_id = busy_home
    app = page("run.py", run=run_id)
    app.button_group(key="window").set_value(252).run()
    assert not app.exception
    assert "Of the last 252 bars" in texts_of(app)


def test_every_file_has_a_button_and_the_config_is_there_to_copy(busy_home, page):
    folder, run_id = busy_home
    app = page("run.py", run=run_id, tab="Files")
    artifacts = list((folder / "runs" / run_id / "artifacts").iterdir())
    assert len(app.get("download_button")) == len(artifacts) + 1  # metrics.json lies beside them
    config = page("run.py", run=run_id, tab="Config")
    shown = [block.value for block in config.code]
    assert f"qlop run backtest --config {run_id[:8]}-config.yaml" in shown
    assert any("strategy_type: constant_leverage" in block for block in shown)


@pytest.mark.parametrize("tab", ["Tear sheet", "Summary", "Config"])
def test_a_hostile_title_is_text_and_never_markup(busy_home, page, tab):
    _, run_id = busy_home
    app = page("run.py", run=run_id, tab=tab)
    assert HOSTILE_TITLE in texts_of(app)
    for element in app.markdown:
        assert "<script>" not in element.value
        assert "javascript:" not in element.value


def test_a_failed_run_shows_its_error_at_once_and_has_no_tear_sheet(failed_run, page):
    app = page("run.py", run=failed_run)
    assert not app.exception
    assert "1980" in texts_of(app)
    assert not app.metric
    assert charts_of(app) == 0


def test_a_run_that_has_not_ended_cannot_be_deleted(own_home, page):
    folder, _ = own_home
    workbench, run_id = open_workbench(folder), new_run_id()
    status = StatusPayload(state=RunState.QUEUED, current_status="waits")
    _, lock = RunFolder.create(workbench.home, run_id, {"mode": "backtest", "title": "alive"}, {}, first_status=status)
    with lock:
        app = page("run.py", run=run_id)
        assert not app.exception
        assert app.button(key="delete").disabled
        assert "alive" in texts_of(app)


def test_a_deleted_run_comes_back_by_undo(own_home, page):
    folder, run_id = own_home
    app = page("run.py", run=run_id)
    app.button(key="delete").click().run()
    assert not app.exception
    assert list_runs(open_workbench(folder), text=run_id) == []
    assert any("was deleted" in info.value for info in app.info)
    app.button(key="undo-delete").click().run()
    assert not app.exception
    assert show_run(open_workbench(folder), run_id).row.state == "completed"
    assert charts_of(app) == CHARTS


def test_a_note_and_tags_are_kept_and_shown_as_text(own_home, page):
    folder, run_id = own_home
    app = page("run.py", run=run_id)
    app.text_area(key=f"note-{run_id}").set_value(HOSTILE_TITLE)
    app.text_input(key=f"tags-{run_id}").set_value("good, , good,second")
    app.button(key="save-notes").click().run()
    assert not app.exception
    record = show_run(open_workbench(folder), run_id).row.record
    assert (record.notes, list(record.tags)) == (HOSTILE_TITLE, ["good", "second"])
    assert "Tags: good, second" in texts_of(app)
    assert texts_of(app).count(HOSTILE_TITLE) == 2


def test_a_password_in_a_note_is_refused_on_the_screen_and_kept_nowhere(own_home, page):
    folder, run_id = own_home
    app = page("run.py", run=run_id)
    kept = show_run(open_workbench(folder), run_id).row.record
    app.text_area(key=f"note-{run_id}").set_value("host=db user=ann password=Tr0ub4dor")
    app.text_input(key=f"tags-{run_id}").set_value("never kept")
    app.button(key="save-notes").click().run()
    assert not app.exception
    assert "The note holds a password, a token or a key" in texts_of(app)
    record = show_run(open_workbench(folder), run_id).row.record
    assert (record.notes, record.tags) == (kept.notes, kept.tags)


def test_a_note_that_somebody_else_changed_meanwhile_is_told_before_it_is_replaced(own_home, page):
    folder, run_id = own_home
    mine = page("run.py", run=run_id)
    annotate_run(open_workbench(folder), run_id, notes="Theirs", tags=["theirs"])
    mine.text_area(key=f"note-{run_id}").set_value("Mine")
    mine.button(key="save-notes").click().run()
    assert not mine.exception
    assert show_run(open_workbench(folder), run_id).row.record.notes == "Theirs"
    assert "Note: Theirs\nTags: theirs" in texts_of(mine)
    mine.button(key="save-notes").click().run()
    assert show_run(open_workbench(folder), run_id).row.record.notes == "Mine"
    assert "Changed by somebody else" not in "".join(found.value for found in mine.markdown)


def test_the_key_figures_of_a_backtest_have_a_spark_line_each(busy_home, page):
    _, run_id = busy_home
    tiles = page("run.py", run=run_id).metric
    assert [len(tile.proto.chart_data) > 1 for tile in tiles] == [True] * 4


def test_each_part_has_its_place_whatever_became_of_the_run(busy_home, failed_run, page):
    completed, failed = page("run.py", run=busy_home[1]), page("run.py", run=failed_run)
    places = [place_of_tabs(app.main) for app in (completed, failed)]
    assert places[0] == places[1]
    assert len(places[0]) > 1


def place_of_tabs(block, path=()):
    """Return the numbers of the blocks, from the page inwards, in which the tabs stand."""
    for number, child in block.children.items():
        if child.type == "tab_container":
            return (*path, number)
        if hasattr(child, "children") and (found := place_of_tabs(child, (*path, number))):
            return found
    return ()
