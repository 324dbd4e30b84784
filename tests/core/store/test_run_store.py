from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
import sqlalchemy

from core.base.errors import RunError, RunIdError, StoreError, UsageError
from core.base.events import RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_query import RunQuery
from core.store.run_record import RunRecord, read_record
from core.store.run_session import open_run
from core.store.run_store import RunStore
from core.store.schema import metadata

CONFIG = {"mode": "train", "title": "", "seed": 7, "data": {"data_source_type": "sample", "tickers": ["AAPL", "IBM"]}}


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """A home whose index lies in a SQLite file, then one whose index lies in a real PostgreSQL."""
    if request.param == "sqlite":
        yield Home(tmp_path / ".qlop").create()
        return
    url = request.getfixturevalue("postgres_url")
    yield Home(tmp_path / ".qlop", url).create()
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def store(home: Home) -> Iterator[RunStore]:
    with RunStore(home) as opened:
        yield opened


def _run(home: Home, *, fails: bool = False, **config: object) -> str:
    run_id = new_run_id()
    try:
        with open_run(home, run_id, {**CONFIG, **config}, {}) as run:
            run.save_metrics({"sharpe": 1.5, "missing": None})
            if fails:
                raise StoreError("on purpose")
    except StoreError:
        assert fails
    return run_id


def _from_files(home: Home) -> dict[str, RunRecord]:
    places = ((home.runs_folder, False), (home.trash_folder, True))
    return {
        entry.name: read_record(RunFolder(entry, entry.name), home.home_id, is_deleted=is_deleted)
        for place, is_deleted in places
        for entry in place.iterdir()
    }


def _found(store: RunStore, **query: object) -> list[str]:
    return [record.run_id for record in store.find(RunQuery(**query))]  # type: ignore[arg-type]


def test_lists_are_filtered_ordered_and_cut(home: Home, store: RunStore) -> None:
    first = _run(home, title="Zürich 100%", mode="train")
    second = _run(home, title="alpha", mode="backtest", fails=True)
    third = _run(home, title="Beta_x", mode="train")
    assert _found(store) == [third, second, first]
    assert _found(store, is_descending=False) == [first, second, third]
    assert _found(store, limit=1) == [third]
    assert _found(store, states=(RunState.FAILED,)) == [second]
    assert _found(store, states=(RunState.FAILED, RunState.COMPLETED), modes=("train",)) == [third, first]
    assert _found(store, order="title", is_descending=False) == [third, first, second]
    assert _found(store, text="ZÜRICH") == [first]
    assert _found(store, text="100%") == [first]
    assert _found(store, text="a_x") == [third]
    assert _found(store, text="aapl", limit=None) == [third, second, first]
    assert _found(store, text=second[:13].upper()) == [second]
    assert _found(store, text="%") == [first]
    assert _found(store, text="nowhere") == []


def test_a_search_is_sorted_filtered_and_cut_like_a_list(home: Home, store: RunStore) -> None:
    runs = [_run(home, title=title) for title in ("b wanted", "c wanted", "other", "a wanted")]
    failed = _run(home, title="d wanted", fails=True)
    store.annotate(runs[0], tags=["mine"])
    assert _found(store, text="wanted", order="title") == [failed, runs[1], runs[0], runs[3]]
    assert _found(store, text="wanted", order="title", is_descending=False, limit=2) == [runs[3], runs[0]]
    assert _found(store, text="wanted", order="title", limit=2, offset=1) == [runs[1], runs[0]]
    assert _found(store, text="wanted", order="title", states=(RunState.FAILED,)) == [failed]
    assert _found(store, text="wanted", order="title", modes=("train",), limit=1) == [failed]
    assert _found(store, tag="mine", text="wanted", order="sharpe") == [runs[0]]
    assert _found(store, text="wanted", order="run_id") == sorted({*runs, failed} - {runs[2]}, reverse=True)
    store.delete(runs[1])
    assert _found(store, text="wanted", order="title", only_deleted=True) == [runs[1]]
    assert _found(store, text="wanted", order="title", with_deleted=True) == [failed, runs[1], runs[0], runs[3]]


def test_runs_that_kept_a_model_are_known_to_the_index(home: Home, store: RunStore) -> None:
    _run(home)
    with open_run(home, new_run_id(), CONFIG, {}) as run:
        model = run.new_folder("model")
        (model / "model.json").write_text("{}")
        run.save_folder("model", model)
    assert store.find(RunQuery(with_model=True)) == [store.get(run.run_id)]
    assert store.get(run.run_id).has_model
    assert _found(store, with_model=True, home_id=home.home_id) == [run.run_id]
    assert _found(store, with_model=True, home_id="another") == []


