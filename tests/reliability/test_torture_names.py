"""Instruments with names that try to be paths, formulas, markup or queries go through whole runs.

Each comes back equal from everything that a run makes, or is refused by name, and no file lies outside of the folders
that were named.
"""

import csv
import html
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.base.errors import ConfigError, DataError
from core.base.ticker_names import ticker_fault
from core.config.loader import parse_config
from core.services.artifact_archive import archive_artifacts
from core.services.python_run import run
from core.services.workbench import open_workbench
from core.store.bar_cache import BarCache
from core.ui.tear_sheet.html_report import html_report
from plugins.data_sources.files import Files
from plugins.data_sources.parquet_lake import ParquetLake
from plugins.data_sources.sql import Sql

REPOSITORY = Path(__file__).parents[2]

KEPT = [
    *"""
../x ../../../../etc/passwd ..%2f ..\\x /etc/passwd C:\\x a/b . .. ... ~ $HOME %PATH% %00 %20 ?mode=ro # a=b
=cmd() =1+1 +1 -1 --help @SUM(1) '=1 CON NUL con aux.txt LPT1 COM1.log trailing. <script>alert(1)</script>
<img/src=x/onerror=alert(1)> **bold** [link](javascript:alert(1)) \\input{x}$x$ ';DROP/**/TABLE/**/runs;-- "quoted"
a,b a;b a|b ticker timestamp nan NaN NA None null true 1 1.0 007 1e5 abc ABC Abc {x} {0} %s %(x)s :red[x] &amp; !!python/x
é e\u0301 \u212b \u00c5 \ufb01 fi \u0391 A \u65e5\u672c \u0645\u0631\u062d\u0628\u0627 \U0001f680 ____ __class__
""".split(),  # noqa: SIM905 - a list of quoted texts would hide them
    "a b",
    "a  b",
    "x" * 64,
]

REFUSED = {
    "too long": "x" * 10_000,
    "just too long": "x" * 65,
    "NUL": "a\0b",
    "line": "a\nb",
    "tab inside": "a\tb",
    "return": "a\rb",
    "terminal escape": "\x1b[31mred",
    "terminal title": "\x1b]0;owned\x07",
    "C1 escape": "\x9b31m",
    "delete": "a\x7fb",
    "right to left": "A\u202egpj.exe",
    "isolate": "A\u2066B",
    "zero width": "AB\u200bC",
    "soft hyphen": "AB\u00adC",
    "byte order mark": "A\ufeffB",
    "joined emoji": "\U0001f469\u200d\U0001f680",
    "line separator": "a\u2028b",
}
TRIMMED = {"tab": "\tACME", "space": " ACME ", "hard space": "ACME\u00a0"}
NOT_TEXT = {"blank": " ", "empty": "", "lone surrogate": "half\ud800", "white": "\u3000"}

N_BARS = 60
RETURNS = {"name": "ret", "feature_step_type": "returns"}


def rows_of(names, n_bars=N_BARS):
    days = pd.bdate_range("2020-01-01", periods=n_bars).strftime("%Y-%m-%d")
    parts = []
    for number, name in enumerate(names):
        close = 100.0 * np.exp(np.cumsum(np.random.default_rng(number).normal(0.0, 0.01, n_bars)))
        prices = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close, "volume": 1_000.0}
        parts.append(pd.DataFrame({"date": days, "ticker": name, **prices}))
    return pd.concat(parts, ignore_index=True)


def write_csv(path, rows):
    rows.to_csv(path, index=False, quoting=csv.QUOTE_ALL, quotechar='"')
    return path


def files_below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def config_of(folder, path):
    out = [{"sink_type": kind, "sink_params": {"folder": str(folder / f"out_{kind}")}} for kind in ("csv", "json")]
    return {
        "mode": "pipeline",
        "title": "=1+1 <script>alert(1)</script>",
        "thread_count": 1,
        "data": {
            "data_source_type": "files",
            "data_source_params": {"path": str(path), "no_corporate_actions": True},
            "adjustment": "raw",
        },
        "features": [RETURNS],
        "label": {"labeler_type": "direction", "labeler_params": {"horizon_bars": 1}},
        "model": {"model_type": "linear"},
        "splits": {"train_bars": 30, "test_bars": 20},
        "strategy": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 0.5}},
        "broker": {"broker_type": "flat", "broker_params": {"base_rate_annual": 0.0}},
        "sinks": [*out, {"sink_type": "parquet", "sink_params": {"folder": str(folder / "out_parquet")}}],
    }


