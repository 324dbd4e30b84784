"""What a run's sinks refuse they refuse at the start; a later fault takes nothing from the run."""

import json

import pytest

from core.base.errors import ConfigError
from core.base.events import StatusPayload
from core.services.draft import check_draft
from core.services.run_mode import RunRequest, run_mode
from core.services.run_names import find_trained_run

MODES = ("backtest", "train", "pipeline", "inspect_data")


def with_sink(config, folder, **params):
    return {**config, "sinks": [{"sink_type": "csv", "sink_params": {"folder": str(folder), **params}}]}


def run_count(modes):
    return len(list(modes.workbench.home.runs_folder.iterdir()))


@pytest.mark.parametrize("mode", MODES)
def test_a_table_that_the_mode_does_not_give_is_refused_before_the_run(modes, trained, small, mode, tmp_path):
    before = run_count(modes)
    config = with_sink(small, tmp_path / "out", tables=["prediction"]) | {"mode": mode}
    config["backtest"] = {"predictions_run": trained.run_id}
    with pytest.raises(ConfigError, match=r"sinks\.0: There is no table 'prediction' to write; this run has "):
        modes.run(mode, config)
    assert run_count(modes) == before
    (problem,) = check_draft(modes.workbench, config).problems
    assert problem.path == ("sinks", 0)


@pytest.mark.parametrize("name", ["predictions.csv", "summary.txt"])
def test_a_file_that_is_there_is_refused_before_the_run_whatever_tables_are_named(modes, small, name, tmp_path):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ConfigError, match=rf"sinks\.0: .*{name} is there already"):
        modes.run("train", with_sink(small, tmp_path))
    assert (tmp_path / name).read_text() == "mine"


def test_a_sink_that_fails_after_the_work_leaves_a_run_that_can_be_used(modes, small, tmp_path):
    seen, blocked, free = [], tmp_path / "blocked", tmp_path / "free"

    def block_and_see(event):
        blocked.touch()
        seen.append(event.payload)

    sinks = with_sink(small, blocked)["sinks"] + with_sink(small, free)["sinks"]
    request = RunRequest(config={**small, "mode": "train", "sinks": sinks}, owns_process=False)
    outcome = run_mode(modes.workbench, request, observer=block_and_see)
    assert outcome.status == "completed"
    assert (outcome.folder / "metrics.json").is_file()
    assert find_trained_run(modes.workbench, outcome.run_id) == outcome.run_id
    assert (free / "predictions.csv").is_file()
    (error,) = [payload.message for payload in seen if getattr(payload, "level", "") == "error"]
    assert error.startswith("Sink 'csv' has failed: Results cannot be written into ")
    assert error.endswith("The run's own results are whole, in its folder")
    log = (outcome.folder / "events.jsonl").read_text().splitlines()
    assert "not all of its sinks have written. Sink 'csv' has failed" in log[-1]
    (fault,) = outcome.sink_faults
    assert error == f"{fault} The run's own results are whole, in its folder"
    assert json.loads(outcome.json_line())["sink_faults"] == [fault]
    assert all(payload.state != "failed" for payload in seen if isinstance(payload, StatusPayload))


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_tells_the_tables_that_its_result_holds(modes, trained, small, mode, tmp_path):
    config = with_sink(small, tmp_path / "out")
    if mode == "backtest":
        config["backtest"] = {"predictions_run": trained.run_id}
    outcome = modes.run(mode, config)
    assert outcome.status == "completed", outcome.error
    assert "sink_faults" not in json.loads(outcome.json_line())
    told = modes.workbench.registry().load("orchestrators", mode).tables
    assert {path.stem for path in (tmp_path / "out").glob("*.csv")} == told | {"metrics"}


def test_two_sinks_share_a_folder_and_its_summary(modes, small, tmp_path):
    second = {"sink_type": "json", "sink_params": {"folder": str(tmp_path / "out")}}
    config = with_sink(small, tmp_path / "out")
    outcome = modes.run("inspect_data", {**config, "sinks": [*config["sinks"], second]})
    assert outcome.status == "completed", outcome.error
    assert [event for event in modes.seen if getattr(event.payload, "level", "") == "error"] == []
    assert {"summary.txt", "metrics.csv", "metrics.json"} <= {path.name for path in (tmp_path / "out").iterdir()}