def test_runs_that_cannot_be_read_are_known_to_the_index(home: Home, store: RunStore) -> None:
    good, bad, trashed = _run(home), _run(home), _run(home)
    assert store.unreadable() == set()
    store.delete(trashed)
    (home.trash_folder / trashed / "config.json").write_text("{")
    (home.run_path(bad) / "config.json").write_text("{")
    store.reindex()
    assert store.unreadable() == {bad}
    assert _found(store) == [good]


def test_titles_sort_alike_in_every_database(home: Home, store: RunStore) -> None:
    titles = ["b", "B", "a", "A", "ä", "_", "z"]
    for title in titles:
        _run(home, title=title)
    found = store.find(RunQuery(order="title", is_descending=False))
    assert [record.title for record in found] == sorted(titles)


@pytest.mark.parametrize("query", [{"limit": 0}, {"order": "run_id; DROP TABLE"}])
def test_questions_without_sense_are_refused(query: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="it must be"):
        RunQuery(**query)  # type: ignore[arg-type]


def test_a_record_is_what_the_files_say(home: Home, store: RunStore) -> None:
    run_id = _run(home, title="mine")
    record = store.get(run_id)
    assert record == store.find()[0] == _from_files(home)[run_id]
    assert record.config_summary == {"seed": 7, "data_source": "sample", "tickers": ["AAPL", "IBM"]}
    assert record.metrics == {"sharpe": 1.5, "missing": None}
    assert record.created_at.tzinfo is not None
    assert record.has_ended


def test_runs_that_have_not_finished_come_last_when_sorted_by_their_end(home: Home, store: RunStore) -> None:
    done = _run(home)
    with open_run(home, new_run_id(), CONFIG, {}) as run:
        assert _found(store, order="finished_at") == [done, run.run_id]
        assert store.get(run.run_id).finished_at is None


def test_reindex_equals_the_files(home: Home, store: RunStore) -> None:
    runs = [_run(home, title=f"run {number}", fails=number % 2 == 0) for number in range(5)]
    store.annotate(runs[0], tags=["b", "a", " a ", ""], notes="Look at fold 3")
    store.delete(runs[1])
    assert {record.run_id: record for record in store.find(RunQuery(with_deleted=True))} == _from_files(home)
    if home.database_url is None:
        store.close()
        for file in home.path.glob("runs.sqlite*"):
            file.unlink()
    report = store.reindex()
    assert (report.run_count, report.broken) == (5, {})
    assert {record.run_id: record for record in store.find(RunQuery(with_deleted=True))} == _from_files(home)
    assert store.get(runs[0]).tags == ("a", "b")


def test_a_lost_index_fills_itself(home: Home, store: RunStore) -> None:
    run_id = _run(home)
    other = Home(home.path.parent / "moved", home.database_url)
    store.close()
    home.path.rename(other.path)
    for file in other.path.glob("runs.sqlite*"):
        file.unlink()
    with RunStore(other) as again:
        assert _found(again) == [run_id]


def test_folders_that_vanish_or_are_copied_in_are_noticed(home: Home, store: RunStore, tmp_path: Path) -> None:
    kept, vanished = _run(home), _run(home)
    shutil.copytree(home.run_path(vanished), tmp_path / "copy")
    shutil.rmtree(home.run_path(vanished))
    assert _found(store) == [kept]
    (tmp_path / "copy").rename(home.run_path(vanished))
    assert _found(store) == [vanished, kept]


def test_a_damaged_folder_is_reported_and_harms_no_other(home: Home, store: RunStore) -> None:
    good, bad = _run(home), _run(home)
    (home.run_path(bad) / "config.json").write_text("{")
    report = store.reindex()
    assert report.run_count == 1
    assert list(report.broken) == [bad]
    assert "config.json cannot be read" in report.broken[bad]
    assert _found(store) == [good]
    with pytest.raises(StoreError, match=r"config\.json cannot be read"):
        store.get(bad)