@pytest.fixture(scope="module")
def tortured(tmp_path_factory):
    """A folder with a completed run of all names that are kept, its outcome, and what lay there before."""
    # Within one of its own: other tests may write beside that one meanwhile.
    folder = tmp_path_factory.mktemp("around") / "tortured"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QLOP_CONFIG_DIR", str(folder / "configuration"))
        patch.chdir(folder)
        path = write_csv(folder / "prices.csv", rows_of(KEPT))
        before = files_below(folder.parent)
        outcome = run(config_of(folder, path), home=folder / "home")
        data = config_of(folder, path)["data"]
        run({"mode": "inspect_data", "data": data, "features": [RETURNS]}, home=folder / "home")
        yield folder, outcome, before


@pytest.fixture
def workbench(tortured):
    return open_workbench(tortured[0] / "home")


def test_the_names_are_as_many_as_they_seem_and_the_rule_tells_them_apart():
    assert len(set(KEPT)) == len(KEPT)
    assert not [name for name in KEPT if ticker_fault(name)]
    assert all(ticker_fault(name) for name in [*REFUSED.values(), *TRIMMED.values(), *NOT_TEXT.values()])


@pytest.mark.parametrize("table", ["predictions", "trades", "fills", "exposures"])
def test_a_run_keeps_every_name_as_it_is(tortured, table):
    _, outcome, _ = tortured
    held = pd.read_parquet(outcome.folder / "artifacts" / f"{table}.parquet").reset_index()
    assert set(held["ticker"]) == set(KEPT)


def test_sinks_write_every_name_and_no_formula(tortured):
    folder, _, _ = tortured
    opens = ("=", "+", "-", "@")
    expected = {f"'{name}" if name.startswith(opens) else name for name in KEPT}
    for table in ("predictions", "trades", "fills"):
        with (folder / "out_csv" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            cells = list(csv.DictReader(file))
        assert {row["ticker"] for row in cells} == expected
        records = json.loads((folder / "out_json" / f"{table}.json").read_text(encoding="utf-8"))
        assert {record["ticker"] for record in records} == set(KEPT)
        assert set(pd.read_parquet(folder / "out_parquet" / f"{table}.parquet")["ticker"]) == set(KEPT)


def test_no_file_lies_outside_of_the_folders_that_were_named(tortured):
    folder, _, before = tortured
    made = files_below(folder.parent) - before
    named = tuple(f"{folder.name}/{place}" for place in ("home", "configuration", "out_csv", "out_json", "out_parquet"))
    assert [path for path in made if not path.startswith(named)] == []
    assert all(path.isascii() and path.isprintable() for path in made)


def test_logs_and_the_terminal_get_no_control_character(tortured):
    folder, outcome, _ = tortured
    log = (outcome.folder / "events.jsonl").read_text(encoding="utf-8")
    assert all(line.isprintable() for line in log.split("\n"))
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "QLOP_HOME": str(folder / "home")}
    for words in (["show"], ["show", "--log"], ["compare", outcome.run_id, outcome.run_id[:8]]):
        command = [sys.executable, "-P", "-m", "core.cli.main", "runs", *words]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert all(line.isprintable() for line in f"{told.stdout}{told.stderr}".split("\n"))
        assert told.stdout if words[0] == "show" else told.stderr


def test_the_report_shows_names_as_text_and_runs_none(tortured, workbench):
    report = html_report(workbench, tortured[1].run_id).decode("utf-8")
    assert "<script>alert" not in report
    assert "<img/src" not in report
    assert html.escape("=1+1 <script>alert(1)</script>") in report


def test_the_model_leaves_as_an_archive_whose_names_stay_inside(tortured, workbench):
    packed = archive_artifacts(workbench, tortured[1].run_id, "model")
    assert packed.startswith(b"PK")


@pytest.mark.parametrize("page", ["run.py", "data.py"])
def test_the_screens_show_them_and_each_can_be_chosen(tortured, monkeypatch, page):
    folder, outcome, _ = tortured
    monkeypatch.setenv("QLOP_HOME", str(folder / "home"))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(folder / "configuration"))
    app = AppTest.from_file(str(REPOSITORY / "pages" / page), default_timeout=60)
    app.query_params["run"] = outcome.run_id
    app.run()
    assert not app.exception
    chooser = next(box for box in app.selectbox if box.label == "Ticker")
    assert sorted(chooser.options) == sorted(KEPT)
    for name in ("../x", "<script>alert(1)</script>", "timestamp"):
        next(box for box in app.selectbox if box.label == "Ticker").set_value(name).run()
        assert not app.exception
    # What a page draws as Markdown or HTML has its signs taken away; only elements of plain text hold them.
    drawn = [block.value for block in app.markdown] + [block.proto.body for block in app.get("html")]
    assert not any("<script>alert" in text or "(javascript:" in text for text in drawn)


