"""Many folders that an index does not know: they are entered some at a time, and whoever waits is told."""

from __future__ import annotations

import logging

import pytest

from core.store.database import Database
from core.store.home import Home
from core.store.long_fill import LongFill
from core.store.run_index import RunIndex
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

N_RUNS = 601


@pytest.mark.parametrize(("quiet_s", "every_s", "lines"), [(60.0, 0.0, 0), (0.0, 60.0, 1), (0.0, 0.0, 3)])
def test_a_filling_is_told_after_a_while_and_then_every_so_often(caplog, quiet_s, every_s, lines):
    filling = LongFill(2000, quiet_s=quiet_s, every_s=every_s)
    for n_entered in (1997, 1998, 1999, 2000):  # so near the end that nothing is left, however long these took
        filling.entered(n_entered)
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * lines
    assert all("of 2,000 are entered, about 0 s are left" in record.getMessage() for record in caplog.records)


@pytest.fixture(scope="module")
def home(tmp_path_factory, make_large_store):
    """A home of many runs whose index was lost, one of them damaged."""
    home = Home(tmp_path_factory.mktemp("many") / "home")
    ids = make_large_store(home, N_RUNS)
    (home.run_path(ids[300]) / "config.json").write_text("{")
    for file in home.path.glob("runs.sqlite*"):
        file.unlink()
    return home


def test_all_folders_are_entered_however_many_there_are(home):
    with RunStore(home) as store:
        assert store.count(RunQuery()) == N_RUNS - 1
        assert len(store.unreadable()) == 1


def test_whoever_is_interrupted_has_entered_some(tmp_path, make_large_store):
    home = Home(tmp_path / "home")
    ids = make_large_store(home, 501)
    database = Database(home)
    index = RunIndex(home, database)
    index.drop(ids)
    folders = index.folders()
    # The last of them is no folder's name, as a program that is ended within it would find.
    with pytest.raises(AttributeError):
        index.enter([*folders[:500], None])
    assert index.known_runs().keys() == {found.run_id for found in folders[:500]}
    database.close()
