"""Lists skip the comparison with the folders while nothing has changed, and still miss nothing."""

from __future__ import annotations

import os
import shutil
import time

import pytest
from sqlalchemy import text

from core.base.errors import StoreError
from core.base.events import RunState
from core.base.identifiers import new_run_id
from core.store.agreement import Agreement, FolderStamp
from core.store.atomic import write_json
from core.store.database import Database
from core.store.run_query import RunQuery
from core.store.run_session import open_run
from core.store.run_store import RunStore
from core.store.schema import runs

CONFIG = {"mode": "train", "title": "", "data": {"data_source_type": "sample", "tickers": ["IBM"]}}


def make_run(home) -> str:
    run_id = new_run_id()
    with open_run(home, run_id, CONFIG, {}):
        return run_id


def age_folders(home, age_s: float = 60) -> None:
    moment = time.time() - age_s
    for folder in (home.runs_folder, home.trash_folder):
        os.utime(folder, (moment, moment))


@pytest.fixture
def two_runs(home) -> list[str]:
    """Two runs that ended long ago, and an index that is known to agree with them."""
    made = [make_run(home), make_run(home)]
    age_folders(home)
    assert found(home) == set(made)
    return made


def found(home) -> set[str]:
    with RunStore(home) as store:
        return {record.run_id for record in store.find(RunQuery(limit=None))}


def version(home) -> str:
    with RunStore(home) as store:
        return store.version()


def test_rows_that_vanish_from_the_index_come_back_from_the_folders(home, two_runs):
    with RunStore(home) as store, store._database.transaction() as connection:
        connection.execute(runs.delete().where(runs.c.run_id == two_runs[0]))
    assert found(home) == set(two_runs)


def test_a_folder_that_is_removed_by_hand_leaves_the_list(home, two_runs):
    for file in sorted(home.run_path(two_runs[0]).rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    home.run_path(two_runs[0]).rmdir()
    assert found(home) == {two_runs[1]}


def test_a_run_that_ends_while_no_folder_comes_or_goes_is_shown_as_ended(home, two_runs):
    run_id = new_run_id()
    with open_run(home, run_id, CONFIG, {}), RunStore(home) as store:
        age_folders(home)
        assert [record.run_id for record in store.find(RunQuery(states=(RunState.RUNNING,)))] == [run_id]
    with RunStore(home) as store:
        assert store.find(RunQuery(states=(RunState.RUNNING,))) == []


def test_the_version_changes_with_a_note_and_with_a_run_that_goes_and_not_else(home, two_runs):
    before = version(home)
    assert version(home) == before
    with RunStore(home) as store:
        store.annotate(two_runs[0], notes="look again")
    annotated = version(home)
    with RunStore(home) as store:
        store.delete(two_runs[0])
    assert len({before, annotated, version(home)}) == 3


@pytest.fixture
def database(home):
    opened = Database(home)
    yield opened
    opened.close()


def agreed(home, database, stamp, row_count):
    with database.transaction() as connection:
        return Agreement(home, database).unreadable(connection, stamp, row_count)


def test_folders_that_changed_just_now_are_not_yet_taken_for_unchanged(home, database):
    make_run(home)
    agreement, stamp = Agreement(home, database), FolderStamp.of(home)
    now = FolderStamp((time.time_ns(), stamp.changed_ns[1]), stamp.identity)
    agreement.note(now, 1, ())
    assert agreed(home, database, now, 1) is None
    age_folders(home)
    stamp = FolderStamp.of(home)
    agreement.note(stamp, 1, ("one",))
    assert agreed(home, database, stamp, 1) == {"one"}
    assert agreed(home, database, stamp, 2) is None
    assert (
        agreed(home, database, FolderStamp((stamp.changed_ns[0] + 1, stamp.changed_ns[1]), stamp.identity), 1) is None
    )
    agreement.forget()
    assert agreed(home, database, stamp, 1) is None


def test_a_copy_of_the_folder_of_the_same_age_is_compared_anew(home, two_runs, tmp_path):
    before = FolderStamp.of(home)
    home.runs_folder.rename(tmp_path / "aside")
    shutil.copytree(tmp_path / "aside", home.runs_folder)
    age = before.changed_ns[0]
    os.utime(home.runs_folder, ns=(age, age))
    assert FolderStamp.of(home).changed_ns[0] == age
    assert FolderStamp.of(home) != before
    assert found(home) == set(two_runs)


def test_a_run_that_cannot_be_read_is_looked_at_each_time_and_the_others_are_not(home, two_runs, database):
    damaged, whole = two_runs
    events = home.run_path(damaged) / "events.jsonl"
    content = events.read_bytes()
    (home.run_path(damaged) / "config.json").rename(home.path / "config.json")
    with RunStore(home) as store, store._database.transaction() as connection:
        connection.execute(runs.delete().where(runs.c.run_id == damaged))
    assert found(home) == {whole}
    assert agreed(home, database, FolderStamp.of(home), 1) == {damaged}
    assert events.read_bytes() == content
    (home.path / "config.json").rename(home.run_path(damaged) / "config.json")
    assert found(home) == set(two_runs)
    assert agreed(home, database, FolderStamp.of(home), 2) == set()


def tags_of(home, run_id) -> tuple[str, ...]:
    with RunStore(home) as store:
        (record,) = (record for record in store.find(RunQuery(limit=None)) if record.run_id == run_id)
    return record.tags


def test_a_note_that_the_index_refused_is_seen_by_the_next_looker(home, two_runs):
    with RunStore(home) as store:
        with store._database.transaction() as connection:
            connection.execute(text(f"CREATE TRIGGER no BEFORE UPDATE ON {runs} BEGIN SELECT RAISE(ABORT, 'no'); END"))
        with pytest.raises(StoreError, match="no"):
            store.annotate(two_runs[0], tags=["late"])
        with store._database.transaction() as connection:
            connection.execute(text("DROP TRIGGER no"))
    assert tags_of(home, two_runs[0]) == ("late",)


def test_a_note_of_another_version_is_seen_when_a_run_comes(home, two_runs):
    write_json(home.run_path(two_runs[0]) / "notes.json", {"tags": ["theirs"]})
    make_run(home)
    assert tags_of(home, two_runs[0]) == ("theirs",)
