"""A wish to end reaches the processes that a run has started as well: what their deaths look like is no verdict."""

import json
import os
import shutil
import signal
import time
from contextlib import ExitStack, suppress

import psutil
import pytest

ALONE = ("SIGINT alone", "SIGTERM alone")
LATER = ("--set", "data.end_date=2011-12-30")


@pytest.fixture
def start():
    """Start a command; nothing of it outlives the test, and a child that is held still neither."""
    with ExitStack() as stack:

        def started(qlop, *arguments):
            process = stack.enter_context(qlop.start(*arguments))
            stack.callback(kill_group, process.pid)
            return process

        yield started


def kill_group(leader):
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def held_child(process, told_by, there=""):
    """Return a child of the process, held still, so that its parent waits for it whatever the machine's load.

    It is the one whose arguments contain `told_by`; where `there` is given, once a process of that name exists too.
    """
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        family = psutil.Process(process.pid).children(recursive=True)
        for child in family:
            with suppress(psutil.Error):
                if told_by in " ".join(child.cmdline()) and (not there or there in {one.name() for one in family}):
                    child.suspend()
                    return child
        time.sleep(0.002)
    raise AssertionError("the child has not come")


def end_by(qlop, process, wish):
    """Ask the whole group to end, as a terminal, `timeout` and `qlop runs cancel` do; or, as `kill PID`, one alone."""
    if wish == "cancel":
        assert qlop.json("runs", "cancel", "latest")["state"] == "cancelled"
    elif wish in ALONE:
        process.send_signal(signal.Signals[wish.removesuffix(" alone")])
    else:
        os.killpg(process.pid, signal.Signals[wish])
        os.killpg(process.pid, signal.SIGCONT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    return output, errors


def check_cancelled(qlop, output):
    told = json.loads(output.splitlines()[-1])
    assert told["status"] == "cancelled"
    assert qlop.json("runs", "show", told["run_id"])["state"] == "cancelled"
    folder = qlop.home / "runs" / told["run_id"]
    assert '"failed"' not in (folder / "events.jsonl").read_text()
    assert not list(folder.rglob(".*unverified*"))


@pytest.mark.parametrize("wish", ["SIGINT", "SIGTERM", "cancel", *ALONE])
def test_an_export_is_cancelled_while_its_file_is_read_back(used, start, wish):
    qlop, trained = used
    process = start(qlop, "export-model", "--run", trained["run_id"], "--set", "export.exporter_type=pmml", "--json")
    child = held_child(process, "pypmml", there="java")
    output, errors = end_by(qlop, process, wish)
    assert "pypmml" not in errors
    check_cancelled(qlop, output)
    assert not child.is_running()


@pytest.mark.parametrize("wish", ["SIGINT", "SIGTERM", "cancel", *ALONE])
def test_a_backtest_is_cancelled_while_its_models_file_is_looked_at(used, start, wish):
    qlop, trained = used
    path = qlop.folder / "m.qlop.zip"
    if not path.exists():
        exported = qlop.json("export-model", "--run", trained["run_id"])
        shutil.copy(exported["artifacts"]["export/model.qlop.zip"], path)
    process = start(qlop, "backtest", "-c", qlop.config, "--model-file", path, *LATER, "--json")
    child = held_child(process, "limited_child")
    output, errors = end_by(qlop, process, wish)
    assert "cannot be used" not in errors
    check_cancelled(qlop, output)
    assert not child.is_running()


@pytest.mark.parametrize("wish", ["SIGINT", "SIGTERM", *ALONE])
def test_the_look_at_a_file_before_a_run_begins_ends_with_130_and_leaves_no_run(qlop, start, wish):
    # Nothing is read of it: the process that would is held before it gets so far.
    (qlop.folder / "m.onnx").write_bytes(b"any")
    model = "model={model_type: onnx, model_params: {path: m.onnx}}"
    process = start(qlop, "run", "pipeline", "-c", qlop.config, "--set", model, "--json")
    held_child(process, "limited_child")
    check_no_run(qlop, *end_by(qlop, process, wish), "m.onnx", "ONNX")


@pytest.mark.parametrize("wish", ["SIGTERM", "SIGTERM alone"])
def test_the_import_of_a_network_before_a_run_begins_ends_with_130_and_leaves_no_run(qlop, start, wish):
    module = {"network": {"kind": "module", "import_path": "json:dumps"}}
    model = f"model={json.dumps({'model_type': 'custom_network', 'model_params': module})}"
    process = start(qlop, "run", "pipeline", "-c", qlop.config, "--set", model, "--json")
    held_child(process, "import_check")
    check_no_run(qlop, *end_by(qlop, process, wish), "json:dumps")


@pytest.mark.parametrize("wish", ["SIGTERM", "SIGTERM alone"])
def test_the_look_at_plugins_before_a_run_begins_ends_with_130_and_leaves_no_run(qlop, start, wish, monkeypatch):
    # The process that looks is in a session of its own: no wish for the group reaches it either.
    own = qlop.folder / "own" / "models" / "slow.py"
    own.parent.mkdir(parents=True)
    own.write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(own.parents[1]))
    process = start(qlop, "run", "pipeline", "-c", qlop.config, "--json")
    held_child(process, "scan_process")
    check_no_run(qlop, *end_by(qlop, process, wish), "slow", "plugin")


def check_no_run(qlop, output, errors, *unblamed):
    assert output == ""
    assert [word for word in unblamed if word in errors] == []
    assert not qlop.run_folders()
