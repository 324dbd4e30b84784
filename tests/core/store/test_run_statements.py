"""How questions are put to the database: by which index they are answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, String, text
from sqlalchemy.dialects import postgresql

from core.base.events import RunState
from core.store.database import Database
from core.store.home import Home
from core.store.listed_columns import SORTED_BY
from core.store.run_query import FigureRange, RunQuery
from core.store.run_statements import count_runs, select_runs
from core.store.schema import runs

MOMENT = datetime(2026, 1, 5, tzinfo=UTC)
FILTERS = {
    "text": {"text": "xgboost"},
    "tag": {"tag": "live"},
    "state": {"text": "xgboost", "states": (RunState.FAILED,)},
    "moment": {"text": "xgboost", "started_from": MOMENT, "started_before": MOMENT},
    "figure": {"tag": "live", "figures": (FigureRange("cagr", 0.1, 0.2),)},
}

SEVERAL = {
    "mode, tag, figure": {"modes": ("train",), "tag": "live", "figures": (FigureRange("sharpe", 0.5),)},
    "state, moment": {"states": (RunState.COMPLETED,), "started_from": MOMENT},
    "two figures": {"figures": (FigureRange("sharpe", 0.5), FigureRange("cagr", 0.1, 0.2))},
    "model, text": {"with_model": True, "text": "xgboost"},
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(Home(tmp_path_factory.mktemp("plans") / "home"))
    yield database
    database.close()


def _plan(database: Database, query: RunQuery) -> list[str]:
    return _plan_of(database, select_runs(query, ("run_id",), in_sqlite=True))


def _plan_of(database: Database, asked: Select[Any]) -> list[str]:
    with database.transaction() as connection:
        dialect = connection.dialect
        sql = str(asked.compile(dialect=dialect, compile_kwargs={"literal_binds": True, "render_postcompile": True}))
        return [str(step[-1]) for step in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}".replace(":", r"\:")))]


@pytest.mark.parametrize("order", sorted(set(SORTED_BY) - {"created_at"}))
@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
def test_a_search_in_any_order_reads_rows_of_no_run_but_those_that_it_lists(
    database: Database, filters: dict[str, object], order: str
) -> None:
    plan = _plan(database, RunQuery(order=order, **filters))  # type: ignore[arg-type]
    steps = [step for step in plan if "qlop_runs_" in step]
    one_by_one = [step for step in steps if "COVERING INDEX" not in step]
    # Each run that is listed is looked up by its id.
    assert all("(run_id=?)" in step or "rowid=?" in step for step in one_by_one), steps
    assert any(
        "COVERING INDEX qlop_runs_3_search" in step or "COVERING INDEX qlop_runs_3_filters" in step for step in steps
    )


@pytest.mark.parametrize("filters", SEVERAL.values(), ids=SEVERAL)
def test_several_filters_are_answered_by_the_one_index_of_all_filters(
    database: Database, filters: dict[str, object]
) -> None:
    for plan in (
        _plan(database, RunQuery(**filters)),
        _plan_of(database, count_runs(RunQuery(**filters), in_sqlite=True)),
    ):  # type: ignore[arg-type]
        searched = [step for step in plan if "qlop_runs_" in step and "(run_id=?)" not in step]
        assert searched
        assert all("COVERING INDEX qlop_runs_3_filters (is_deleted=?)" in step for step in searched), plan
        assert not any("TEMP B-TREE FOR ORDER BY" in step for step in plan[:2]), plan


@pytest.mark.parametrize("order", ["title", "cagr", "state"])
@pytest.mark.parametrize("filters", [{"modes": ("train",)}, {"figures": (FigureRange("sharpe", 0.5),)}], ids=str)
def test_a_filter_of_another_column_than_the_order_reads_no_row_for_it(
    database: Database, filters: dict[str, object], order: str
) -> None:
    plan = _plan(database, RunQuery(order=order, **filters))  # type: ignore[arg-type]
    steps = [step for step in plan if "qlop_runs_" in step and "(run_id=?)" not in step]
    assert len(steps) == 2
    assert all("COVERING INDEX" in step for step in steps), plan


def test_a_mode_that_is_longer_than_its_key_is_told_from_others_of_that_key() -> None:
    long, longer = "m" * 100, "m" * 101
    told = str(count_runs(RunQuery(modes=(long,))).compile())
    assert "qlop_runs_3.mode IN" in told
    assert "qlop_runs_3.mode IN" not in str(count_runs(RunQuery(modes=("m" * 99,))).compile())
    assert "qlop_runs_3.mode IN" in str(count_runs(RunQuery(modes=("train", longer))).compile())


def test_a_table_that_was_made_before_an_index_was_thought_of_gets_it(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    for is_older in (True, False):
        with closing(Database(home)) as database, database.transaction() as connection:
            known = text("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name = 'qlop_runs_3_filters'")
            assert connection.execute(known).scalar_one() == 1
            if is_older:
                connection.execute(text("DROP INDEX qlop_runs_3_filters"))


def test_models_are_found_by_the_index_that_knows_them(database: Database) -> None:
    plan = _plan(database, RunQuery(states=(RunState.COMPLETED,), with_model=True, limit=10))
    assert any("COVERING INDEX qlop_runs_3_model" in step for step in plan), plan
    assert not any("TEMP B-TREE FOR ORDER BY" in step for step in plan[:2]), plan


@pytest.mark.parametrize("order", SORTED_BY)
@pytest.mark.parametrize("filters", [{"text": "xgboost"}, {"tag": "live"}], ids=["text", "tag"])
def test_a_search_in_postgresql_is_sorted_by_what_no_index_has(filters: dict[str, str], order: str) -> None:
    """Else it walks through an index from row to row of the table, to the end where the words are rare."""
    column = runs.c[SORTED_BY[order]]
    for is_descending in (True, False):
        query = RunQuery(order=order, is_descending=is_descending, **filters)  # type: ignore[arg-type]
        asked = str(select_runs(query, ("run_id",)).compile(dialect=postgresql.dialect()))
        part = asked[asked.index("(SELECT") : asked.index("AS found")]
        assert not any(f"ORDER BY {column.table.name}.{column.name} {turn}" in part for turn in ("ASC", "DESC"))
        assert f"ORDER BY {column.table.name}.{column.name} {'||' if isinstance(column.type, String) else '+'} " in part
    plain = str(select_runs(RunQuery(order=order), ("run_id",)).compile(dialect=postgresql.dialect()))
    assert f"ORDER BY {column.table.name}.{column.name} DESC" in plain[: plain.index("AS found")]
