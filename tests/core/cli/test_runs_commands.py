"""Runs that were: what lists, details, comparisons and the trash show."""

import json
import subprocess
import time
from pathlib import Path

import pytest


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
    gone = qlop.call("runs", "show", run_id[:8])
    assert gone.returncode == 2
    assert f"Run {run_id} lies in the trash. Bring it back with: qlop runs restore {run_id}" in gone.stderr
    deleted = json.loads(qlop.call("runs", "list", "--deleted", "--json").stdout)
    assert [row["run_id"] for row in deleted] == [run_id]
    assert qlop.call("runs", "restore", run_id[:8].upper()).returncode == 0
    assert "The trash is empty." in qlop.call("runs", "list", "--deleted").stdout
    assert qlop.json("runs", "show", run_id)["state"] == "completed"


def test_deleting_a_run_tells_which_runs_were_made_from_it(used):
    qlop, outcome = used
    source = outcome["run_id"]
    made = qlop.json("backtest", "-c", qlop.config, "--run", source)["run_id"]
    done = qlop.call("runs", "delete", source)
    assert done.returncode == 0
    assert f"qlop: runs that are left were made from it, 1 in all: {made}" in done.stderr
    assert qlop.call("runs", "restore", source).returncode == 0
    assert "made from it" not in qlop.call("runs", "delete", made).stderr
    assert qlop.call("runs", "restore", made).returncode == 0


def test_a_lost_index_is_rebuilt_from_the_folders(used):
    qlop, outcome = used
    for leftover in qlop.home.glob("runs.sqlite*"):
        leftover.unlink()
    report = qlop.json("runs", "reindex")
    assert report["run_count"] == len(qlop.run_folders())
    assert qlop.json("runs", "show", outcome["run_id"])["metrics"] == outcome["metrics"]


def test_an_unknown_run_is_answered_with_the_way_to_the_list(qlop):
    done = qlop.call("runs", "show", "5b0c9d1e-8f0a-4b7e-9b53-3f1f6f0d2a11")
    assert done.returncode == 2
    assert "qlop runs list" in done.stderr


def test_a_filter_that_nothing_passes_is_no_empty_home(used):
    qlop, _ = used
    assert (
        qlop.call("runs", "list", "--mode", "nothere").stdout == "No run matches. See them all with: qlop runs list\n"
    )


def test_notes_and_tags_are_written_and_found(used):
    qlop, outcome = used
    run_id = outcome["run_id"]
    assert qlop.call("runs", "tag", run_id, "live", "best").stdout == f"Run {run_id} has the tags: best, live\n"
    assert f"Run {run_id} bears the note: look again" in qlop.call("runs", "note", run_id, "look again").stdout
    tagged = json.loads(qlop.call("runs", "list", "--tag", "live", "--json").stdout)
    assert [(row["run_id"], row["tags"], row["notes"]) for row in tagged] == [(run_id, ["best", "live"], "look again")]
    assert json.loads(qlop.call("runs", "list", "--tag", "liv", "--json").stdout) == []
    assert "has no tags" in qlop.call("runs", "tag", run_id).stdout
    assert "bears no note" in qlop.call("runs", "note", run_id, "").stdout