def test_a_file_for_each_ticker_bears_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    possible = [name for name in KEPT if "/" not in name and name not in {".", "..", "..."} and name[0] != "~"]
    folder = tmp_path / "prices"
    folder.mkdir()
    for name in possible:
        write_csv(folder / f"{name}.csv", rows_of([name], 3).drop(columns="ticker"))
    panel = Files("files", Files.Params(path=str(folder))).load_data(None, None, None, "1d")
    assert set(panel.index.unique("ticker")) == set(possible)
    one = Files("files", Files.Params(path=str(folder))).load_data(["=cmd()"], None, None, "1d")
    assert one.index.unique("ticker").tolist() == ["=cmd()"]


def csv_source(folder, rows):
    return Files("files", Files.Params(path=str(write_csv(folder / "p.csv", rows)))), "p.csv, line 4"


def parquet_source(folder, rows):
    rows.to_parquet(folder / "p.parquet", index=False)
    return Files("files", Files.Params(path=str(folder / "p.parquet"))), "p.parquet, row 3"


def lake_source(folder, rows):
    rows.to_parquet(folder / "lake.parquet", index=False)
    return ParquetLake("parquet_lake", ParquetLake.Params(path=str(folder / "lake.parquet"))), "lake.parquet, row 3"


def sql_source(folder, rows):
    with sqlite3.connect(folder / "p.db") as database:
        rows.to_sql("bars", database, index=False)
    database.close()
    return Sql("sql", Sql.Params(sqlite_file=str(folder / "p.db"), table="bars")), "row 3 of the answer"


SOURCES = [csv_source, parquet_source, lake_source, sql_source]


@pytest.mark.parametrize("make", SOURCES)
def test_every_source_gives_the_names_that_it_holds_and_finds_each(tmp_path, make):
    source, _ = make(tmp_path, rows_of(KEPT, 2))
    panel = source.load_data(None, None, None, "1d")
    assert set(panel.index.unique("ticker")) == set(KEPT)
    for name in ("../x", "=cmd()", "';DROP/**/TABLE/**/runs;--", "%s", "é", "e\u0301", "ABC"):
        assert source.load_data([name], None, None, "1d").index.unique("ticker").tolist() == [name]


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.parametrize("kind", REFUSED)
def test_every_source_refuses_the_rest_with_its_place(tmp_path, make, kind):
    rows = rows_of(["GOOD"], 4)
    rows.loc[2, "ticker"] = REFUSED[kind]
    source, place = make(tmp_path, rows)
    with pytest.raises(DataError) as refused:
        source.load_data(None, None, None, "1d")
    said = str(refused.value)
    # A cell with a line's end goes on in the next line.
    assert place.replace("line 4", "line 5" if kind in {"line", "return"} else "line 4") in said
    assert ticker_fault(REFUSED[kind]) in said
    assert said.isprintable()
    assert len(said) < 400 + len(str(tmp_path))


@pytest.mark.parametrize("kind", [*REFUSED, *TRIMMED, *NOT_TEXT])
def test_a_config_may_not_ask_for_what_is_refused(kind):
    name = {**REFUSED, **TRIMMED, **NOT_TEXT}[kind]
    with pytest.raises(ConfigError, match=r"data\.tickers\.0|data\.tickers\[0\]") as refused:
        parse_config({"data": {"data_source_type": "sample", "tickers": [name]}}, "config.yaml")
    assert all(line.isprintable() for line in str(refused.value).split("\n"))
    assert len(str(refused.value)) < 400


def test_the_cache_of_bars_keeps_each_name_apart(tmp_path):
    cache = BarCache(tmp_path, limit_bytes=10_000_000)
    names = [*KEPT, *REFUSED.values(), *TRIMMED.values()]
    for number, name in enumerate(names):
        cache.keep({"ticker": name}, pd.DataFrame({"close": [float(number)]}))
    assert [cache.read({"ticker": name})["close"].item() for name in names] == list(range(len(names)))
    stems = {path.stem for path in tmp_path.rglob("*") if path.is_file()}
    assert all(len(stem) == 64 and set(stem) <= set("0123456789abcdef") for stem in stems)
