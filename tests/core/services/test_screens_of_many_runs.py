"""What the screens Models and System ask, in a home of many runs: the index, and never each run's folder."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest

from core.services.disk_use import RUNS_LOOKED_INTO, disk_use
from core.services.run_list import list_version
from core.services.run_names import find_trained_run
from core.services.system_alerts import index_alerts
from core.services.trained_models import model_count, trained_models
from core.services.unfinished_runs import unfinished_runs
from core.services.workbench import open_workbench
from core.store.run_store import RunStore

N_RUNS = 300
N_MODELS = 5
LONG_AGO = (1_700_000_000, 1_700_000_000)


class Looks:
    """The files and folders that this process opens while it is told to watch."""

    def __init__(self):
        self._seen = None
        sys.addaudithook(self._note)

    @contextmanager
    def watched(self):
        self._seen = []
        try:
            yield self._seen
        finally:
            self._seen = None

    def _note(self, event, arguments):
        if self._seen is not None and event in {"open", "os.scandir", "os.listdir"}:
            self._seen.append(str(arguments[0]))


@pytest.fixture(scope="module")
def looks():
    return Looks()


@pytest.fixture
def workbench(tmp_path, make_large_store):
    """A home of many runs, some with models, that the index agrees with."""
    workbench = open_workbench(tmp_path / "home")
    make_large_store(workbench.home, N_RUNS)
    # A run that has completed has key figures.
    for metrics in sorted(workbench.home.runs_folder.glob("*/metrics.json"))[:N_MODELS]:
        model = metrics.parent / "artifacts" / "model"
        model.mkdir(parents=True)
        (model / "model.json").write_text("{}", encoding="utf-8")
    # A change within the clock's tick could go unseen, so that folders which changed just now are compared again.
    os.utime(workbench.home.runs_folder, LONG_AGO)
    os.utime(workbench.home.trash_folder, LONG_AGO)
    with RunStore(workbench.home) as store:
        store.reindex()
        store.find()
    return workbench


def _runs_looked_into(workbench, seen):
    runs = workbench.home.runs_folder
    return {Path(path).relative_to(runs).parts[0] for path in seen if runs in Path(path).parents}


def test_the_screens_open_no_run_that_has_ended(workbench, looks):
    with looks.watched() as seen:
        assert len(trained_models(workbench)) == N_MODELS
        assert index_alerts(workbench) == []
        assert unfinished_runs(workbench) == []
        assert find_trained_run(workbench, "latest") in set(trained_models(workbench)["run_id"])
        list_version(workbench)
    assert _runs_looked_into(workbench, seen) == set()
    assert str(workbench.home.runs_folder) not in seen


def test_models_and_alerts_come_from_the_index_even_where_the_folders_are_empty(workbench):
    before = trained_models(workbench)
    for folder in workbench.home.runs_folder.iterdir():
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    assert trained_models(workbench).equals(before)
    assert index_alerts(workbench) == []


def test_models_are_listed_page_by_page_newest_first_and_all_of_them_are_counted(workbench):
    all_of_them = trained_models(workbench)["run_id"].tolist()
    pages = [trained_models(workbench, limit=2, offset=offset)["run_id"].tolist() for offset in (0, 2, 4)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert list(chain.from_iterable(pages)) == all_of_them
    assert model_count(workbench) == N_MODELS == len(all_of_them)


def test_a_home_that_is_not_there_has_no_models(tmp_path):
    workbench = open_workbench(tmp_path / "none")
    assert model_count(workbench) == len(trained_models(workbench)) == 0
    assert not workbench.home.path.exists()


def test_the_size_of_many_runs_is_told_from_a_part_of_them(tmp_path, looks):
    workbench = open_workbench(tmp_path / "home")
    n_runs = RUNS_LOOKED_INTO + 500
    for number in range(n_runs):
        folder = workbench.home.runs_folder / f"{number:08}"
        folder.mkdir(parents=True)
        (folder / "events.jsonl").write_bytes(b"x" * 100)
    with looks.watched() as seen:
        runs = next(place for place in disk_use(workbench).places if place.name == "Runs")
    assert len(_runs_looked_into(workbench, seen)) == RUNS_LOOKED_INTO
    assert (runs.n_files, runs.size_bytes, runs.is_estimate) == (n_runs, 100 * n_runs, True)


def test_the_size_of_few_runs_is_counted(workbench):
    runs = next(place for place in disk_use(workbench).places if place.name == "Runs")
    files = [path for path in workbench.home.runs_folder.rglob("*") if path.is_file()]
    assert (runs.n_files, runs.is_estimate) == (len(files), False)
    assert runs.size_bytes == sum(path.stat().st_size for path in files)
