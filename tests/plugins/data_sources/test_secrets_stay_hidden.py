"""What a source's secret leaves behind, once a run of the command line has failed or completed with it: nothing."""

import base64
import json
import os
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, quote, urlsplit

import pandas as pd
import pytest
from sqlalchemy import create_engine, text
from streamlit.testing.v1 import AppTest

from core.base.events import RunState
from core.jobs.watch import follow
from core.services.health import relay_health
from core.services.settings_origins import shown_settings
from core.services.submit_run import submit_run
from core.services.workbench import open_workbench
from core.ui.tear_sheet.html_report import html_report
from plugins.data_sources.sample import Sample

REPOSITORY = Path(__file__).parents[3]
MARK = "zq9Hush7xk"
"""Stands in the middle of every secret: no way of writing it down leaves that out, but one of BASE64."""

SECRET = f"a<&>\"'%41{{0}}$(id)`\\n/@:#?=+ \N{SNOWMAN}{MARK}-end"
FORMS = (MARK.encode(), *(base64.b64encode(("." * pad + SECRET).encode())[4:40] for pad in range(3)))


CLUMSY = '''
import os
import qlop


class Clumsy(qlop.OrchestratorPlugin):
    """Fails before a run begins."""

    name = "clumsy"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    def check_config(self, config, make_plugin):
        raise ValueError(f"cannot reach {os.environ['THE_URL']}")

    def run(self, config, context):
        return qlop.RunResult(metrics={})
'''


class Qlop:
    """Calls `qlop` as a person would, and looks at everything that it leaves behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.told = b""
        self.seen_in_process_lists = b""

    def call(self, *arguments: str, config: dict | None = None, **environment: str) -> int:
        if config is not None:
            (self.folder / "run.json").write_text(json.dumps(config), encoding="utf-8")
            arguments = (*arguments, "--config", "run.json")
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "QLOP_HOME": str(self.home),
            "QLOP_CONFIG_DIR": str(self.folder / "configuration"),
            "QLOP_CACHE_DIR": str(self.folder / "cache"),
            **environment,
        }
        command = [sys.executable, "-m", "core.cli.main", *arguments]
        with (self.folder / "output").open("wb") as output:
            process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=output, stderr=output)
            while process.poll() is None:
                self.seen_in_process_lists += process_lists(process.pid)
                time.sleep(0.1)
        self.told += (self.folder / "output").read_bytes()
        assert b"core.cli.main" in self.seen_in_process_lists
        return process.returncode

    def pages(self) -> bytes:
        """Return all that the screens of the newest run and of all runs draw."""
        run_id = next(iter((self.home / "runs").iterdir())).name
        drawn = []
        for name, query in (("run.py", {"run": run_id}), ("runs.py", {})):
            app = AppTest.from_file(str(REPOSITORY / "pages" / name), default_timeout=120)
            app.query_params.update(query)
            drawn += texts_below(app.run().main)
            assert not app.exception
        assert any(run_id[:8] in found for found in drawn)
        return "\n".join(drawn).encode()

    def places_of_the_secret(self) -> list[str]:
        """Return where it is: files of the home, the cache and the configuration, outputs, arguments, screens."""
        places = {"output": self.told, "arguments": self.seen_in_process_lists, "screens": self.pages()}
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name != "secret":
                places |= {str(path): path.read_bytes()} | unpacked(path)
        assert any(path.endswith("events.jsonl") for path in places)
        assert any(path.endswith((".sqlite", ".db")) for path in places)
        return [place for place, content in places.items() if any(form in content for form in FORMS)]


def process_lists(pid: int) -> bytes:
    """Return the arguments of a process and of those that it started."""
    found = b""
    for folder in (Path(f"/proc/{pid}"), *Path("/proc").glob("[0-9]*")):
        try:
            is_child = f"\nPPid:\t{pid}\n" in (folder / "status").read_text()
            found += (folder / "cmdline").read_bytes() if is_child or folder.name == str(pid) else b""
        except OSError:
            continue
    return found


def unpacked(path: Path) -> dict[str, bytes]:
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        return {f"{path}!{name}": archive.read(name) for name in archive.namelist()}


def texts_below(node) -> list[str]:
    proto = getattr(node, "proto", None)
    own = [] if proto is None else [str(proto).encode("latin-1", "replace").decode("unicode_escape", "replace")]
    return own + [found for child in getattr(node, "children", {}).values() for found in texts_below(child)]


@contextmanager
def echoing(status: int, body: str):
    """A service that says what it was asked with, the key among it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            key = parse_qs(urlsplit(self.path).query).get("apikey", [""])[0]
            content = body.replace("KEY", json.dumps(key)[1:-1]).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            keys.append(key)

        def log_message(self, *_args):
            pass

    keys: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", keys
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def qlop(tmp_path, monkeypatch, compiled_kernels):
    made = Qlop(tmp_path)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "kernels").symlink_to(compiled_kernels)
    for name, folder in (("HOME", "home"), ("CONFIG_DIR", "configuration"), ("CACHE_DIR", "cache")):
        monkeypatch.setenv(f"QLOP_{name}", str(tmp_path / folder))
    monkeypatch.chdir(tmp_path)
    return made


