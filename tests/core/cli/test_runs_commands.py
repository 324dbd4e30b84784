"""Runs that were: what lists, details, comparisons and the trash show."""

import json


def test_an_empty_home_says_what_to_do_and_creates_nothing(qlop):
    done = qlop.call("runs", "list")
    assert done.returncode == 0
    assert "No runs yet. Start one with: qlop demo" in done.stdout
    assert not qlop.home.exists()


def test_lists_and_details_show_the_run(used):
    qlop, outcome = used
    listed = json.loads(qlop.call("runs", "list", "--json").stdout)
    assert outcome["run_id"] in {row["run_id"] for row in listed}
    shown = qlop.call("runs", "show", outcome["run_id"][:8])
    assert outcome["run_id"] in shown.stdout
    assert "A small run" in shown.stdout


def test_runs_are_filtered_by_state_and_mode(used):
    qlop, outcome = used
    assert json.loads(qlop.call("runs", "list", "--state", "failed", "--json").stdout) == []
    rows = json.loads(qlop.call("runs", "list", "--mode", "pipeline", "--json").stdout)
    assert outcome["run_id"] in {row["run_id"] for row in rows}


def test_a_comparison_shows_config_and_figures_that_differ(used):
    qlop, outcome = used
    other = qlop.json("run", "pipeline", "-c", qlop.config, "--set", "splits.train_bars=450")
    comparison = qlop.json("runs", "compare", outcome["run_id"], other["run_id"])
    assert {row["path"]: row["values"] for row in comparison["config"]} == {"splits.train_bars": [400, 450]}
    assert comparison["environment"] == []
    figures = {row["path"]: row["values"] for row in comparison["metrics"]}
    assert figures["brier"] == [outcome["metrics"]["brier"], other["metrics"]["brier"]]
    text = qlop.call("runs", "compare", outcome["run_id"], other["run_id"]).stdout
    assert "splits.train_bars" in text


def test_comparing_one_run_is_refused(used):
    qlop, outcome = used
    done = qlop.call("runs", "compare", outcome["run_id"])
    assert done.returncode == 2
    assert "compare takes two to ten runs; found 1" in done.stderr


def test_a_deleted_run_comes_back_from_the_trash(used):
    qlop, _ = used
    run_id = qlop.json("backtest", "-c", qlop.config, "--set", "strategy.strategy_type=constant_leverage")["run_id"]
    assert qlop.call("runs", "delete", run_id).returncode == 0
    gone = qlop.call("runs", "show", run_id)
    assert gone.returncode == 1
    assert "Traceback" not in gone.stderr
    assert qlop.call("runs", "restore", run_id).returncode == 0
    assert qlop.json("runs", "show", run_id)["state"] == "completed"


def test_a_lost_index_is_rebuilt_from_the_folders(used):
    qlop, outcome = used
    for leftover in qlop.home.glob("runs.sqlite*"):
        leftover.unlink()
    report = qlop.json("runs", "reindex")
    assert report["run_count"] == len(qlop.run_folders())
    assert qlop.json("runs", "show", outcome["run_id"])["metrics"] == outcome["metrics"]


def test_an_unknown_run_is_answered_with_the_way_to_the_list(qlop):
    done = qlop.call("runs", "show", "5b0c9d1e-8f0a-4b7e-9b53-3f1f6f0d2a11")
    assert done.returncode == 1
    assert "qlop runs list" in done.stderr
