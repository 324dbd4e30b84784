"""A home whose disk runs full, at each part of a run: the reason is told, nothing half-written is left, and with room the next run works.

The disk is a small file system of its own (tmpfs) where this process may mount one. Where it may not, the operating system refuses each file
of the commands beyond what is left.
"""

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.events import ArtifactPathPayload, RunState
from core.services.runs import list_runs
from core.services.workbench import open_workbench
from core.store.atomic import is_temporary
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

REPOSITORY = Path(__file__).parents[2]
SIZE_KB = 16_000

SMALL = """
mode: train
seed: 3
thread_count: 1
data: {data_source_type: sample, tickers: [AAPL, IBM], start_date: 2006-01-03, end_date: 2009-12-31}
features:
  - {name: mom, feature_step_type: momentum, feature_step_params: {horizons_bars: [5, 20]}}
label: {labeler_type: leverage_opportunity, labeler_params: {horizon_bars: 5, leverage: 1.5}}
model: {model_type: linear}
splits: {train_bars: 400, test_bars: 200}
"""


class SmallDisk:
    """A folder on a disk that can be filled, and commands whose home it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.place = folder / "disk"
        self.place.mkdir()
        mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_KB}k", "tmpfs", str(self.place)]
        may_mount = shutil.which("mount") is not None
        self.is_mounted = may_mount and subprocess.run(mounting, capture_output=True, check=False).returncode == 0
        self._most_bytes = resource.RLIM_INFINITY
        self.trained: RunFolder | None = None
        self.home = Home(self.place / "home").create()
        # Otherwise no run begins on so small a disk.
        (self.home.path / "settings.yaml").write_text("jobs: {free_disk_mb: 0.0}\n")
        (folder / "small.yaml").write_text(SMALL)

    @property
    def config(self) -> str:
        return str(self._folder / "small.yaml")

    def leave(self, kilobytes: int) -> None:
        """Fill the disk up to this."""
        if self.is_mounted:
            facts = os.statvfs(self.place)
            filler = facts.f_bavail * facts.f_frsize - kilobytes * 1024
            (self.place / "filler").write_bytes(bytes(filler))
        else:
            self._most_bytes = kilobytes * 1024 // 20  # a limit of each file, where a disk's is of all

    def make_room(self) -> None:
        (self.place / "filler").unlink(missing_ok=True)
        self._most_bytes = resource.RLIM_INFINITY

    def call(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-P", "-m", "core.cli.main", *arguments, "--home", str(self.home.path)],
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (self._most_bytes, self._most_bytes)),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def runs(self) -> list[RunFolder]:
        return [RunFolder.open(self.home, path.name) for path in sorted(self.home.runs_folder.iterdir())]

    def train(self) -> RunFolder:
        """Train with room, and return the new run."""
        before = {folder.run_id for folder in self.runs()}
        done = self.call("train-model", "--config", self.config, "--no-queue", "--json")
        assert done.returncode == 0, done.stderr
        (run,) = [folder for folder in self.runs() if folder.run_id not in before]
        assert settle_folder(run) is RunState.COMPLETED
        self.trained = run
        return run

    def end(self) -> None:
        if self.is_mounted:
            subprocess.run(["umount", str(self.place)], check=True)


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    made = SmallDisk(tmp_path_factory.mktemp("small"))
    yield made
    made.end()


@pytest.fixture
def disk(small_disk):
    """The same for all, with room again after each: what one bad day leaves behind is there on the next."""
    yield small_disk
    small_disk.make_room()


def assert_nothing_half_written(run: RunFolder) -> None:
    announced = [event.payload for event in run.events().read() if isinstance(event.payload, ArtifactPathPayload)]
    for artifact in announced:
        assert hashlib.sha256((run.path / artifact.path).read_bytes()).hexdigest() == artifact.sha256
    left = [path for path in run.path.rglob("*") if is_temporary(path.name)]
    assert left == []
    lines = run.events_path.read_bytes().splitlines(keepends=True)
    assert all(json.loads(line)["seq"] == number for number, line in enumerate(lines, start=1))
    assert lines[-1].endswith(b"\n")


def assert_told(done: subprocess.CompletedProcess) -> None:
    assert done.returncode not in {0, 130}, done.stdout
    assert any(reason in done.stderr for reason in ("No space left", "File too large", "out of disk space")), (
        done.stderr
    )
    assert "Traceback" not in done.stderr
    if "No space left" in done.stderr:
        assert "fault of QLOP" not in done.stderr


@pytest.mark.parametrize("kilobytes", [0, 40, 120])
def test_a_run_that_meets_the_end_of_the_disk_says_so_and_the_next_one_works(disk, kilobytes):
    before = {run.run_id for run in disk.runs()}
    disk.leave(kilobytes)
    done = disk.call("train-model", "--config", disk.config, "--no-queue")
    assert_told(done)
    failed = [run for run in disk.runs() if run.run_id not in before]
    for run in failed:
        assert settle_folder(run) in {RunState.FAILED, RunState.CRASHED}
        assert_nothing_half_written(run)
    disk.make_room()
    trained = disk.train()
    listed = {row.run_id: row.state for row in list_runs(open_workbench(disk.home.path), limit=None)}
    assert next(iter(listed)) == trained.run_id
    assert listed.keys() == {trained.run_id, *before, *(run.run_id for run in failed)}
    assert {listed[run.run_id] for run in failed} <= {"failed", "crashed"}


def test_an_export_without_room_leaves_no_file_and_works_with_room(disk):
    run = disk.trained or disk.train()
    before = {folder.run_id for folder in disk.runs()}
    disk.leave(24)
    arguments = ("export-model", "--run", run.run_id, "--no-queue", "--set", "export.exporter_type=bundle")
    assert_told(disk.call(*arguments))
    for folder in [folder for folder in disk.runs() if folder.run_id not in before]:
        assert_nothing_half_written(folder)
        assert not list(folder.path.rglob("*.zip"))
    disk.make_room()
    done = disk.call(*arguments)
    assert done.returncode == 0, done.stderr