def inspecting(source: str, **params: object) -> dict:
    data = {"data_source_type": source, "data_source_params": params, "tickers": ["IBM"]}
    return {"mode": "inspect_data", "data": data}


@pytest.mark.parametrize(
    ("status", "body", "part"),
    [
        (200, '{"Information": "We have detected your API key as KEY and 25 requests per day"}', b"used up"),
        (200, "<html>KEY</html>", b"something else than JSON"),
        (503, "KEY", b"HTTP status 503"),
    ],
)
def test_a_failed_run_of_alpha_vantage_leaves_its_key_nowhere(qlop, status, body, part):
    with echoing(status, body) as (base_url, keys):
        params = {"key": "env:THE_KEY", "base_url": base_url, "retries": 1, "back_off_s": 0}
        assert qlop.call("run", "inspect_data", config=inspecting("alpha_vantage", **params), THE_KEY=SECRET) == 1
    assert set(keys) == {SECRET}
    assert part in qlop.told
    assert qlop.places_of_the_secret() == []


@pytest.mark.parametrize("fault", ["password", "nobody there", "form"])
def test_a_failed_run_of_sql_leaves_its_password_nowhere(qlop, postgres_url, fault):
    scheme, rest = postgres_url.split("://")
    at = rest.rsplit("@", 1)[1]
    user = f"{scheme}://tester:"
    urls = {
        "password": f"{user}{quote(SECRET, safe='')}@{at}",
        "nobody there": f"{user}{quote(SECRET, safe='')}@127.0.0.1:1/postgres",
        "form": f"{user}{SECRET}@{at}",
    }
    (qlop.folder / "secret").write_text(urls[fault], encoding="utf-8")
    config = inspecting("sql", url="file:secret", table="prices", timeout_s=5, cached=True)
    assert qlop.call("run", "inspect_data", config=config) == 1
    assert b"data_source_params.url" in qlop.told
    assert qlop.places_of_the_secret() == []


