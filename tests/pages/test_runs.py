"""The screen of all runs: empty, busy and broken; filters, the trash, and what is done with chosen runs."""

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from core.services.runs import annotate_run, list_runs
from core.services.workbench import open_workbench
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock

HOSTILE_TITLE = "<script>alert(1)</script> [a link](javascript:alert(1)) **bold**"


@pytest.fixture
def own_home(used_home, tmp_path, monkeypatch):
    """A copy of the used home, to change; the completed run's id and the failed one's."""
    folder, run_id = used_home
    shutil.copytree(folder, tmp_path / "home")
    monkeypatch.setenv("QLOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.chdir(tmp_path)
    failed = list_runs(open_workbench(tmp_path / "home"), state="failed")[0].run_id
    return tmp_path / "home", run_id, failed


def listed(app: AppTest) -> list[str]:
    return app.dataframe[0].value["title"].tolist() if app.dataframe else []


def written(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.text, *app.markdown, *app.caption))


def test_an_empty_home_says_how_to_begin_and_creates_nothing(home, page):
    app = page("runs.py")
    assert not app.exception
    assert "qlop demo" in [block.value for block in app.code]
    assert not home.exists()


def test_every_run_is_listed_newest_first_with_its_state_and_figures(busy_home, page):
    folder, run_id = busy_home
    app = page("runs.py")
    assert not app.exception
    assert listed(app) == ["No such dates", HOSTILE_TITLE]
    table = app.dataframe[0].value
    assert table["state"].map(list).tolist() == [["failed"], ["completed"]]
    metrics = json.loads((folder / "runs" / run_id / "metrics.json").read_text(encoding="utf-8"))
    assert table.loc[1, "cagr"] == 100 * metrics["cagr"]
    assert table.loc[1, "sharpe"] == metrics["sharpe"]


def test_columns_that_no_run_fills_are_left_out(busy_home, page):
    assert {"auc", "tags"}.isdisjoint(page("runs.py").dataframe[0].value.columns)


def test_a_hostile_title_is_text_and_never_markup(busy_home, page):
    _, run_id = busy_home
    app = page("runs.py", chosen=run_id)
    assert HOSTILE_TITLE in listed(app)
    for element in (*app.markdown, *app.caption):
        assert "<script>" not in element.value
        assert "javascript:" not in element.value


def test_a_damaged_run_is_left_out_and_the_others_stay(own_home, page):
    folder, run_id, _ = own_home
    (folder / "runs" / run_id / "config.json").write_text("{", encoding="utf-8")
    for index in folder.glob("runs.sqlite*"):
        index.unlink()
    app = page("runs.py")
    assert not app.exception
    assert listed(app) == ["No such dates"]


def test_an_index_that_is_no_database_is_told_with_the_way_out(own_home, page):
    folder, _, _ = own_home
    for index in folder.glob("runs.sqlite*"):
        index.unlink()
    (folder / "runs.sqlite").write_bytes(b"no database" * 1000)
    app = page("runs.py")
    assert not app.exception
    assert "qlop runs reindex" in written(app)


def test_a_search_without_a_hit_says_so_and_keeps_what_was_typed(busy_home, page):
    app = page("runs.py")
    app.text_input(key="text").set_value("no run bears this").run()
    assert not app.exception
    assert any("No run matches" in info.value for info in app.info)
    assert app.text_input(key="text").value == "no run bears this"


@pytest.mark.parametrize(
    ("address", "titles"),
    [
        ({"state": "failed"}, ["No such dates"]),
        ({"state": "queued"}, []),
        ({"text": "script"}, [HOSTILE_TITLE]),
        ({"mode": "backtest"}, ["No such dates", HOSTILE_TITLE]),
        ({"mode": "backtest", "state": "completed"}, [HOSTILE_TITLE]),
    ],
)
def test_the_address_brings_another_person_to_the_same_filters(busy_home, page, address, titles):
    app = page("runs.py", **address)
    assert not app.exception
    assert listed(app) == titles


def test_a_tag_is_shown_and_filtered_by(own_home, page):
    folder, run_id, _ = own_home
    annotate_run(open_workbench(folder), run_id, tags=["live", "**best**"])
    app = page("runs.py")
    assert app.dataframe[0].value["tags"].tolist() == ["", "**best**, live"]
    app.selectbox(key="tag").set_value("**best**").run()
    assert listed(app) == [HOSTILE_TITLE]
    assert listed(page("runs.py", tag="**best**")) == [HOSTILE_TITLE]


