"""A real browser before a page with the console, a real relay, and runs that the test writes itself."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.base.events import (
    ArtifactPathPayload,
    LogPayload,
    MetricPayload,
    ProgressPayload,
    RunState,
    StatusPayload,
)
from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.process_record import describe_process
from core.store.run_folder import RunFolder

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[3]
PATIENCE_MS = 60_000
# Notes all that the console ever says of its completeness, for however short a while.
NOTE_COMPLETENESS = """
window.saidOfCompleteness = [];
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, options);
  const note = () => {
    const text = root.querySelector('[data-testid="completeness"]')?.textContent;
    if (text && text !== saidOfCompleteness.at(-1)) saidOfCompleteness.push(text);
  };
  new MutationObserver(note).observe(root, {childList: true, subtree: true, characterData: true});
  return root;
};
"""
_COMPLETED = {"state": "completed", "current_status": "The run has ended.", "next_step": "", "error": None}


def _line(number):
    return {"level": "info", "message": f"line {number} ends", "logger": "qlop", "fields": {}}


class WrittenRun:
    """A run that lives as long as the test holds its lock, and says what the test lets it say."""

    def __init__(self, home: Path) -> None:
        self.run_id = new_run_id()
        waiting = StatusPayload(state=RunState.QUEUED, current_status="Waiting for a slot.")
        self.folder, self._lock = RunFolder.create(
            Home(home),
            self.run_id,
            {"mode": "train"},
            {},
            first_status=waiting,
            process=describe_process(owns_process=False),
        )
        self._log = self.folder.events(lock=self._lock)

    def begin(self):
        self.status(RunState.RUNNING, "The run has started.")

    def status(self, state, text, error=None, elapsed_s=None):
        self._log.append(StatusPayload(state=state, current_status=text, error=error, elapsed_s=elapsed_s))

    def say(self, message, level="info", **fields):
        self._log.append(LogPayload(level=level, message=message, fields=fields))

    def progress(self, step_name, value, total=None, unit="", within=""):
        self._log.append(ProgressPayload(step_name=step_name, value=value, total=total, unit=unit, within=within))

    def metric(self, name, value, *, step=None, fold=None):
        self._log.append(MetricPayload(name=name, value=value, step=step, fold=fold))

    def file(self, name, size_bytes):
        made = ArtifactPathPayload(artifact_name=name, path=f"artifacts/{name}", size_bytes=size_bytes, sha256="0" * 64)
        self._log.append(made)

    def end(self, state=RunState.COMPLETED, error=None, elapsed_s=None):
        self.status(state, "The run has ended.", error, elapsed_s)
        self.die()

    def die(self):
        """Let go of everything without a word."""
        self._log.close()
        self._lock.release()


@dataclass
class LivingRun:
    """A run and its process."""

    run_id: str
    process: subprocess.Popen


class RelayProcess:
    """A relay on a port of its own; it can be killed and started again on the same port."""

    def __init__(self, home: Path, configuration: Path, port: int) -> None:
        self.port = port
        self._arguments = [sys.executable, str(HERE / "served_relay.py"), str(home), str(configuration), str(self.port)]
        self._process = None

    def start(self):
        self._process = subprocess.Popen(
            self._arguments, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout.readline() == "listening\n"

    @contextmanager
    def asleep(self):
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class Console:
    """The console on a page, as a person sees it."""

    def __init__(self, page, problems) -> None:
        self.page = page
        self.problems = problems
        self.badge = page.locator(".badge")
        self.whole = page.get_by_test_id("completeness")
        self.notice = page.locator(".notice")
        self.rows = page.locator(".row")
        self.search = page.get_by_label("Search the whole log")
        self.result = page.locator(".result")
        self.box = page.get_by_role("log")

    def said_of_completeness(self):
        """Return what it has said so far, in order."""
        return self.page.evaluate("saidOfCompleteness")

    def line(self, text):
        return self.rows.filter(has_text=text)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The home and the configuration folder."""
    folder = tmp_path_factory.mktemp("console")
    (folder / "home").mkdir()
    return folder / "home", folder / "configuration"


@pytest.fixture(scope="module")
def relay(places, free_port):
    """The relay, before it is started."""
    served = RelayProcess(*places, free_port())
    yield served
    served.kill()


@pytest.fixture(scope="module")
def dashboard(places, relay, free_port):
    """The address of a page with nothing but the console, `?run=`."""
    home, configuration = places
    port = free_port()
    url = f"ws://127.0.0.1:{relay.port}"
    (home / "settings.yaml").write_text(f"relay: {{url: '{url}', browser_url: '{url}'}}\n", encoding="utf-8")
    settings = {
        "QLOP_HOME": str(home),
        "QLOP_CONFIG_DIR": str(configuration),
        "PYTHONPATH": str(REPOSITORY),
    }
    command = [sys.executable, "-m", "streamlit", "run", str(HERE / "console_page.py"), "--server.port", str(port)]
    with subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        while "URL:" not in (line := process.stdout.readline()):
            assert process.poll() is None, line
        address = f"http://127.0.0.1:{port}"
        urllib.request.urlopen(f"{address}/_stcore/health").close()
        yield address
        process.kill()


@pytest.fixture(scope="session")
def long_log():
    """Makes runs of many lines that have ended: their file is written at once."""

    def make(home, line_count):
        run = WrittenRun(home)
        run.die()
        events = run.folder.events_path
        first = json.loads(events.read_text(encoding="utf-8"))
        payloads = [("log", _line(number)) for number in range(1, line_count + 1)] + [("status", _COMPLETED)]
        with events.open("a", encoding="utf-8") as file:
            for seq, (kind, payload) in enumerate(payloads, start=2):
                file.write(json.dumps({**first, "seq": seq, "type": kind, "payload": payload}) + "\n")
        return run

    return make


@pytest.fixture
def written_run(places):
    """Makes runs whose words the test chooses."""
    made = []

    def make():
        made.append(WrittenRun(places[0]))
        return made[-1]

    yield make
    for run in made:
        run.die()


@pytest.fixture
def living_run(places):
    """A run in a process of its own, which has begun and waits."""
    command = [sys.executable, str(HERE / "living_run.py"), str(places[0])]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        yield LivingRun(process.stdout.readline().strip(), process)
        process.kill()


@pytest.fixture
def open_console(chromium, dashboard):
    """Opens the console of a run in a browser of its own; nothing on the page may have failed when the test ends."""
    contexts = []

    def open_it(run, **options):
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, **options)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(NOTE_COMPLETENESS)
        contexts.append(context)
        page = context.new_page()
        problems = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{dashboard}/?run={run.run_id}")
        console = Console(page, problems)
        console.badge.wait_for()
        consoles.append(console)
        return console

    consoles = []
    yield open_it
    for console in consoles:
        assert console.problems == []
    for context in contexts:
        context.close()
