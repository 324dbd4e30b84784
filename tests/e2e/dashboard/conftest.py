"""A real dashboard with its relay, in processes of their own, and a real browser before it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect

REPOSITORY = Path(__file__).parents[3]
PLUGIN_FOLDER = Path(__file__).parent / "plugin_folder"
PATIENCE_S = 60
OWN_ADDRESS = re.compile(r"(http|ws)://127\.0\.0\.1:|(https|wss)://qlop\.localhost:|data:|blob:")
expect.set_options(timeout=PATIENCE_S * 1000)


class Dashboard:
    """`qlop ui` over a home of its own; one that is not started needs no ports."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        ports: tuple[int, int] = (0, 0),
        environment: dict[str, str] | None = None,
    ) -> None:
        self.folder, self.options = folder, options
        self.home = folder / "home"
        self.port, self.relay_port = ports
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "QLOP_HOME": str(self.home),
            "QLOP_CONFIG_DIR": str(folder / "configuration"),
            "QLOP_PLUGIN_PATH": str(folder / "plugins") if (folder / "plugins").is_dir() else str(PLUGIN_FOLDER),
            **(environment or {}),
        }
        self.output = folder / "dashboard.txt"

    def start(self) -> None:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.qlop, "ui", "--port", str(self.port), "--relay-port", str(self.relay_port), *self.options],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._wait_until_it_answers()

    @property
    def qlop(self) -> list[str]:
        return [sys.executable, "-P", "-m", "core.cli.main"]

    def cli(self, *arguments: str) -> str:
        """Call the command line over the same home and return what it printed."""
        done = subprocess.run(
            [*self.qlop, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, config: dict) -> str:
        """Run a config to its end, whatever that is, and return the run's id."""
        file = self.folder / "config.json"
        file.write_text(json.dumps(config), encoding="utf-8")
        command = [*self.qlop, "run", config["mode"], "--config", str(file), "--json"]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return json.loads(done.stdout.splitlines()[-1])["run_id"]

    def child(self, words: str) -> psutil.Process:
        """Return the process under the supervisor whose command line holds `words`."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for process in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if words in " ".join(process.cmdline()):
                        return process
            time.sleep(0.05)
        raise AssertionError(f"no process of the dashboard holds {words!r}")

    def kill(self) -> None:
        """End supervisor, dashboard and relay at once, as a crash would; runs go on."""
        processes = [psutil.Process(self.process.pid)]
        processes += [child for child in processes[0].children(recursive=True) if not _is_run(child)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        psutil.wait_procs(processes, timeout=PATIENCE_S)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE_S)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output.read_text()
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/api/health", timeout=5):
                return
            time.sleep(0.05)
        raise AssertionError(f"the dashboard does not answer: {self.output.read_text()}")


def _is_run(process: psutil.Process) -> bool:
    try:
        return "--stream-to-ws" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def start_dashboard(tmp_path, free_port):
    """Starts dashboards; each is stopped after the test, and the runs that it left."""
    started = []

    def start(*options: str, folder: Path = tmp_path, environment: dict[str, str] | None = None) -> Dashboard:
        ports = free_port(), free_port()
        dashboard = Dashboard(folder, "--no-open", *options, ports=ports, environment=environment)
        started.append(dashboard)
        dashboard.start()
        return dashboard

    yield start
    for dashboard in started:
        dashboard.stop()
        for record in psutil.process_iter(["cmdline"]):
            # Runs outlive their dashboard; a test's end is theirs too.
            if str(dashboard.home) in " ".join(record.info["cmdline"] or ()):
                with suppress(psutil.NoSuchProcess):
                    record.kill()


@pytest.fixture(scope="session")
def dashboard_over():
    """Makes dashboards that are not started, for the command line over their homes."""
    return Dashboard


@pytest.fixture
def dashboard(start_dashboard):
    return start_dashboard()


@pytest.fixture
def start_chatty(dashboard, visitor):
    """Starts the mode `chatty` from its form, as a person does; returns that person's page, at the run's screen."""

    def start(n_lines: int, lines_per_s: int, **others: int | str):
        page = visitor(f"{dashboard.url}/chatty")
        for name, value in {"n_lines": n_lines, "lines_per_s": lines_per_s, **others}.items():
            label = re.compile(name.replace("_", " ").removesuffix(" s"), re.IGNORECASE)
            field = page.get_by_role("spinbutton", name=label).or_(page.get_by_role("textbox", name=label))
            field.fill(str(value))
            field.press("Tab")
            expect(page.get_by_text(f"{name}: {value}")).to_be_visible()
        page.get_by_role("button", name="Start chatty").click()
        expect(page.get_by_role("region", name="Run console")).to_be_visible()
        return page

    return start


@pytest.fixture
def visitor(chromium):
    """Opens browsers of people who do not know each other; afterwards no page may have had an error of its own."""
    contexts, problems = [], []

    def visit(address: str, *, width: int = 1280, height: int = 900, color_scheme: str = "light"):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=color_scheme,
            timezone_id="UTC",
            # A proxy's certificate is signed by nobody but its test.
            ignore_https_errors=True,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_S * 1000)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"a script failed: {error}"))
        page.on("request", lambda request: _note_request_elsewhere(request.url, problems))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def rows_of():
    """Reads a table, which is painted, as a screen reader finds it: rows of cells, the heads first."""

    def rows(page, name: str) -> list[list[str]]:
        found = page.get_by_role("region", name=name, exact=True).locator("canvas [role=row]")
        expect(found.nth(1)).to_be_attached()
        return [row.locator("th, td").all_text_contents() for row in found.all()]

    return rows


def _note_request_elsewhere(url: str, problems: list[str]) -> None:
    if not OWN_ADDRESS.match(url):
        problems.append(f"asked another host: {url}")
