"""Tables as files: what a spreadsheet makes of hostile titles."""

import csv
import io
import math
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from core.services.table_export import csv_bytes, excel_bytes

HOSTILE = (
    "=HYPERLINK('http://x','y')",
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    '=1,2;"quoted"',
)
HARMLESS = (
    "plain",
    "",
    "a=b",
    "1 - 1",
    "Zürich, 100 %",
    "<script>alert(1)</script>",
    "two\nlines",
    "https://example.org",
)
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells_of_csv(table):
    text = csv_bytes(table).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def sheet_of(table):
    """Return the cells of the first sheet, row by row, as (type, value), and whether one is a formula or a link."""
    with zipfile.ZipFile(io.BytesIO(excel_bytes(table))) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
        strings = ["".join(found.itertext()) for found in ET.fromstring(book.read("xl/sharedStrings.xml"))]
    rows = []
    for row in sheet.iter(f"{CELL}row"):
        cells = []
        for cell in row.iter(f"{CELL}c"):
            value = cell.findtext(f"{CELL}v")
            is_text = cell.get("t") == "s"
            cells.append(("text", strings[int(value)]) if is_text else ("number", value))
        rows.append(cells)
    has_formula = any(True for name in ("f", "hyperlink") for _ in sheet.iter(f"{CELL}{name}"))
    return rows, has_formula


@pytest.mark.parametrize("title", HOSTILE)
def test_a_text_that_a_spreadsheet_reads_as_a_formula_gets_an_apostrophe_in_csv(title):
    assert cells_of_csv(pd.DataFrame({"title": [title]})) == [["title"], [f"'{title}"]]


@pytest.mark.parametrize("title", HARMLESS)
def test_any_other_text_stays_as_it_is_in_csv(title):
    assert cells_of_csv(pd.DataFrame({"title": [title], "n": [1]}))[1] == [title, "1"]


def test_numbers_stay_numbers_also_where_they_begin_with_a_minus():
    table = pd.DataFrame({"max_drawdown": [-0.5, math.nan], "n": [-3, 4]})
    assert cells_of_csv(table) == [["max_drawdown", "n"], ["-0.5", "-3"], ["", "4"]]
    rows, _ = sheet_of(table.assign(title="x"))
    assert rows[1] == [("number", "-0.5"), ("number", "-3"), ("text", "x")]
    assert rows[2] == [("number", "4"), ("text", "x")]


@pytest.mark.parametrize("title", [*HOSTILE, *filter(None, HARMLESS)])
def test_every_text_is_a_text_in_excel_and_none_a_formula_or_a_link(title):
    rows, has_formula = sheet_of(pd.DataFrame({"title": [title]}))
    assert not has_formula
    ((kind, shown),) = rows[1]
    assert kind == "text"
    assert shown.replace("_x000D_", "\r") == title


def test_a_hostile_column_name_is_harmless_too():
    table = pd.DataFrame({"=1+1": ["x"]})
    assert cells_of_csv(table)[0] == ["'=1+1"]
    assert sheet_of(table)[0][0] == [("text", "=1+1")]


def test_times_are_in_utc_and_missing_ones_are_empty():
    times = pd.Series([datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None], dtype="datetime64[us, UTC]")
    table = pd.DataFrame({"started_at": times, "title": ["a", "b"]})
    assert [row[0] for row in cells_of_csv(table)] == ["started_at", "2026-01-02T03:04:05+0000", ""]
    rows, _ = sheet_of(table)
    # Excel counts days from 30 December 1899.
    counted = (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC) - datetime(1899, 12, 30, tzinfo=UTC)).total_seconds() / 86400
    assert float(rows[1][0][1]) == pytest.approx(counted)
    assert rows[2] == [("text", "b")]


def test_a_text_too_long_for_a_cell_is_cut_rather_than_lost():
    rows, _ = sheet_of(pd.DataFrame({"notes": ["x" * 40_000]}))
    assert rows[1] == [("text", "x" * 32_767)]