def test_a_deleted_run_waits_in_the_trash_and_can_come_back(home: Home, store: RunStore) -> None:
    run_id = _run(home)
    before = store.get(run_id)
    assert store.delete(run_id) == home.trash_folder / run_id
    assert _found(store) == []
    assert _found(store, with_deleted=True) == [run_id]
    assert store.get(run_id) == replace(before, is_deleted=True)
    with pytest.raises(RunError, match=f"lies in the trash. Bring it back with: qlop runs restore {run_id}"):
        store.delete(run_id)
    assert store.restore(run_id) == before
    assert store.find() == [before]
    with pytest.raises(RunError, match="is not deleted"):
        store.restore(run_id)


def test_many_runs_go_together_and_one_that_lives_stops_those_behind_it(home: Home, store: RunStore) -> None:
    runs, damaged = [_run(home) for _ in range(4)], _run(home)
    (home.run_path(damaged) / "config.json").write_text("{", encoding="utf-8")
    store.delete_all([runs[0], new_run_id(), damaged, runs[1]])
    assert set(_found(store, only_deleted=True)) == {runs[0], runs[1]}
    assert (home.trash_folder / damaged).is_dir()
    with open_run(home, new_run_id(), CONFIG, {}, owns_process=False) as run:
        with pytest.raises(RunError, match="has not ended"):
            store.delete_all([runs[2], run.run_id, runs[3]])
        assert set(_found(store, only_deleted=True)) == set(runs[:3])
        assert set(_found(store)) == {runs[3], run.run_id}
    store.erase_all([runs[0], runs[3], damaged])
    assert set(_found(store, only_deleted=True)) == {runs[1], runs[2]}
    assert {path.name for path in home.trash_folder.iterdir()} == {runs[1], runs[2]}
    assert home.run_path(runs[3]).is_dir()
    assert {record.run_id: record for record in store.find(RunQuery(with_deleted=True))} == _from_files(home)


def test_runs_are_found_by_their_ids(home: Home, store: RunStore) -> None:
    runs = [_run(home) for _ in range(3)]
    assert _found(store, run_ids=(runs[2], runs[0], new_run_id())) == [runs[2], runs[0]]


def test_a_living_run_is_not_deleted(home: Home, store: RunStore) -> None:
    with open_run(home, new_run_id(), CONFIG, {}) as run, pytest.raises(RunError, match="First: qlop runs cancel"):
        store.delete(run.run_id)
    assert _found(store) == [run.run_id]


def test_tags_are_found_exactly_and_notes_by_their_words(home: Home, store: RunStore) -> None:
    first, second = _run(home), _run(home)
    store.annotate(first, tags=["live", "Best 1%"], notes="Größer als gedacht")
    store.annotate(second, tags=["olive"])
    assert _found(store, tag="live") == [first]
    assert _found(store, text="LIVE") == [second, first]
    assert _found(store, tag="Best 1%") == [first]
    assert _found(store, text="GRÖSSER") == _found(store, text="größer") == [first]
    assert store.annotate(first, notes="").tags == ("Best 1%", "live")
    assert store.annotate(first, tags=[]).tags == ()


def test_a_run_is_found_by_the_beginning_of_its_id(home: Home, store: RunStore) -> None:
    run_id = _run(home)
    assert store.resolve(run_id) == store.resolve(run_id[:8]) == store.resolve(run_id[:13].upper()) == run_id
    with pytest.raises(RunIdError, match="give at least 4 characters of its id, or 'latest'"):
        store.resolve(run_id[:3])
    with pytest.raises(RunIdError, match="There is no run whose id begins with"):
        store.resolve(new_run_id())
    twin = run_id[:-1] + ("0" if run_id[-1] != "0" else "1")
    shutil.copytree(home.run_path(run_id), home.run_path(twin))
    with pytest.raises(RunError, match="2 runs begin with"):
        store.resolve(run_id[:8])


def test_an_unknown_run_is_told(store: RunStore) -> None:
    run_id = new_run_id()
    for ask in (store.get, store.delete, store.restore, store.annotate):
        with pytest.raises(RunError, match=f"There is no run {run_id}"):
            ask(run_id)


def test_an_older_view_of_a_run_does_not_replace_a_newer_one(home: Home, store: RunStore) -> None:
    run_id = _run(home)
    newer = store.get(run_id)
    older = replace(newer, state=RunState.RUNNING, event_count=1, finished_at=None)
    store._index.write([older])
    assert store.find() == [newer]


