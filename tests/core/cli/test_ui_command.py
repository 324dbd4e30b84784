"""`qlop ui`, started as a person starts it."""

import json
import signal
import socket
import time
import urllib.request
from contextlib import suppress

import psutil
import pytest


def wait_for(look):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with suppress(OSError, ValueError, psutil.Error):
            if found := look():
                return found
        time.sleep(0.02)
    raise AssertionError("it has not come about within two minutes")


def child(process, words):
    for found in psutil.Process(process.pid).children():
        if words in " ".join(found.cmdline()):
            return found
    return None


def relay_of(qlop) -> dict:
    return json.loads((qlop.home / "relay" / "relay.json").read_text())


def dashboard_and_relay(qlop, process) -> list[psutil.Process]:
    """Return the two processes below `qlop ui` once they serve, and nothing else is below it."""
    wait_for(lambda: relay_of(qlop))
    children = psutil.Process(process.pid).children
    return wait_for(lambda: found if len(found := children(recursive=True)) == 2 else None)


@pytest.fixture
def start_ui(qlop, free_port):
    """Starts `qlop ui` and returns its process and port once it answers."""
    started = []

    def start(*options):
        port = free_port()
        process = qlop.start("ui", "--port", port, "--relay-port", free_port(), "--no-open", *options)
        started.append(process)
        wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=5).read())
        return process, port

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=120)


def test_it_serves_dashboard_and_relay_and_says_where(qlop, start_ui):
    process, port = start_ui("--home", qlop.home)
    assert process.stdout.readline().startswith(f"QLOP is at http://127.0.0.1:{port} ")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
        assert b"<html" in page.read()
    relay = wait_for(lambda: child(process, " relay "))
    assert wait_for(lambda: relay_of(qlop))["process"]["pid"] == relay.pid
    named = child(process, "dashboard_process").environ()
    assert (named["QLOP_HOME"], named["QLOP_HOME_ORIGIN"]) == (str(qlop.home), "option: --home")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_0_and_leaves_no_process(qlop, start_ui, number):
    process, _ = start_ui()
    children = dashboard_and_relay(qlop, process)
    process.send_signal(number)
    assert process.wait(120) == 0
    assert not any(found.is_running() and found.status() != psutil.STATUS_ZOMBIE for found in children)


def test_where_it_is_killed_dashboard_and_relay_end_as_well(qlop, start_ui):
    process, _ = start_ui()
    children = dashboard_and_relay(qlop, process)
    process.kill()
    assert psutil.wait_procs(children, timeout=120)[1] == []


@pytest.mark.parametrize("words", [" relay ", "dashboard_process"])
def test_whoever_dies_is_started_again(qlop, start_ui, words):
    process, port = start_ui()
    wait_for(lambda: relay_of(qlop))
    killed = child(process, words)
    killed.kill()
    wait_for(lambda: (found := child(process, words)) and found.pid != killed.pid)
    wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=5).read())
    assert wait_for(lambda: relay_of(qlop)["process"]["pid"] != (killed.pid if words == " relay " else None))


def test_the_demo_is_started_where_the_home_is_new(qlop, start_ui):
    start_ui("--demo")
    (folder,) = wait_for(lambda: [found for found in qlop.run_folders() if not found.name.startswith(".")])
    assert json.loads((folder / "config.json").read_text())["mode"] == "pipeline"
    wait_for(lambda: '"running"' in (folder / "events.jsonl").read_text())
    assert qlop.call("runs", "cancel", folder.name).returncode == 0


@pytest.mark.parametrize("option", ["--port", "--relay-port"])
def test_a_taken_port_is_refused_with_the_option_that_changes_it(qlop, option, free_port):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {"--port": free_port(), "--relay-port": free_port(), option: port}
        done = qlop.call("ui", *(part for pair in ports.items() for part in pair))
    assert done.returncode == 2
    assert f"Port {port} of 127.0.0.1 is taken" in done.stderr
    assert f"qlop ui {option} " in done.stderr


def test_one_port_for_both_is_refused(qlop):
    done = qlop.call("ui", "--port", "8714", "--relay-port", "8714")
    assert done.returncode == 2
    assert "--port and --relay-port are both 8714" in done.stderr
