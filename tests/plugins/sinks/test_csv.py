from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qlop import DataError, RunResult
from qlop.testing import SinkContractSuite

from plugins.sinks.csv import Csv


class TestCsv(SinkContractSuite):
    plugin_class = Csv
    replacing_params = {"replace": True}

    def params_in(self, folder):
        return {"folder": str(folder)}


def written(folder, results, **params):
    paths = Csv("csv", Csv.Params(folder=str(folder), **params)).write(results)
    return {path.name: path.read_bytes().decode("utf-8") for path in paths}


def test_numbers_are_untouched_and_formulas_in_text_are_not(tmp_path, results):
    files = written(tmp_path, results)
    rows = list(csv.reader(io.StringIO(files["trades.csv"], newline="")))
    assert rows[0] == ["ticker", "side", "profit", "bars_held", "exited_at", "'@note"]
    assert rows[1] == ["'=HYPERLINK(1)", "'-short", "-0.30000000000000004", "-3", "2024-01-02T00:00:00+00:00", ""]
    assert rows[2] == ["AAA", "long", "", "4", "", '\'\tb,"c"']


def test_an_index_becomes_columns(tmp_path, results):
    lines = written(tmp_path, results)["predictions.csv"].splitlines()
    assert lines[0] == "timestamp,ticker,probability_1"
    assert lines[1] == f"2024-01-02T00:00:00+00:00,AAA,{1 / 3!r}"


def test_figures_have_a_line_each(tmp_path, results):
    text = written(tmp_path, results)["metrics.csv"]
    assert text == (
        "metric,value\r\nsharpe,0.30000000000000004\r\nn_trades,2\r\nmodel,'+xgboost\r\nis_ruined,False\r\nbrier,\r\n"
    )


def test_the_summary_is_written_where_there_is_one(tmp_path, results):
    assert written(tmp_path / "with", results)["summary.txt"] == "Läuft.\n"
    assert "summary.txt" not in written(tmp_path / "without", RunResult(results.metrics, results.tables))


def test_equal_results_give_equal_bytes(tmp_path, results):
    assert written(tmp_path / "a", results) == written(tmp_path / "b", results)


def test_only_the_tables_asked_for_are_written(tmp_path, results):
    assert set(written(tmp_path, results, tables=("trades",))) == {"trades.csv", "metrics.csv", "summary.txt"}


def test_an_unknown_table_is_answered_with_the_known_ones(tmp_path, results):
    with pytest.raises(DataError, match=r"no table 'trade'.*trades, predictions, empty"):
        written(tmp_path, results, tables=("trade",))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../escape", "metrics", "a/b", "", ".hidden"])
def test_tables_that_cannot_be_file_names_are_refused(tmp_path, name):
    with pytest.raises(DataError, match="cannot be a file's name"):
        written(tmp_path / "in", RunResult({}, {name: pd.DataFrame({"a": [1]})}))
    assert list(tmp_path.rglob("*")) == []


@given(st.lists(st.text(max_size=8), min_size=1, max_size=8))
@settings(deadline=None, max_examples=40)
def test_no_text_cell_begins_like_a_formula(tmp_path_factory, cells):
    folder = tmp_path_factory.mktemp("sink")
    table = pd.DataFrame({"text": pd.Series([cell.replace("\x00", "") for cell in cells], dtype=object)})
    text = written(folder, RunResult({}, {"t": table}))["t.csv"]
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == len(cells) + 1
    assert not [row for row in rows if row and row[0].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