def test_the_help_of_every_command_fits_into_80_columns(qlop):
    for group in ((), ("runs",), ("plugins",)):
        shown = subprocess.run(
            qlop.command(*group, "--help"),
            cwd=qlop.folder,
            env={**qlop.environment(), "PYTHONPATH": str(Path(__file__).parents[3]), "COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert "..." not in shown.partition("Commands:")[2]
        assert max(map(len, shown.splitlines())) <= 80


def test_a_failed_run_shows_the_end_of_its_log_and_the_whole_of_it(qlop):
    folder = qlop.folder / ".qlop" / "plugins"
    (folder / "orchestrators").mkdir(parents=True)
    (folder / "orchestrators" / "faulty.py").write_text(FAULTY, encoding="utf-8")
    qlop.call("plugins", "trust", folder)
    done = qlop.call("run", "faulty", "-c", qlop.config)
    assert done.returncode == 1
    assert "--log" in done.stderr
    shown = qlop.call("runs", "show").stdout
    assert "ZeroDivisionError: division by zero" in shown
    assert "return 1 / 0" in shown
    assert "line 1 of" not in shown
    assert "line 59 of\\u001b[31m" in shown
    assert "rerun" not in shown
    assert "The whole log: qlop runs show " in shown
    log = qlop.call("runs", "show", "--log").stdout
    assert "running: The run has started." in log
    assert "line 1 of" in log
    assert "failed: The run has failed. ZeroDivisionError" in log
    assert "\x1b" not in log


@pytest.mark.parametrize("ending", ["failed", "crashed"])
def test_a_run_that_made_nothing_is_not_rerun_and_the_way_on_is_told(qlop, ending):
    """The advice is a command that works once the cause is gone."""
    if ending == "failed":
        qlop.call("backtest", "-c", qlop.config, *RULE, "--set", "data.tickers=[AAPL, IMB]")
    else:
        process = qlop.start("run", "pipeline", "-c", qlop.config, "--set", "splits.test_bars=2")
        while not any((folder.name[0] != ".") for folder in qlop.run_folders()):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.kill()
        process.communicate()
    done = qlop.call("runs", "rerun", "latest")
    assert done.returncode == 2
    assert f"has {ending}, so there is nothing to compare a rerun with. Start it anew with its config" in done.stderr
    assert len(qlop.run_folders()) == 1
    (folder,) = qlop.run_folders()
    assert f"--config {folder}/config.json" in done.stderr


def test_a_damaged_run_is_named_once_and_goes_where_its_advice_says(qlop):
    kept = qlop.json("backtest", "-c", qlop.config, *RULE)["run_id"]
    damaged = qlop.json("backtest", "-c", qlop.config, *RULE)["run_id"]
    (qlop.home / "runs" / damaged / "events.jsonl").write_text("no event\n", encoding="utf-8")
    (qlop.home / "runs.sqlite").unlink()
    listed = qlop.call("runs", "list")
    assert kept in listed.stdout
    (line,) = listed.stderr.splitlines()
    assert line.startswith(f"Run {damaged} cannot be read: ")
    assert "run_id=" not in line
    advice = f"qlop runs delete {damaged}"
    assert advice in line
    assert qlop.call(*advice.split()[1:]).returncode == 0
    assert qlop.call("runs", "list").stderr == ""


def test_a_run_without_room_for_its_last_words_is_never_shown_as_running(qlop):
    """`ulimit -f` lets no file grow beyond 64 kB, as a disk that is full."""
    folder = qlop.folder / ".qlop" / "plugins"
    (folder / "orchestrators").mkdir(parents=True)
    (folder / "orchestrators" / "filling.py").write_text(FILLING, encoding="utf-8")
    qlop.call("plugins", "trust", folder)
    qlop.call("runs", "reindex")
    limited = ["sh", "-c", 'ulimit -f 128; exec "$@"', "sh"]
    environment = {**qlop.environment(), "PYTHONPATH": str(Path(__file__).parents[3])}

    def call(*arguments):
        return subprocess.run(
            [*limited, *qlop.command(*arguments)],
            cwd=qlop.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    done = call("run", "filling", "-c", str(qlop.config), "--json")
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1
    assert outcome["status"] == "crashed"
    assert "events.jsonl cannot be written" in outcome["error"]
    assert [row["state"] for row in json.loads(call("runs", "list", "--json").stdout)] == ["crashed"]
    assert "out of disk space" in call("runs", "show").stdout
    assert qlop.json("runs", "show")["state"] == "crashed"
    assert json.loads((qlop.run_folders()[0] / "events.jsonl").read_text().splitlines()[-1])["type"] == "status"


RULE = ("--set", "strategy.strategy_type=constant_leverage")

FAULTY = '''
"""A mode that fails by a fault."""
import qlop


class Faulty(qlop.OrchestratorPlugin):
    """Divides by zero."""

    name = "faulty"
    version = "0.1.0"

    def run(self, config, context):
        for number in range(60):
            context.log(f"line {number} of\\x1b[31m")
        return 1 / 0
'''

FILLING = '''
"""A mode that fills the disk."""
import qlop


class Filling(qlop.OrchestratorPlugin):
    """Logs until there is no room."""

    name = "filling"
    version = "0.1.0"

    def run(self, config, context):
        while True:
            context.log("x")
'''
