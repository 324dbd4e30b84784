"""What people call runs, tags, notes, artifacts, plugins, columns, files and homes, by names that try to be more."""

import json
from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import ConfigError, QlopError, RunIdError, StoreError, UsageError
from core.base.identifiers import new_run_id
from core.config.loader import load_config, parse_config
from core.services.python_run import run
from core.services.runs import annotate_run, delete_run, find_run, list_runs, restore_run, show_run
from core.services.table_export import csv_bytes, excel_bytes
from core.services.workbench import open_workbench
from core.store.containment import check_artifact_name
from plugins.data_sources.files import Files

PLAIN = [
    "../x", "..%2f", "/etc/passwd", "C:\\x", ".", "..", "~", "%00", "%20", "?mode=ro", "#", "a:b", "=cmd()", "+1", "-1",
    "--help", "@SUM(1)", "CON", "aux.txt", "trailing.", "<script>alert(1)</script>", "**b** [l](javascript:x)",
    "\\input{x}", "'; DROP TABLE runs;--", '"', "a b", "é", "e\u0301", "\U0001f680", "\u65e5\u672c", "\u0645\u0631", "nan",
    "null", "007", "abc", "ABC", "%s", "{x}", "a,b", "latest", "x" * 200,
]  # fmt: skip
UNSEEN = ["A\u202egpj.exe", "AB\u200bC", "\U0001f469\u200d\U0001f680", "A\ufeffB"]
CONTROL = ["a\nb", "a\tb", "\x1b[31mred", "\x9b31m", "a\x7fb", "a\0b"]
HALF = "half\ud800"
LONG = "x" * 10_000
EVERY = [*PLAIN, *UNSEEN, *CONTROL, HALF, LONG]

MINI = {
    "mode": "backtest",
    "data": {
        "data_source_type": "sample",
        "tickers": ["IBM"],
        "start_date": "2012-01-03",
        "end_date": "2012-02-29",
        "adjustment": "raw",
    },
    "strategy": {"strategy_type": "constant_leverage"},
}


def files_below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A folder with a home of one completed run, and that run's id."""
    folder = tmp_path_factory.mktemp("words")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QLOP_CONFIG_DIR", str(folder / "configuration"))
        patch.chdir(folder)
        yield folder, run({**MINI, "title": "plain"}, home=folder / "home").run_id


def test_no_name_is_a_run_s_but_its_id(used):
    folder, _ = used
    before = files_below(folder)
    workbench = open_workbench(folder / "home")
    for name in EVERY:
        with pytest.raises(RunIdError) as refused:
            run(MINI, home=folder / "home", run_id=name)
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 250
        if name != "latest":
            for ask in (find_run, show_run, delete_run, restore_run):
                with pytest.raises(QlopError):
                    ask(workbench, name)
    assert files_below(folder) == before


@pytest.mark.parametrize("name", [*PLAIN, *UNSEEN])
def test_tags_and_notes_come_back_and_find_their_run(used, name):
    folder, run_id = used
    workbench = open_workbench(folder / "home")
    annotate_run(workbench, run_id, tags=[name], notes=f"{name}\n{name}")
    record = show_run(workbench, run_id).row.record
    assert (list(record.tags), record.notes) == ([name], f"{name}\n{name}")
    assert [row.run_id for row in list_runs(workbench, tag=name)] == [run_id]
    assert [row.run_id for row in list_runs(workbench, text=name)] == [run_id]
    assert list_runs(workbench, tag=f"{name}x") == []


@pytest.mark.parametrize("name", [*CONTROL, HALF])
def test_tags_that_hold_more_than_a_line_of_text_are_refused_and_the_old_ones_stay(used, name):
    folder, run_id = used
    workbench = open_workbench(folder / "home")
    annotate_run(workbench, run_id, tags=["old"], notes="old")
    with pytest.raises(UsageError, match=r"Tag .* holds U\+") as refused:
        annotate_run(workbench, run_id, tags=[name], notes="new")
    assert str(refused.value).isprintable()
    record = show_run(workbench, run_id).row.record
    assert (list(record.tags), record.notes) == (["old"], "old")


def test_a_note_may_be_long_and_of_many_lines_and_hold_no_half_character(used):
    folder, run_id = used
    workbench = open_workbench(folder / "home")
    for note in (LONG, "a\nb\tc\r\nd", "\x1b[31mred"):
        annotate_run(workbench, run_id, notes=note)
        assert show_run(workbench, run_id).row.record.notes == note
    for note in (HALF, "a\0b"):
        with pytest.raises(UsageError, match="The note"):
            annotate_run(workbench, run_id, notes=note)


@pytest.mark.parametrize("name", [HALF, "a\0b", LONG])
def test_a_search_for_what_no_text_holds_finds_nothing(used, name):
    folder, _ = used
    workbench = open_workbench(folder / "home")
    assert list_runs(workbench, text=name * 2) == []
    assert list_runs(workbench, tag=name) == []
    assert list_runs(workbench, mode=name) == []


