"""The columns of a list of runs: which there are, in which order, and what fits into which window."""

import pandas as pd
import pytest

from core.base.events import RunState
from core.ui.run_columns import USUAL_COLUMNS, drawn_values, run_columns
from core.ui.state_symbols import state_symbol

# What a window leaves to a table's columns, in pixels: its width without the navigation, the margins and the boxes.
ROOM_AT_1280 = 1280 - 220 - 2 * 30 - 34
ROOM_AT_390 = 390 - 2 * 15 - 34


@pytest.fixture
def table():
    """One run with every value."""
    moment = pd.Timestamp("2026-01-05", tz="UTC")
    texts = {name: pd.Series(["text"], dtype="str") for name in ("title", "tags", "model")}
    figures = dict.fromkeys(("cagr", "sharpe", "max_drawdown", "auc", "duration_s"), 0.5)
    return pd.DataFrame({**texts, "state": pd.Series(["failed"], dtype="str"), **figures, "started_at": moment})


def widths(columns):
    return [column["width"] for column in columns.values()]


def test_the_usual_columns_fit_beside_the_navigation_of_a_laptops_window(table):
    columns = run_columns(table, USUAL_COLUMNS)
    assert len(columns) == len(USUAL_COLUMNS)
    assert sum(widths(columns)) <= ROOM_AT_1280


def test_a_phones_window_shows_state_title_growth_and_sharpe_ratio_first(table):
    columns = run_columns(table, USUAL_COLUMNS, is_narrow=True)
    assert list(columns)[:4] == ["state", "title", "cagr", "sharpe"]
    assert sum(widths(columns)[:4]) <= ROOM_AT_390
    assert columns["title"]["pinned"]


def test_a_state_is_a_word_where_there_is_room_and_a_character_where_there_is_none(table):
    assert drawn_values(table)["state"].tolist() == [["failed"]]
    assert drawn_values(table, is_narrow=True)["state"].tolist() == [state_symbol("failed")]
    assert len({state_symbol(state.value) for state in RunState}) == len(RunState)


def test_a_column_without_values_is_left_out_but_for_the_title(table):
    empty = table.assign(auc=float("nan"), title="", tags="").astype({"title": "str", "tags": "str"})
    assert not {"auc", "tags"} & set(run_columns(empty, USUAL_COLUMNS))
    assert "title" in run_columns(empty, USUAL_COLUMNS)


def test_a_runs_model_is_among_the_usual_columns(table):
    assert list(run_columns(table, USUAL_COLUMNS))[:3] == ["title", "state", "model"]
