"""An index that others keep busy for too long: told as that, and never a reason to rebuild it or to end a run."""

import sqlite3
from contextlib import closing

import pytest

from core.base.errors import StoreError
from core.store.database import Database
from core.store.run_lock import RunLock
from core.store.schema import runs


@pytest.fixture
def impatient(home):
    """The index of a home, as somebody asks it who waits for nobody."""
    with closing(Database(home)) as index, index.transaction():
        pass
    with closing(Database(home, busy_s=0.05, set_up_s=0.05)) as index:
        yield index


def change_something(index) -> None:
    with index.transaction() as connection:
        connection.execute(runs.delete())


def test_a_writer_who_goes_on_for_too_long_is_named_as_the_reason(home, impatient):
    change_something(impatient)
    with closing(sqlite3.connect(home.index_file)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"another process has been writing to it for 0\.05 s\. Try again") as told:
            change_something(impatient)
    assert "reindex" not in str(told.value)
    change_something(impatient)


def test_others_who_open_it_for_too_long_are_a_fault_of_the_index_not_of_a_run(home, impatient):
    place = home.index_file.with_name("runs.sqlite.lock")
    with RunLock.take(place), pytest.raises(StoreError, match=r"Others have been opening it for 0\.05 s") as told:
        change_something(impatient)
    assert "new run id" not in str(told.value)
    change_something(impatient)