def test_a_person_chooses_the_columns_and_the_address_does(busy_home, page):
    app = page("runs.py")
    app.multiselect(key="columns").set_value(["title", "run_id", "strategy"]).run()
    assert list(app.dataframe[0].value.columns) == ["title", "strategy", "run_id"]
    again = page("runs.py", columns=["Run", "Title"])
    assert list(again.dataframe[0].value.columns) == ["title", "run_id"]


def test_actions_wait_for_the_runs_that_they_need(busy_home, page):
    _, run_id = busy_home
    app = page("runs.py")
    assert all(app.button(key=key).disabled for key in ("compare-chosen", "rerun", "clone"))
    app = page("runs.py", chosen=run_id)
    assert app.button(key="compare-chosen").disabled
    assert not app.button(key="rerun").disabled
    assert not app.button(key="clone").disabled
    assert "1 run chosen of 2" in written(app)


def test_two_chosen_runs_are_compared(own_home, page):
    _, run_id, failed = own_home
    app = page("runs.py", chosen=f"{failed},{run_id}")
    app.button(key="compare-chosen").click().run()
    assert not app.exception
    assert app.query_params["compare"] == f"{failed},{run_id}"
    assert "2 runs compared" in [heading.value for heading in app.subheader]


def test_a_deleted_run_comes_back_by_undo(own_home, page):
    folder, run_id, _ = own_home
    app = page("runs.py", chosen=run_id)
    assert "can be restored from there" in written(app)
    app.button(key="delete-now").click().run()
    assert not app.exception
    assert (folder / "trash" / run_id).is_dir()
    assert listed(app) == ["No such dates"]
    assert "1 run went to the trash" in written(app)
    app.button(key="undo").click().run()
    assert (folder / "runs" / run_id).is_dir()
    assert listed(app) == ["No such dates", HOSTILE_TITLE]
    assert "went to the trash" not in written(app)


def test_the_trash_lists_deleted_runs_and_restores_them(own_home, page):
    folder, run_id, failed = own_home
    app = page("runs.py", chosen=f"{run_id},{failed}")
    app.button(key="delete-now").click().run()
    app.button(key="close-undo").click().run()
    app = page("runs.py", trash="true")
    assert listed(app) == ["No such dates", HOSTILE_TITLE]
    assert app.button(key="restore").disabled
    app = page("runs.py", trash="true", chosen=run_id)
    app.button(key="restore").click().run()
    assert not app.exception
    assert listed(app) == ["No such dates"]
    assert (folder / "runs" / run_id).is_dir()


def test_an_empty_trash_says_so(busy_home, page):
    app = page("runs.py", trash="true")
    assert [info.value for info in app.info] == ["The trash is empty."]


def test_a_living_run_is_not_deleted_and_the_others_are(own_home, page):
    folder, run_id, failed = own_home
    log = folder / "runs" / run_id / "events.jsonl"
    first_line = log.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    log.write_text(first_line, encoding="utf-8")
    with RunLock.take(RunFolder(log.parent, run_id).lock_path):
        app = page("runs.py", chosen=f"{run_id},{failed}")
        app.button(key="delete-now").click().run()
        assert not app.exception
        assert f"qlop runs cancel {run_id}" in written(app)
        assert listed(app) == [HOSTILE_TITLE]


def test_ten_thousand_runs_are_all_in_the_table(home, page, make_large_store):
    ids = make_large_store(home, 10_000)
    app = page("runs.py", columns="Run")
    assert not app.exception
    assert app.dataframe[0].value["run_id"].tolist() == ids
    assert "10,000 runs" in written(app)
    app.text_input(key="text").set_value("run 1234 of").run()
    assert app.dataframe[0].value["run_id"].tolist() == [ids[1234]]


def test_the_question_before_a_deletion_is_another_for_other_runs(own_home, page):
    _, run_id, failed = own_home
    one = page("runs.py", chosen=run_id)
    both = page("runs.py", chosen=f"{run_id},{failed}")
    assert one.button(key="delete-now").label == "Delete 1 run"
    assert both.button(key="delete-now").label == "Delete 2 runs"


def test_a_rerun_that_no_longer_fits_is_told_and_starts_nothing(own_home, page):
    folder, run_id, _ = own_home
    config = folder / "runs" / run_id / "config.json"
    raw = json.loads(config.read_text(encoding="utf-8"))
    raw["strategy"]["strategy_type"] = "no_longer_there"
    config.write_text(json.dumps(raw), encoding="utf-8")
    app = page("runs.py", chosen=run_id)
    app.button(key="rerun").click().run()
    assert not app.exception
    assert f"Run {run_id[:8]} cannot be started again" in written(app)
    assert "no_longer_there" in written(app)
    assert len(list((folder / "runs").iterdir())) == 2
