"""Heads of CSV files that are none of a table of prices: each names what to do."""

import gzip
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.engine.csv_header import header_hint
from core.engine.table_file import CsvLayout, read_table_file

ROWS = "date,close\n2004-03-05,1.50\n"


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Datum;Open;High", "-s 'data.data_source_params.delimiter=;'"),
        ("Date\tOpen\tHigh", "-s 'data.data_source_params.delimiter=\"\\t\"'"),
        ("Date|Open", "-s 'data.data_source_params.delimiter=\"|\"'"),
    ],
)
def test_a_line_without_the_delimiter_names_the_one_it_has(header: str, told: str) -> None:
    assert told in header_hint([header])


@pytest.mark.parametrize("header", [["Prices of ACME"], ["Prices of ACME", "", ""]])
def test_a_title_above_the_header_is_told(header: list[str]) -> None:
    assert "Line 1 looks like a title ('Prices of ACME')" in header_hint(header)


@pytest.mark.parametrize("header", ["Price,Close,High", "Ticker,AAA,AAA", "Attributes,Close", ",Open,Open,Adj Close"])
def test_wide_tables_are_told_by_what_pandas_writes_first_or_by_prices_that_repeat(header: str) -> None:
    assert "docs/data.md, 'A wide table'" in header_hint(header.split(","))


@pytest.mark.parametrize("header", ["Datum,Kurs", "Ticker,Tag,Open,High,Last", "Date,Open,Close,Close", "Price,Date"])
def test_a_header_that_may_be_right_says_nothing(header: str) -> None:
    assert header_hint(header.split(",")) == ""


def test_columns_without_a_name_are_called_as_pandas_does(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\n,"op\nen",\n2004-03-05,1,x\n\n2004-03-08,2,y\n')
    table = read_table_file(path)
    assert table.columns.to_pydict() == {
        "Unnamed: 0": ["2004-03-05", "2004-03-08"],
        "op\nen": ["1", "2"],
        "Unnamed: 2": ["x", "y"],
    }
    assert table.where(1).endswith("line 6")


def test_a_row_too_long_keeps_its_line_below_a_header_with_an_empty_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n,open\n2004-03-05,1\n\n2004-03-08,2,3\n")
    with pytest.raises(DataError, match=r"a\.csv, line 5: it has 3 cells, and the header has 2"):
        read_table_file(path)


def test_a_repeated_price_is_refused_with_how_to_reshape_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Price,Close,Close\nTicker,A,B\nDate,,\n")
    with pytest.raises(DataError, match=r"column 'Close' appears twice.*wide tables are not read"):
        read_table_file(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04\x14\x00\xff\xd5", "it is a zip archive"),
        (gzip.compress(ROWS.encode()), r"packed by gzip: let its name end in \.csv\.gz"),
        (b"PAR1\x15\x04\xff", r"let its name end in \.parquet"),
        (ROWS.encode("utf-16"), r"set data\.data_source_params\.encoding=utf-16"),
        (b"\xfe\xff" + ROWS.encode("utf-16-be"), r"set data\.data_source_params\.encoding=utf-16"),
    ],
)
def test_what_is_no_csv_is_told_by_its_first_bytes(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_table_file(path)


@pytest.mark.parametrize("text", [ROWS, ROWS.replace("date", "")])
def test_utf_16_is_read_as_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode("utf-16"))
    table = read_table_file(path, CsvLayout(encoding="utf-16"))
    assert [column.to_pylist() for column in table.columns.columns] == [["2004-03-05"], ["1.50"]]