def test_any_text_can_be_indexed(home: Home, store: RunStore) -> None:
    run_id = _run(home, title="nul \x00, quote ', emoji 😀", data={"tickers": ["\x00"]})
    assert store.get(run_id).title == "nul \x00, quote ', emoji 😀"
    assert store.find()[0].title == "nul \ufffd, quote ', emoji 😀"


WRITER = (
    "import sys; from pathlib import Path; from core.base.identifiers import new_run_id\n"
    "from core.store.home import Home; from core.store.run_session import open_run; from core.store.run_store import RunStore\n"
    "import core.store.schema, sqlalchemy.dialects.sqlite, sqlalchemy.dialects.postgresql\n"
    "print('ready', flush=True)\n"
    "url = sys.stdin.read() or None; home = Home(Path(sys.argv[1]), url)\n"
    "for number in range(5):\n"
    "    with open_run(home, new_run_id(), {'mode': 'train', 'title': sys.argv[2]}, {}) as run:\n"
    "        run.save_metrics({'number': number})\n"
    "    with RunStore(home) as store: store.annotate(run.run_id, tags=[sys.argv[2]]); store.find()\n"
)


def test_eight_processes_write_at_once_from_the_first_moment(home: Home, store: RunStore) -> None:
    command = [sys.executable, "-W", "error", "-c", WRITER, str(home.path)]
    writers = [
        Popen([*command, f"writer {number}"], stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) for number in range(8)
    ]
    for writer in writers:
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        writer.stdin.write(home.database_url or "")
        writer.stdin.flush()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.close()  # each waits for the end of its input: all begin now
        writer.stdin = None
    for writer in writers:
        assert (writer.communicate(), writer.returncode) == (("", ""), 0)
    records = {record.run_id: record for record in store.find(RunQuery(limit=None))}
    assert len(records) == 40
    assert records == _from_files(home)
    assert len(_found(store, tag="writer 3", limit=None)) == 5


def test_runs_of_two_homes_share_one_index_and_leave_each_other_alone(
    home: Home, store: RunStore, tmp_path: Path
) -> None:
    url = home.store_url
    other = Home(tmp_path / "other", url).create()
    mine, theirs = _run(home), _run(other)
    with RunStore(other) as other_store:
        assert set(_found(other_store)) == {mine, theirs}
        other_store.reindex()
        with pytest.raises(RunError, match="There is no run"):
            other_store.get(mine)
    assert set(_found(store)) == {mine, theirs}


def test_states_come_true_by_looking_at_the_list(home: Home, store: RunStore) -> None:
    running = StatusPayload(state=RunState.RUNNING, current_status="started")
    folder, lock = RunFolder.create(home, new_run_id(), CONFIG, {}, first_status=running)
    store.upsert(folder)
    assert store.find()[0].state is RunState.RUNNING
    lock.release()
    assert store.find()[0].state is RunState.CRASHED


def test_looking_at_a_home_that_is_not_there_makes_none(tmp_path: Path) -> None:
    with RunStore(Home(tmp_path / ".qlop")) as store:
        assert store.find() == []
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_sqlite_file_is_told_and_put_aside_by_reindex(tmp_path: Path) -> None:
    home = Home(tmp_path / ".qlop")
    run_id = _run(home)
    for file in home.path.glob("runs.sqlite*"):
        file.unlink()
    (home.path / "runs.sqlite").write_bytes(b"no database at all" * 100)
    with RunStore(home) as store:
        with pytest.raises(StoreError, match=r"file is not a database\. Rebuild it .* qlop runs reindex"):
            store.find()
        assert store.reindex().run_count == 1
        assert _found(store) == [run_id]
    assert len(list(home.path.glob("runs.sqlite.broken-*"))) == 1


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://u:hunter2@h/d", "cannot be a 'mysql' database"),
        ("not a url hunter2", "is no database URL"),
        ("sqlite://", "cannot be a 'sqlite' database of that URL"),
        ("postgresql://u:a@hunter2@127.0.0.1:1/d", "must be written %40"),
        ("postgresql://127.0.0.1:1/d?password=hunter2", r"postgresql://127\.0\.0\.1:1/d cannot be used"),
        ("postgresql://u:hunter2@127.0.0.1:1/d", r"postgresql://127\.0\.0\.1:1/d cannot be used: .*Is the server up\?"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(tmp_path: Path, url: str, told: str) -> None:
    home = Home(tmp_path / ".qlop", url).create()
    with RunStore(home) as store, pytest.raises(StoreError, match=told) as caught:
        store.find()
    assert "hunter2" not in str(caught.value)
