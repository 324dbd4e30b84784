"""What a list is asked for, and what a run's files hold, beyond what a database takes."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from core.base.errors import UsageError
from core.base.identifiers import new_run_id
from core.store.atomic import write_json
from core.store.home import Home
from core.store.run_query import RunQuery
from core.store.run_session import open_run
from core.store.run_store import RunStore
from core.store.schema import runs
from core.store.text_search import holds


@pytest.fixture
def run_id(home: Home) -> str:
    with open_run(home, new_run_id(), {"mode": "train", "title": "100 % of _all_ [Züge] *?"}, {}) as run:
        pass
    return run.run_id


def _found(home: Home, **asked: object) -> list[str]:
    with RunStore(home) as store:
        return [record.run_id for record in store.find(RunQuery(**asked))]


def test_a_tag_is_found_by_exactly_its_letters(home: Home, run_id: str) -> None:
    with RunStore(home) as store:
        store.annotate(run_id, tags=["Live", "100%"])
    assert _found(home, tag="Live") == _found(home, tag="100%") == [run_id]
    for other in ("live", "LIVE", "Liv", "1000"):
        assert _found(home, tag=other) == []


@pytest.mark.parametrize("words", ["100 % OF", "_ALL_", "züge", "ZÜGE", "[züge", "e] *", "*?"])
def test_a_text_is_found_sign_by_sign_whatever_its_case(home: Home, run_id: str, words: str) -> None:
    assert _found(home, text=words) == [run_id]


@pytest.mark.parametrize("words", ["100%", "1_0", "_of_", "1*0", "1?0", "[z]", "[!x]", "x" * 60_000, "[" * 20_000])
@pytest.mark.usefixtures("run_id")
def test_a_text_that_is_in_no_run_is_found_in_none(home: Home, words: str) -> None:
    assert _found(home, text=words) == []


@pytest.mark.parametrize("others", [[], ["a, b"], ["b", "c"], ["x" * 100], ["x" * 150, "b"]], ids=len)
def test_the_tags_to_choose_from_are_those_that_runs_bear_whatever_is_in_them(
    home: Home, run_id: str, others: list[str]
) -> None:
    with RunStore(home) as store:
        with open_run(home, new_run_id(), {"mode": "backtest"}, {}) as other:
            pass
        store.annotate(run_id, tags=["a"])
        store.annotate(other.run_id, tags=others)
        store.delete(other.run_id)
        assert store.words() == (["backtest", "train"], sorted({"a", *others}))


def test_postgresql_is_asked_by_its_own_function() -> None:
    asked = select(runs.c.run_id).where(holds(runs.c.search_text, "live"))
    assert "strpos(qlop_runs_3.search_text, " in str(asked.compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize("name", ["limit", "offset"])
def test_a_number_that_no_database_takes_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=rf"{name} is {2**63}; it must be from . to {2**63 - 1}"):
        RunQuery(**{name: 2**63})
    RunQuery(**{name: 2**63 - 1})


def test_a_figure_of_hundreds_of_digits_is_listed_as_none(home: Home, run_id: str) -> None:
    write_json(home.run_path(run_id) / "metrics.json", {"sharpe": 10**400, "cagr": 0.5, "n_bars": 1000})
    with RunStore(home) as store:
        report = store.reindex()
        assert (report.run_count, report.broken) == (1, {})
        with store._database.transaction() as connection:
            assert connection.execute(select(runs.c.sharpe, runs.c.cagr)).all() == [(None, 0.5)]