def test_titles_are_kept_or_refused_by_name():
    for title in [*PLAIN, *UNSEEN]:
        assert parse_config({"title": title}, "config.yaml").title == title
    for title in [*CONTROL, HALF, LONG]:
        with pytest.raises(ConfigError, match="title") as refused:
            parse_config({"title": title}, "config.yaml")
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 300


def test_a_title_comes_back_from_a_run_its_list_and_its_tables(used):
    folder, _ = used
    home = folder / "titled"
    title = "=1+1 <script> ../x %s \U0001f469\u200d\U0001f680 A\u202egpj"
    run_id = run({**MINI, "title": title}, home=home).run_id
    workbench = open_workbench(home)
    assert show_run(workbench, run_id).row.title == title
    assert [row.title for row in list_runs(workbench, text="<script> ../x %s")] == [title]
    table = pd.DataFrame({"title": [title], "=column": [1.0]})
    assert csv_bytes(table).decode("utf-8-sig").splitlines()[:2] == ["title,'=column", f"'{title},1.0"]
    assert excel_bytes(table).startswith(b"PK")


def test_artifacts_may_bear_names_that_any_system_takes():
    refused = [name for name in EVERY if name not in {"nan", "null", "007", "abc", "ABC", "latest"}]
    for name in refused:
        with pytest.raises(StoreError, match="not allowed") as told:
            check_artifact_name(name)
        assert str(told.value).isprintable()
        assert len(str(told.value)) < 320
    for name in ("con", "Nul.parquet", "COM1", "lpt9.txt", "a."):
        with pytest.raises(StoreError, match="not allowed"):
            check_artifact_name(name)
    for name in ("console", "nullable.txt", "com10", "a.b", "null"):
        assert check_artifact_name(name) == name


def test_plugins_steps_and_baselines_are_refused_by_their_place():
    for name in [*PLAIN, *UNSEEN, *CONTROL, LONG]:
        step = {"name": name, "feature_step_type": "returns"}
        if not (name.isascii() and name.isalnum() and name.islower()) or name[0].isdigit() or len(name) > 60:
            with pytest.raises(ConfigError, match=r"features\.0\.name|features\[0\]\.name"):
                parse_config({"features": [step]}, "config.yaml")
            with pytest.raises(ConfigError, match=r"backtest\.baselines"):
                parse_config({"backtest": {"baselines": {name: {"strategy_type": "x"}}}}, "config.yaml")


def test_a_plugin_that_nobody_has_is_refused_by_its_name(used):
    folder, _ = used
    before = files_below(folder)
    for name in [
        "../x",
        "..%2f",
        "=cmd()",
        "CON",
        "sample\n",
        "a\0b",
        "A\u202egpj.exe",
        "os",
        "__init__",
        "_own_prices",
    ]:
        with pytest.raises(QlopError) as refused:
            run({**MINI, "data": {**MINI["data"], "data_source_type": name}}, home=folder / "home")
        assert all(line.isprintable() for line in str(refused.value).split("\n"))
    assert files_below(folder) == before


@pytest.mark.parametrize("name", [*PLAIN, *UNSEEN, *CONTROL, LONG])
def test_a_file_s_column_may_bear_any_name(tmp_path, name):
    bar = {"date": ["2024-01-02"], "open": [10.0], "high": [12.0], "low": [9.0], name: [11.0], "volume": [1.0]}
    rows = pd.DataFrame(bar)
    rows.to_parquet(tmp_path / "AAA.parquet", index=False)
    rows.to_csv(tmp_path / "BBB.csv", index=False)
    for ticker in ("AAA.parquet", "BBB.csv"):
        path = str(tmp_path / ticker)
        panel = Files("files", Files.Params(path=path, columns={"close": name})).load_data(None, None, None, "1d")
        assert panel["close"].tolist() == [11.0]


@pytest.mark.parametrize("name", [name for name in [*PLAIN, *UNSEEN, *CONTROL] if not {"/", "\0"} & set(name)])
def test_a_config_file_may_bear_any_name_and_errors_name_it(tmp_path, name):
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(MINI), encoding="utf-8")
    assert load_config(path).mode == "backtest"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert name in str(refused.value)


@pytest.mark.parametrize(
    "name", ["%20", "?mode=ro", "#x", "a b é \U0001f680", "a:b@c", "'; DROP--", "\x1b[31mred", "~", "CON"]
)
def test_a_home_of_any_name_holds_its_own_runs(tmp_path, monkeypatch, name):
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "homes" / name
    outcome = run(MINI, home=home)
    assert Path(outcome.folder).is_relative_to(home)
    workbench = open_workbench(home)
    annotate_run(workbench, outcome.run_id, tags=["mine"])
    assert [row.run_id for row in list_runs(workbench, tag="mine")] == [outcome.run_id]
    assert (home / "runs.sqlite").is_file()
    assert [path.name for path in (tmp_path / "homes").iterdir()] == [name]
    assert {path.name for path in tmp_path.iterdir()} <= {"homes", "configuration"}


@pytest.mark.parametrize("name", ["a\0b", LONG])
def test_a_home_that_no_disk_can_hold_is_refused(tmp_path, name):
    with pytest.raises(QlopError, match=r"home folder|homes"):
        run(MINI, home=tmp_path / name, run_id=new_run_id())