def test_a_secret_in_the_config_itself_is_refused_and_not_repeated(qlop):
    for source, params in (("alpha_vantage", {"key": SECRET}), ("sql", {"url": f"postgresql://a:{MARK}@h/d"})):
        (qlop.folder / "run.json").write_text(json.dumps(inspecting(source, **params, table="t")))
        done = subprocess.run(
            [sys.executable, "-m", "core.cli.main", "run", "inspect_data", "--config", "run.json"],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 2
        assert MARK.encode() not in done.stdout + done.stderr
        assert not (qlop.home / "runs").exists() or not any((qlop.home / "runs").iterdir())


def test_a_password_in_a_wrong_place_is_refused_and_kept_nowhere(qlop):
    url = f"postgresql://u:{MARK}@localhost/db"
    params = {"sqlite_file": url, "query": f"SELECT * FROM dblink('host=h password={MARK}') t", "password": MARK}
    config = {**inspecting("sql", **params), "title": f"from {url}", "broker": {"broker_type": url}}
    arguments = ("run", "inspect_data", "--set", f"data.data_source_params.schema_name={url}")
    assert qlop.call(*arguments, config=config) == 2
    told = qlop.told.decode()
    for path in ("sqlite_file", "query", "password", "schema_name"):
        assert f"data.data_source_params.{path} holds a password" in told
    assert "title holds a password" in told
    assert "broker.broker_type holds a password" in told
    assert "'sql' takes one in data.data_source_params.url." in told
    assert MARK not in told
    left = [path for path in qlop.folder.rglob("*") if path.is_file() and path.name != "run.json"]
    assert not any(MARK.encode() in path.read_bytes() for path in left)
    assert not (qlop.home / "runs").exists()


def test_a_traceback_of_a_command_has_stars_for_a_password(qlop):
    folder = qlop.folder / "mine" / "orchestrators"
    folder.mkdir(parents=True)
    (folder / "clumsy.py").write_text(CLUMSY, encoding="utf-8")
    assert qlop.call("run", "clumsy", config={}, QLOP_PLUGIN_PATH=str(folder.parent), THE_URL=f"x://u:{MARK}@h") == 1
    assert b"Traceback" in qlop.told
    assert b"ValueError: cannot reach x://u:***@h" in qlop.told
    assert MARK.encode() not in qlop.told


def test_an_option_that_was_put_aside_and_a_proxy_leave_their_passwords_nowhere(qlop):
    aside = f"data.data_source_params.key={MARK}"
    config = inspecting("alpha_vantage", key="env:THE_KEY", base_url="https://127.0.0.1:1", retries=0)
    options = ("--set", aside, f"--set={aside}-2", "-s", "data.data_source_params.key=env:THE_KEY")
    proxies = {"HTTPS_PROXY": f"http://u:a/{MARK}@127.0.0.1:1", "NO_PROXY": "", "no_proxy": ""}
    assert qlop.call("run", "inspect_data", *options, config=config, THE_KEY=SECRET, **proxies) == 1
    assert b"The proxy that HTTPS_PROXY names cannot be used" in qlop.told
    (record,) = qlop.home.rglob("environment.json")
    assert json.loads(record.read_text())["command"].count("data.data_source_params.key=***") == 1
    assert [place for place in qlop.places_of_the_secret() if place != "arguments"] == []


def test_a_run_in_the_background_tells_neither_the_stores_password_nor_the_relays_path(qlop, monkeypatch):
    monkeypatch.setenv("QLOP_STORE_URL", f"postgresql://127.0.0.1:1/db?password={MARK}")
    monkeypatch.setenv("QLOP_RELAY_URL", f"ws://127.0.0.1:1/{MARK}")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    workbench = open_workbench(qlop.home)
    run_id = submit_run(workbench, inspecting("sample"))
    told = [event.payload for event in follow(workbench.home, run_id)]
    assert told[-1].state is RunState.COMPLETED
    assert any("The relay at ws://127.0.0.1:1 is away" in str(payload) for payload in told)
    (output,) = qlop.home.rglob("stderr.txt")
    assert "postgresql://127.0.0.1:1/db cannot be used" in output.read_text()
    assert not any(MARK.encode() in path.read_bytes() for path in qlop.folder.rglob("*") if path.is_file())
    assert not any(MARK in f"{setting}" for setting in shown_settings(workbench))
    assert MARK not in relay_health(workbench).text
    # The command line, as a person asks for the list.
    process = [sys.executable, "-m", "core.cli.main", "runs", "list"]
    done = subprocess.run(process, capture_output=True, text=True, check=False)
    assert "postgresql://127.0.0.1:1/db cannot be used" in done.stderr
    assert MARK not in done.stdout + done.stderr


@pytest.fixture
def prices_url(postgres_url):
    """A database whose password is the secret, with the sample's prices of one ticker."""
    panel = Sample("sample", Sample.Params()).load_data(["IBM"], None, None, "1d").reset_index()
    panel = panel[panel["timestamp"].between(pd.Timestamp("2006", tz="UTC"), pd.Timestamp("2009", tz="UTC"))]
    scheme, rest = postgres_url.split("://")
    names = [*panel.columns.drop(["timestamp", "adjusted_close"])]
    engine = create_engine(f"{scheme}+psycopg://{rest}")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS hidden_prices"))
        connection.execute(text("DROP ROLE IF EXISTS quiet"))
        literal = SECRET.replace("'", "''").replace(":", "\\:")
        connection.execute(text(f"CREATE ROLE quiet LOGIN SUPERUSER PASSWORD '{literal}'"))
        columns = ", ".join(f"{name} {'text' if name == 'ticker' else 'float8'}" for name in names)
        connection.execute(text(f"CREATE TABLE hidden_prices (date date, {columns})"))
        connection.execute(
            text(f"INSERT INTO hidden_prices VALUES (:date, {', '.join(f':{name}' for name in names)})"),
            panel.assign(date=panel["timestamp"].dt.date)[["date", *names]].to_dict("records"),
        )
    engine.dispose()
    return f"{scheme}://quiet:{quote(SECRET, safe='')}@{rest.rsplit('@', 1)[1]}"


def test_a_trained_and_exported_run_leaves_the_password_of_its_prices_nowhere(qlop, prices_url):
    config = {
        "mode": "pipeline",
        "seed": 3,
        "data": {
            "data_source_type": "sql",
            "data_source_params": {"url": "env:PRICES_URL", "table": "hidden_prices", "cached": True},
            "tickers": ["IBM"],
        },
        "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
        "label": {"labeler_type": "leverage_opportunity", "labeler_params": {"horizon_bars": 5, "leverage": 1.5}},
        "model": {"model_type": "linear"},
        "splits": {"train_bars": 300, "test_bars": 200},
        "strategy": {"strategy_type": "leverage_opportunity"},
        "backtest": {
            "benchmark": "IBM",
            "baselines": {"always_1x": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.0}}},
        },
    }
    assert qlop.call("run", "pipeline", config=config, PRICES_URL=prices_url) == 0, qlop.told[-900:]
    bundled = ("--run", "latest", "--set", "export.exporter_type=bundle", "--set", "export.exporter_params.licence=x")
    assert qlop.call("export-model", *bundled, PRICES_URL=prices_url) == 0, qlop.told
    assert list(qlop.folder.rglob("*.qlop-bundle.zip"))
    ids = [folder.name for folder in (qlop.home / "runs").iterdir()]
    reports = [html_report(open_workbench(qlop.home), run_id) for run_id in ids]
    assert any(b"env:PRICES_URL" in report for report in reports), "the reports show the reference"
    (qlop.folder / "reports.html").write_bytes(b"".join(reports))
    assert any("env:PRICES_URL" in path.read_text(errors="replace") for path in qlop.home.rglob("config.json"))
    assert qlop.places_of_the_secret() == []
