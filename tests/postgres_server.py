"""A private PostgreSQL server on a loopback port, for as long as a block runs."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yield the URL of an empty database on a server of our own, which ends with the block."""
    binaries = _postgres_binaries()
    folder = Path(tempfile.mkdtemp(prefix="qlop-postgres-"))
    user = _server_user()
    os.chown(folder, user.pw_uid, user.pw_gid)
    password = secrets.token_hex(8)
    server = None
    try:
        _make_cluster(binaries, folder, user, password)
        server, url = _start_server(binaries, folder, user, password)
        yield url
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # "fast": ends connections, then the server
            server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_binaries() -> Path:
    on_path = shutil.which("initdb")
    found = [Path(on_path).parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version)
    if not found:
        pytest.fail(
            "The tests use a real PostgreSQL, and there is no initdb on the PATH or in "
            "/usr/lib/postgresql/*/bin. `make test` installs it; by hand: apt-get install postgresql"
        )
    return found[-1]


def _version(binaries: Path) -> float:
    return float(binaries.parent.name)


def _server_user() -> pwd.struct_passwd:
    # PostgreSQL refuses to run as root; its package brings a user for it.
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _as_user(user: pwd.struct_passwd) -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _make_cluster(binaries: Path, folder: Path, user: pwd.struct_passwd, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    os.chown(secret, user.pw_uid, user.pw_gid)
    command = [binaries / "initdb", "-D", folder / "data", "-U", "tester", "-A", "scram-sha-256", "--no-sync"]
    command += ["--pwfile", secret, "-E", "UTF8", "--locale=C.UTF-8"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **_as_user(user))
    assert done.returncode == 0, done.stderr


def _start_server(
    binaries: Path, folder: Path, user: pwd.struct_passwd, password: str
) -> tuple[subprocess.Popen[bytes], str]:
    for _ in range(5):
        port = _free_port()
        command = [binaries / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port), "-k", folder]
        command += ["-c", "fsync=off", "-c", "shared_buffers=16MB"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **_as_user(user))
        url = f"postgresql://tester:{password}@127.0.0.1:{port}/postgres"
        if _answers(server, url):
            return server, url
    pytest.fail(f"PostgreSQL did not start: {(folder / 'log').read_text()}")


def _answers(server: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < deadline:
        # A server that starts up listens already, and refuses.
        with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=10):
            return True
        time.sleep(0.05)
    return False


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
