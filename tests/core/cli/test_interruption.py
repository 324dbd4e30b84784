"""Ctrl-C, cancel and kill at any moment: one true state, nothing half-written, no process left."""

import json
import os
import signal
import time

import psutil
import pytest

# Of a round there is a metric, and after the first there are far more to come than any machine is through in a moment.
LONG = ("--set", "model={model_type: xgboost, model_params: {n_estimators: 100000, early_stopping_rounds: null}}")


def until(condition, timeout_s=120.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the awaited moment has not come"
        time.sleep(0.01)


def events_of(folder):
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def lines_of(qlop):
    logs = [folder / "events.jsonl" for folder in qlop.run_folders()]
    return [line for log in logs if log.exists() for line in log.read_text().splitlines()]


def is_training(qlop):
    return any('"type":"metric"' in line for line in lines_of(qlop))


def check_folder_is_whole(folder):
    events = events_of(folder)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    announced = {event["payload"]["path"] for event in events if event["type"] == "artifact_path"}
    assert all((folder / path).is_file() for path in announced)


def test_ctrl_c_while_training_cancels_with_130(qlop):
    process = qlop.start("run", "pipeline", "-c", qlop.config, *LONG, "--json")
    until(lambda: is_training(qlop))
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert json.loads(output.splitlines()[-1])["status"] == "cancelled"
    (folder,) = qlop.run_folders()
    check_folder_is_whole(folder)
    assert qlop.json("runs", "show", folder.name)["state"] == "cancelled"


@pytest.mark.parametrize("n_lines", [0, 1, 13, 55])
def test_ctrl_c_at_any_moment_leaves_one_true_state(qlop, n_lines):
    """While the commands load, and once the run has logged so many lines of its near hundred."""
    process = qlop.start_loading("run", "pipeline", "-c", qlop.config, "--json")
    until(lambda: len(lines_of(qlop)) >= n_lines or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode in {0, 130}, errors
    for folder in qlop.run_folders():
        state = qlop.json("runs", "show", folder.name)["state"]
        assert state == ("completed" if process.returncode == 0 else "cancelled")
        check_folder_is_whole(folder)


def test_a_killed_run_is_found_crashed_by_whoever_looks(qlop):
    process = qlop.start("run", "pipeline", "-c", qlop.config, *LONG)
    until(lambda: is_training(qlop))
    process.kill()
    process.communicate(timeout=120)
    (row,) = json.loads(qlop.call("runs", "list", "--json").stdout)
    assert row["state"] == "crashed"
    check_folder_is_whole(qlop.run_folders()[0])


def test_cancel_ends_the_run_and_its_whole_group(qlop):
    process = qlop.start("run", "pipeline", "-c", qlop.config, *LONG)
    until(lambda: is_training(qlop))
    group = os.getpgid(process.pid)
    report = qlop.json("runs", "cancel", "latest")
    process.communicate(timeout=120)
    assert report["state"] == "cancelled"
    assert [process for process in psutil.process_iter() if _lives_in(group, process)] == []


def _lives_in(group, process):
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False
