"""Tables out of CSV and Parquet files, each row known by its line."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.table_file import CsvLayout, read_table_file


def written(folder: Path, text: str, name: str = "a.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_cells_of_csv_stay_texts(tmp_path: Path) -> None:
    table = read_table_file(written(tmp_path, "date,close\n2004-03-05,1.50\n2004-03-08,\n"))
    assert table.names == ["date", "close"]
    assert table.columns.to_pydict() == {"date": ["2004-03-05", "2004-03-08"], "close": ["1.50", ""]}


def test_gzip_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress("\ufeffdate,close\r\n2004-03-05,1\r\n".encode()))
    table = read_table_file(packed)
    assert table.columns.to_pydict() == {"date": ["2004-03-05"], "close": ["1"]}
    assert table.where(0).endswith("a.csv.gz, line 2")


def test_a_row_keeps_the_line_it_has_in_the_file(tmp_path: Path) -> None:
    table = read_table_file(written(tmp_path, '\ndate,note\n\n1,"two\nlines"\n\n2,x\n'))
    assert [table.where(row).rsplit(", ")[1] for row in range(2)] == ["line 5", "line 7"]


@pytest.mark.parametrize(("row", "cells"), [("2,3,4", 3), ("2", 1)])
def test_a_row_with_more_or_fewer_cells_than_the_header_is_refused(tmp_path: Path, row: str, cells: int) -> None:
    path = written(tmp_path, f"date,close\n1,2\n\n{row}\n3,4\n")
    with pytest.raises(DataError, match=rf"a\.csv, line 4: it has {cells} cells, and the header has 2"):
        read_table_file(path)


def test_another_delimiter_and_encoding_are_read_as_said(tmp_path: Path) -> None:
    path = written(tmp_path, "Währung;Kurs\nEUR;1,5\n", encoding="cp1252")
    table = read_table_file(path, CsvLayout(delimiter=";", encoding="cp1252"))
    assert table.columns.to_pydict() == {"Währung": ["EUR"], "Kurs": ["1,5"]}


def test_another_encoding_than_the_file_has_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "Währung,Kurs\nEUR,1\n", encoding="cp1252")
    with pytest.raises(DataError, match="cannot be read as CSV in utf-8"):
        read_table_file(path)
    later = written(tmp_path, "date,note\n1,ä\n", name="b.csv", encoding="cp1252")
    with pytest.raises(DataError, match="cannot be read as CSV in utf-8"):
        read_table_file(later)


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"a\.csv: the file is empty"):
        read_table_file(written(tmp_path, text))


def test_a_header_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the file has columns and no rows"):
        read_table_file(written(tmp_path, "date,close\n"))


def test_a_column_that_appears_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column 'close' appears twice"):
        read_table_file(written(tmp_path, "date,close,close\n1,2,3\n"))


def test_what_is_no_gzip_and_no_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read as CSV"):
        read_table_file(written(tmp_path, "date,close\n1,2\n", name="a.csv.gz"))
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read_table_file(written(tmp_path, "date,close\n1,2\n", name="a.parquet"))


def test_parquet_keeps_its_types_and_counts_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"close": [1.5, 2.5]}).to_parquet(path)
    table = read_table_file(path)
    assert table.columns.to_pydict() == {"close": [1.5, 2.5]}
    assert table.where(1).endswith("a.parquet, row 2")
