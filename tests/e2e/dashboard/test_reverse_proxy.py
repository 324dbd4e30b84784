"""The dashboard behind nginx as docs/dashboard.md sets it up: TLS, a name of its own, a path prefix."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import expect

DOCUMENT = Path(__file__).parents[3] / "docs" / "dashboard.md"
PATIENCE_S = 60
NAME, PREFIX = "qlop.localhost", "desk/quant"
"""Chromium asks this machine for every name below localhost."""

CONFIGURATION = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.txt;
events {{ }}
http {{
  access_log {folder}/access.txt;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {server}
}}
"""


def documented(language: str, *replacements: tuple[str, str]) -> str:
    """Return the document's block of that language in the chapter on proxies, with the names that are of this test."""
    chapter = DOCUMENT.read_text(encoding="utf-8").partition("## Behind a reverse proxy\n")[2]
    block = re.search(rf"^```{language}\n(.*?)^```$", chapter, re.MULTILINE | re.DOTALL).group(1)
    for theirs, ours in (("qlop.example.org", NAME), ("desk", PREFIX), *replacements):
        assert theirs in block
        block = block.replace(theirs, ours)
    return block


def documented_environment() -> dict[str, str]:
    return dict(re.findall(r"^export (\w+)=(\S+)$", documented("console"), re.MULTILINE))


def make_certificate(folder: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    (folder / "qlop.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "qlop.key").write_bytes(key.private_bytes(*form))


def wait_until_it_listens(port: int, nginx: subprocess.Popen, error_log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert nginx.poll() is None, error_log.read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return
        time.sleep(0.02)
    raise AssertionError(f"nginx does not listen on port {port}")


@pytest.fixture
def start_nginx(tmp_path, free_port):
    """Starts nginx before a dashboard's port, as the document says; returns nginx's own port."""
    folder, started = tmp_path / "nginx", []

    def start(dashboard_port: int) -> int:
        folder.mkdir()
        make_certificate(folder)
        port = free_port()
        server = documented(
            "nginx",
            ("listen 443", f"listen 127.0.0.1:{port}"),
            ("/etc/ssl/", f"{folder}/"),
            ("127.0.0.1:8501", f"127.0.0.1:{dashboard_port}"),
        )
        (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, server=server))
        # Where a user is not root, sbin is often not in the path.
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        command = [program, "-p", str(folder), "-e", str(folder / "error.txt"), "-c", str(folder / "nginx.conf")]
        started.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))
        wait_until_it_listens(port, started[0], folder / "error.txt")
        return port

    yield start
    for nginx in started:
        nginx.send_signal(signal.SIGTERM)
        nginx.wait(PATIENCE_S)


@pytest.fixture
def dashboard(start_dashboard, start_nginx):
    """A dashboard whose address is the proxy's."""
    started = start_dashboard(environment=documented_environment())
    started.url = f"https://{NAME}:{start_nginx(started.port)}/{PREFIX}"
    return started


def test_a_run_is_started_watched_live_and_downloaded_through_tls_and_a_path_prefix(
    dashboard, start_chatty, visitor, tmp_path
):
    go = tmp_path / "go"
    starter = start_chatty(500, 200, waits_for=str(go))
    address = starter.url
    assert address.startswith(f"{dashboard.url}/run?run=")

    page, heard = visitor("about:blank"), []
    page.on("websocket", lambda opened: opened.on("framereceived", lambda frame: heard.append((opened.url, frame))))
    page.goto(address)
    badge = page.get_by_test_id("completeness")
    expect(page.get_by_role("log").get_by_text("line 000499")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel this run")).to_be_visible()
    expect(badge).to_have_text(re.compile(r"^complete: (\d+) of \1 events$"))

    go.touch()
    expect(page.get_by_text("500 lines were said.")).to_be_visible()
    # The last line was said while the page was watching.
    relay = f"wss://{urlsplit(dashboard.url).netloc}/{PREFIX}/api/relay"
    assert {url for url, frame in heard if "line 000500" in str(frame)} == {relay}
    page.get_by_role("tab", name="Console").click()
    log = dashboard.home / "runs" / address.partition("run=")[2] / "events.jsonl"
    n_events = len(log.read_text().splitlines())
    expect(badge).to_have_text(f"complete: {n_events} of {n_events} events")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the whole log").click()
    assert download.value.url.startswith(f"{dashboard.url}/media/")
    assert Path(download.value.path()).read_text().count("line 000") == 500


def test_the_bare_prefix_leads_to_the_overview_and_a_click_to_another_screen_below_it(dashboard, visitor):
    page = visitor(dashboard.url)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Plugins").click()
    expect(page.get_by_role("heading", name="Plugins")).to_be_visible()
    assert page.url.startswith(f"{dashboard.url}/plugins")
