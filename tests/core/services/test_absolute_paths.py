"""Paths of a config that runs: the same files in whatever folder it is read, and the runs that they lie in are known."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pandas as pd
import pytest
import qlop
from pydantic import Field, FilePath, SecretStr

from core.base.form_schema import form_schema
from core.base.identifiers import new_run_id
from core.config.loader import parse_config
from core.services.absolute_paths import with_absolute_paths
from core.services.draft import check_draft
from core.services.params_json import params_json
from core.services.presets import preset_config
from core.services.prune_runs import PruneRules, plan_prune
from core.services.python_run import run
from core.services.rerun import rerun
from core.services.resolve import resolve_config
from core.services.workbench import open_workbench
from core.store.run_folder import RunFolder
from core.store.run_session import open_run


class Inner(qlop.Params):
    """A part of parameters."""

    place: qlop.LocalPath = Field(default="inner", description="A path.")


class Places(qlop.Params):
    """Parameters with paths in every place that a type may have."""

    path: qlop.LocalPath = Field(min_length=1, description="A path.")
    maybe: qlop.LocalPath | None = Field(default=None, description="A path or none.")
    listed: tuple[qlop.LocalPath, ...] = Field(default=(), description="Paths.")
    named: dict[str, qlop.LocalPath] = Field(default_factory=dict, description="Paths by name.")
    inner: Inner = Field(default=Inner(), description="A part.")
    parts: list[Annotated[Inner, Field(description="A part.")]] = Field(default_factory=list, description="Parts.")
    of_pydantic: Path | None = Field(default=None, description="A path of the standard library.")
    there: FilePath | None = Field(default=None, description="A file.")
    key: SecretStr = Field(default=SecretStr(""), description="A secret.")
    text: str = Field(default="a/b", description="No path.")


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def absolute(workbench, **values):
    params = Places.model_validate(values)
    return with_absolute_paths(params_json(params), params, workbench.registry())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("prices.csv", "HERE/prices.csv"),
        ("./prices/*.csv", "HERE/prices/*.csv"),
        ("lake/**/*.parquet", "HERE/lake/**/*.parquet"),
        ("../prices", "HERE/../prices"),
        (".", "HERE"),
        ("/data/prices.csv", "/data/prices.csv"),
        ("~/prices", "HOME/prices"),
        ("~nobody-of-that-name/prices", "~nobody-of-that-name/prices"),
        ("https://example.com/prices.csv", "https://example.com/prices.csv"),
    ],
)
def test_a_relative_path_becomes_absolute_and_stays_the_pattern_that_it_is(
    workbench, here, monkeypatch, written, expected
):
    monkeypatch.setenv("HOME", "/home/of/somebody")
    expected = expected.replace("HERE", str(here)).replace("HOME", "/home/of/somebody")
    assert absolute(workbench, path=written)["path"] == expected


def test_paths_are_found_wherever_a_type_may_hold_them_and_other_texts_are_left(workbench, here):
    (here / "there").touch()
    found = absolute(
        workbench,
        path="a",
        maybe="b",
        listed=["c", "/d"],
        named={"one": "e"},
        parts=[{"place": "f"}, {}],
        of_pydantic="g",
        there="there",
        key="file:secret",
    )
    assert found == {
        "path": f"{here}/a",
        "maybe": f"{here}/b",
        "listed": [f"{here}/c", "/d"],
        "named": {"one": f"{here}/e"},
        "inner": {"place": f"{here}/inner"},
        "parts": [{"place": f"{here}/f"}, {"place": f"{here}/inner"}],
        "of_pydantic": f"{here}/g",
        "there": f"{here}/there",
        "key": f"file:{here}/secret",
        "text": "a/b",
    }
    assert absolute(workbench, path="/a", key="env:KEY")["key"] == "env:KEY"
    assert form_schema(Places)["properties"]["path"]["format"] == "path"


def test_without_a_working_folder_a_path_stays_as_written(workbench, tmp_path, monkeypatch):
    registry, params, gone = workbench.registry(), Places(path="prices.csv"), tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        assert with_absolute_paths(params_json(params), params, registry)["path"] == "prices.csv"
    finally:
        os.chdir(tmp_path)


def resolved(workbench, **sections):
    config = parse_config({**preset_config("leverage_opportunity"), **sections}, "config")
    return resolve_config(config, workbench.registry(), "config").model_dump(mode="json")


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"data_source_type": "files", "data_source_params": {"path": "p/*.csv"}}, {"path": "HERE/p/*.csv"}),
        ({"data_source_type": "parquet_lake", "data_source_params": {"path": "lake"}}, {"path": "HERE/lake"}),
        (
            {"data_source_type": "sql", "data_source_params": {"sqlite_file": "sqlite:///p.db", "table": "t"}},
            {"sqlite_file": "HERE/p.db"},
        ),
        (
            {"data_source_type": "sql", "data_source_params": {"url": "file:secret", "table": "t"}},
            {"url": "file:HERE/secret"},
        ),
    ],
)
def test_each_source_that_reads_files_is_written_with_absolute_paths(workbench, here, section, expected):
    data = {**preset_config("leverage_opportunity")["data"], **section}
    found = resolved(workbench, data=data)["data"]["data_source_params"]
    assert {name: found[name] for name in expected} == {
        name: value.replace("HERE", str(here)) for name, value in expected.items()
    }


def test_sinks_and_the_members_of_an_ensemble_are_written_with_absolute_paths(workbench, here):
    members = [{"model_type": "linear"}, {"model_type": "onnx", "model_params": {"path": "desk.onnx"}}]
    found = resolved(
        workbench,
        model={"model_type": "ensemble", "model_params": {"members": members}},
        sinks=[{"sink_type": "csv", "sink_params": {"folder": "results"}}],
    )
    assert found["model"]["model_params"]["members"][1]["model_params"] == {"path": f"{here}/desk.onnx"}
    assert found["sinks"][0]["sink_params"]["folder"] == f"{here}/results"


def test_a_draft_shows_the_absolute_path_that_its_run_gets(workbench, here):
    data = {**preset_config("leverage_opportunity")["data"], "tickers": ["ACME"]}
    (here / "prices.csv").write_text("timestamp,close\n2024-01-02,1.0\n", encoding="utf-8")
    data |= {"data_source_type": "files", "data_source_params": {"path": "prices.csv"}}
    checked = check_draft(workbench, {**preset_config("leverage_opportunity"), "data": data})
    assert checked.problems == ()
    assert f"path: {here}/prices.csv" in checked.yaml_text


def ended_run(workbench, mode, config):
    session = open_run(workbench.home, new_run_id(), {**config, "mode": mode}, {})
    with suppress(ValueError), session:
        session.save_text("much.txt", "x")
    return RunFolder.open(workbench.home, session.run_id)


@pytest.mark.parametrize("written", ["model.onnx", "../RUN/artifacts/model.onnx", "./artifacts/../model.onnx"])
def test_a_model_named_by_a_relative_path_inside_a_runs_folder_keeps_that_run(workbench, monkeypatch, written):
    exported = ended_run(workbench, "export", {})
    monkeypatch.chdir(exported.path)
    model = {"model_type": "onnx", "model_params": {"path": written.replace("RUN", exported.run_id)}}
    kept = ended_run(workbench, "train", {"model": resolved(workbench, model=model)["model"]})
    plan = plan_prune(workbench, PruneRules(modes=("export",)), datetime.now(UTC))
    assert plan.going == ()
    assert [stays.row.run_id for stays in plan.staying] == [exported.run_id]
    assert f"run {kept.run_id}, which is kept, comes from it (model.model_params.path)" in plan.staying[0].reason


def test_a_run_is_repeated_from_another_folder_and_its_config_file_is_left_as_it_is(
    workbench, here, tmp_path, monkeypatch
):
    days = pd.bdate_range("2024-01-01", periods=30)
    (here / "prices").mkdir()
    prices = dict.fromkeys(("open", "high", "low", "close"), 100.0 + days.day_of_week)
    bars = pd.DataFrame({"timestamp": days, **prices, "volume": 1_000})
    bars.to_csv(here / "prices" / "ACME.csv", index=False)
    written = {
        "mode": "inspect_data",
        "data": {
            "data_source_type": "files",
            "data_source_params": {"path": "prices/*.csv", "no_corporate_actions": True},
        },
    }
    (here / "mine.json").write_text(json.dumps(written), encoding="utf-8")
    first = run(here / "mine.json", home=workbench.home.path)
    config = RunFolder.open(workbench.home, first.run_id).config()
    assert config["data"]["data_source_params"]["path"] == f"{here}/prices/*.csv"
    assert json.loads((here / "mine.json").read_text()) == written
    monkeypatch.chdir(tmp_path)
    assert rerun(workbench, first.run_id, observer=lambda _event: None).is_identical
