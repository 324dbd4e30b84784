"""The command line in a process of its own, with a home and a configuration folder of its own."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]

SMALL = """
mode: pipeline
title: A small run
seed: 3
thread_count: 1
data: {data_source_type: sample, tickers: [AAPL, IBM], start_date: 2006-01-03, end_date: 2009-12-31}
features:
  - {name: mom, feature_step_type: momentum, feature_step_params: {horizons_bars: [5, 20]}}
  - {name: vol, feature_step_type: realized_volatility}
label: {labeler_type: leverage_opportunity, labeler_params: {horizon_bars: 5, leverage: 1.5}}
model: {model_type: linear}
splits: {train_bars: 400, test_bars: 200}
strategy: {strategy_type: leverage_opportunity}
backtest:
  benchmark: NASDAQ
  baselines: {always_1x: {strategy_type: constant_leverage, strategy_params: {leverage: 1.0}}}
"""


@dataclass(frozen=True)
class Qlop:
    """Calls `qlop` as a person would."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def config(self) -> Path:
        return self.folder / "small.yaml"

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "QLOP_HOME": str(self.home),
            "QLOP_CONFIG_DIR": str(self.folder / "configuration"),
            "PYTHONWARNINGS": "default",
            "COLUMNS": "200",
        }

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "core.cli.main", *map(str, arguments)]

    def call(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env={**self.environment(), "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env={**self.environment(), "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def start_loading(self, *arguments: object) -> subprocess.Popen[str]:
        """Start it and return once the commands load: before Python itself is up nothing of ours can catch a signal."""
        process = self.start(*arguments)
        deadline = time.monotonic() + 60
        # The first library that they load is mapped into the process.
        while "_pydantic_core" not in Path(f"/proc/{process.pid}/maps").read_text():
            assert time.monotonic() < deadline, "the command does not load"
            time.sleep(0.001)
        return process

    def json(self, *arguments: object) -> dict:
        done = self.call(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def run_folders(self) -> list[Path]:
        runs = self.home / "runs"
        return sorted(runs.iterdir()) if runs.is_dir() else []


@pytest.fixture
def qlop(tmp_path) -> Qlop:
    """A `qlop` with an empty home."""
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    return Qlop(tmp_path)


@pytest.fixture(scope="module")
def shared_qlop(tmp_path_factory) -> Qlop:
    """A `qlop` with a home that is empty at first, for all tests of a file."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    return Qlop(folder)


@pytest.fixture(scope="session")
def first_use(tmp_path_factory) -> Path:
    """A folder whose home holds one completed pipeline; outcome.json is that run's JSON."""
    folder = tmp_path_factory.mktemp("first-use")
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    qlop = Qlop(folder)
    outcome = qlop.json("run", "pipeline", "--config", qlop.config)
    (folder / "outcome.json").write_text(json.dumps(outcome), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def used(first_use, tmp_path_factory) -> tuple[Qlop, dict]:
    """A `qlop` with a copy of that home, which each file may fill and empty as it likes, and the run's JSON."""
    folder = tmp_path_factory.mktemp("used") / "copy"
    shutil.copytree(first_use, folder)
    outcome = (folder / "outcome.json").read_text(encoding="utf-8").replace(f"{first_use}/", f"{folder}/")
    return Qlop(folder), json.loads(outcome)
