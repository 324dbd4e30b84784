"""The index of runs is a copy: whatever happens to its database, no run waits for it, and none is missing or there twice."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg
import pytest

from core.store.home import Home
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

FOLDER = Path(__file__).parent


def start_writers(home, n_writers, n_runs):
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / "writers.py"), str(home.path), str(n_writers), str(n_runs)],
        env={**os.environ, "PYTHONPATH": str(FOLDER.parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    process.stdin.write(home.database_url or "")
    process.stdin.close()
    process.stdin = None
    return process


def listed(home):
    with RunStore(home) as store:
        return [(record.run_id, record.state.value) for record in store.find(RunQuery(limit=None))]


def test_thirty_two_writers_and_a_reader_share_one_sqlite_file(tmp_path):
    home = Home(tmp_path / "home").create()
    writers = start_writers(home, 32, 4)
    seen, is_over = [], threading.Event()

    def read():
        while not is_over.is_set():
            seen.append(len(listed(home)))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        said, errors = writers.communicate(timeout=240)
    finally:
        is_over.set()
        reader.join()
    assert (writers.returncode, errors) == (0, "")
    written = said.split()
    assert len(set(written)) == 128
    assert sorted(listed(home)) == sorted((run_id, "completed") for run_id in written)
    assert seen == sorted(seen)


class PostgresServer:
    """A server of our own that can be stopped and started in one place: a socket in its folder, which nobody else takes."""

    def __init__(self, folder: Path) -> None:
        spec = importlib.util.spec_from_file_location("postgres_server", FOLDER.parent / "postgres_server.py")
        self._parts = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._parts)
        self._folder, self._binaries = folder, self._parts._postgres_binaries()
        self._user = self._parts._server_user()
        os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self._parts._make_cluster(self._binaries, folder, self._user, "secret")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://tester:secret@/postgres?host={self._folder}"

    def start(self) -> None:
        command = [self._binaries / "postgres", "-D", self._folder / "data", "-h", ""]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "-k", self._folder],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._parts._as_user(self._user),
            )
        deadline = time.monotonic() + 60
        while not self._takes_questions():
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.05)

    def _takes_questions(self) -> bool:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how=signal.SIGINT) -> None:
        self.process.send_signal(how)
        self.process.wait(60)


@pytest.fixture
def postgres():
    folder = Path(tempfile.mkdtemp(prefix="qlop-postgres-"))
    server = PostgresServer(folder)
    yield server
    if server.process.poll() is None:
        server.stop()
    shutil.rmtree(folder)


def test_a_postgres_that_stops_and_starts_under_load_loses_no_run_and_has_none_twice(postgres, tmp_path):
    home = Home(tmp_path / "home", postgres.url).create()
    writers = start_writers(home, 4, 0)
    said, errors = [], []
    readers = [
        threading.Thread(target=lambda: said.extend(writers.stdout)),
        threading.Thread(target=lambda: errors.extend(writers.stderr)),
    ]
    for reader in readers:
        reader.start()

    def wait_for_more(count):
        before, deadline = len(said), time.monotonic() + 120
        while len(said) < before + count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(said) >= before + count, errors

    wait_for_more(8)
    for how in (signal.SIGINT, signal.SIGQUIT):  # at once, and as a crash
        postgres.stop(how)
        wait_for_more(8)
        postgres.start()
        wait_for_more(8)
    (home.path / "stop").touch()
    assert writers.wait(120) == 0
    for reader in readers:
        reader.join()
    writers.stdout.close()
    writers.stderr.close()
    written = [line.strip() for line in said]
    assert sorted(listed(home)) == sorted((run_id, "completed") for run_id in written)
    assert "secret" not in "".join(errors)
