"""The home's relay is started once, whoever asks and however often."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.base.errors import RelayError
from core.base.identifiers import new_run_id
from core.plugin.settings import configuration_folder
from core.relay.tokens import check_token, relay_key
from core.services.relay_access import ensure_relay, relay_address, relay_token
from core.services.relay_process import living_relay, start_relay
from core.services.workbench import open_workbench

REPOSITORY = Path(__file__).parents[3]
ASK = "import sys; from core.services.relay_access import *; from core.services.workbench import *; "
ASK += "print(ensure_relay(open_workbench(sys.argv[1])).url)"


@pytest.fixture
def workbench(tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.delenv("QLOP_RELAY_URL", raising=False)
    made = open_workbench(tmp_path / "home")
    yield made
    if (record := living_relay(made.home)) is not None:
        os.kill(record.process.pid, signal.SIGKILL)


def test_looking_starts_nothing(workbench):
    assert relay_address(workbench) is None
    assert not workbench.home.path.exists()


def test_many_processes_that_ask_at_once_get_the_same_relay(workbench):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, str(workbench.home.path)], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    answers = {process.communicate(timeout=120)[0].strip() for process in asking}
    assert answers == {living_relay(workbench.home).url}


def test_a_relay_that_was_killed_is_replaced(workbench):
    first = ensure_relay(workbench)
    pid = living_relay(workbench.home).process.pid
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)
    assert relay_address(workbench) is None
    assert ensure_relay(workbench).is_own is first.is_own is True
    assert living_relay(workbench.home).process.pid != pid


def test_a_taken_port_gives_way_to_a_free_one(workbench):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        program = (sys.executable, "-P", "-m", "core.cli.main")
        found = start_relay(workbench.home, program, taken.getsockname()[1])
        assert found.url != f"ws://127.0.0.1:{taken.getsockname()[1]}"


def test_a_relay_that_does_not_start_says_what_it_said(workbench):
    program = (sys.executable, "-c", "import sys; sys.exit('no such thing')")
    with pytest.raises(RelayError, match=r"ended with 1 at its start\. It said: no such thing"):
        start_relay(workbench.home, program, 0)


def test_a_relay_elsewhere_is_taken_from_the_settings_and_none_is_started(tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_RELAY_URL", "wss://relay.example/live")
    found = ensure_relay(open_workbench(tmp_path / "home"))
    assert (found.url, found.is_own) == ("wss://relay.example/live", False)
    assert not (tmp_path / "home").exists()


def test_a_token_is_for_one_run_and_one_role(workbench):
    from core.base.time import utc_now

    run_id = new_run_id()
    claims = check_token(
        relay_key(configuration_folder() / "relay.key"), relay_token(workbench, run_id, "publish"), now=utc_now()
    )
    assert (claims.task_id, claims.role) == (run_id, "publish")
