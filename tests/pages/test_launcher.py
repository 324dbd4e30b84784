"""The launcher, started as a person starts it."""

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest

REPOSITORY = Path(__file__).parents[2]
COMMANDS = {
    "streamlit run app.py": [sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "app.py")],
    "python app.py": [sys.executable, str(REPOSITORY / "app.py")],
}


def answer_of(url: str, server: subprocess.Popen) -> bytes:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5) as response:
                return response.read()
        except URLError:
            time.sleep(0.1)
    pytest.fail(f"{url} did not answer; the server's exit code is {server.poll()}")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_dashboard_starts_from_any_folder_and_listens_on_this_machine_alone(command, tmp_path, free_port):
    port = free_port()
    environment = {**os.environ, "STREAMLIT_SERVER_PORT": str(port), "QLOP_HOME": str(tmp_path / "home")}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(COMMANDS[command], cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        assert answer_of(f"http://127.0.0.1:{port}/api/health", server) == b'{"status":"ok"}'
        assert b"<html" in answer_of(f"http://127.0.0.1:{port}/", server)
        listening = [link.laddr for link in psutil.Process(server.pid).net_connections() if link.status == "LISTEN"]
        assert {address.ip for address in listening} == {"127.0.0.1"}
    finally:
        server.terminate()
        server.wait(30)
