"""A lake of Parquet files: what is read, what is never touched, and what is refused with its file and row."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import qlop
from pyarrow import parquet
from pydantic import ValidationError
from qlop.testing import DataSourceContractSuite

from plugins.data_sources._lake import open_lake
from plugins.data_sources.parquet_lake import ParquetLake

TICKERS = ("AAPL", "007", "BRK/B")


def bars(ticker: str, first: str = "2003-01-01", last: str = "2004-12-31") -> pd.DataFrame:
    days = pd.bdate_range(first, last, unit="us")
    close = 100.0 + np.arange(len(days)) % 7 + len(ticker)
    frame = pd.DataFrame({"date": days, "ticker": ticker, "open": close, "high": close + 1, "low": close - 1})
    return frame.assign(close=close, volume=range(1, len(days) + 1), note="not a price")


def write(path: Path, frame: pd.DataFrame, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, **options)
    return path


def partitioned(folder: Path) -> Path:
    """Write lake/ticker=T/year=Y/part.parquet, the ticker in the folders alone."""
    for ticker in TICKERS:
        for year in (2003, 2004):
            place = folder / "lake" / f"ticker={ticker.replace('/', '%2F')}" / f"year={year}" / "part.parquet"
            write(place, bars(ticker, f"{year}-01-01", f"{year}-12-31").drop(columns="ticker"))
    return folder / "lake"


def source(path: Path | str, **params: object) -> ParquetLake:
    return ParquetLake("parquet_lake", ParquetLake.Params.model_validate({"path": str(path), **params}))


def load(
    path: Path | str, *tickers: str, start: date | None = None, end: date | None = None, **params: object
) -> pd.DataFrame:
    return source(path, **params).load_data(tickers or None, start, end, "1d")


def refusal(path: Path | str, *tickers: str, **params: object) -> str:
    with pytest.raises(qlop.DataError) as caught:
        load(path, *tickers, **params)
    return str(caught.value)


def plan(path: Path, *tickers: str, start: date | None = None, end: date | None = None, **params: object) -> str:
    """Return what DuckDB says it has done for the query of these."""
    lake = open_lake(source(path, **params).params, tickers or None)
    text, values = lake.query(tickers or None, start, end)
    with lake.connection() as connection:
        return str(connection.execute(f"EXPLAIN ANALYZE {text}", values).fetchall()[0][1])


class TestParquetLakeIsADataSource(DataSourceContractSuite):
    plugin_class = ParquetLake

    def params_in(self, folder: Path) -> dict:
        return {"path": str(partitioned(folder)), "columns": {}}


def test_folders_name_tickers_exactly_as_they_are_written(tmp_path: Path) -> None:
    panel = load(partitioned(tmp_path))
    assert sorted(panel.index.unique("ticker")) == ["007", "AAPL", "BRK/B"]
    expected = pd.concat([bars("BRK/B", f"{year}-01-01", f"{year}-12-31") for year in (2003, 2004)])
    own = panel.xs("BRK/B", level="ticker")
    assert own.index.tz_localize(None).tolist() == expected["date"].tolist()
    for column in ("open", "high", "low", "close", "volume"):
        assert own[column].tolist() == expected[column].astype(float).tolist()
    assert panel.attrs == {"adjustment": "raw"}


def test_a_pattern_a_folder_and_a_file_are_read(tmp_path: Path) -> None:
    root = partitioned(tmp_path)
    whole = load(root)
    pd.testing.assert_frame_equal(load(root / "**" / "*.parquet"), whole)
    pd.testing.assert_frame_equal(load(root / "*" / "year=2004" / "*.parquet"), whole.loc["2004":])
    single = write(tmp_path / "one.parquet", bars("AAPL"))
    assert load(single).index.unique("ticker").tolist() == ["AAPL"]


def test_rows_may_lie_in_any_order_and_in_any_file(tmp_path: Path) -> None:
    frame = pd.concat([bars("AAPL"), bars("IBM")])
    shuffled = frame.sample(frac=1.0, random_state=3)
    write(tmp_path / "lake" / "a.parquet", shuffled.iloc[:400])
    write(tmp_path / "lake" / "b.parquet", shuffled.iloc[400:])
    expected = frame.sort_values(["date", "ticker"])
    panel = load(tmp_path / "lake")
    assert panel["volume"].tolist() == expected["volume"].astype(float).tolist()
    assert panel.index.get_level_values("ticker").tolist() == expected["ticker"].tolist()


def test_files_of_other_tickers_are_not_opened(tmp_path: Path) -> None:
    root = partitioned(tmp_path)
    (root / "ticker=AAPL" / "year=2003" / "part.parquet").write_bytes(b"no Parquet at all")
    assert len(load(root, "BRK/B")) == len(bars("BRK/B"))
    assert "ticker=AAPL/year=2003/part.parquet: it cannot be read as Parquet" in refusal(root)


def test_only_the_row_groups_and_columns_that_are_needed_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pd.concat([bars("AAPL"), bars("IBM")]), row_group_size=len(bars("AAPL")))
    told = plan(path, "IBM")
    assert "Row Groups Scanned: 1 / 2" in told
    assert "note" not in told
    two_years = plan(path, start=date(2004, 6, 1), end=date(2004, 6, 30))
    assert "date >= '2004-05-30" in two_years.replace("\n", " ")


def test_damage_in_row_groups_and_columns_that_are_not_needed_is_never_seen(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", bars("AAPL"), row_group_size=100, compression="snappy", use_dictionary=False)
    whole = load(path)
    row_groups = parquet.read_metadata(path)
    columns = row_groups.row_group(0)
    note = next(columns.column(k) for k in range(columns.num_columns) if columns.column(k).path_in_schema == "note")
    last = row_groups.row_group(row_groups.num_row_groups - 1)
    close = next(last.column(k) for k in range(last.num_columns) if last.column(k).path_in_schema == "close")
    damage(path, note.data_page_offset, note.total_compressed_size)
    pd.testing.assert_frame_equal(load(path), whole)
    damage(path, close.data_page_offset, close.total_compressed_size)
    early = load(path, end=date(2003, 6, 30))
    pd.testing.assert_frame_equal(early, whole.loc[:"2003-06-30"])
    assert refusal(path).startswith(f"{path}: it cannot be read")


def damage(path: Path, offset: int, size: int) -> None:
    held = bytearray(path.read_bytes())
    held[offset : offset + size] = b"\xff" * size
    path.write_bytes(held)


@pytest.mark.parametrize("timezone", [None, "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("kind", ["date", "naive", "zoned", "text", "ns"])
def test_dates_are_cut_exactly_whatever_holds_them(tmp_path: Path, kind: str, timezone: str | None) -> None:
    days = pd.bdate_range("2003-12-15", "2004-01-20", unit="us")
    held = {
        "date": days.date,
        "naive": days,
        "ns": days.as_unit("ns"),
        "zoned": days.tz_localize(timezone or "UTC"),
        "text": days.strftime("%Y-%m-%d"),
    }[kind]
    frame = bars("AAPL").iloc[: len(days)].assign(date=held)
    panel = load(
        write(tmp_path / "a.parquet", frame), start=date(2003, 12, 31), end=date(2004, 1, 2), timezone=timezone
    )
    assert [str(day.date()) for day in panel.index.get_level_values(0)] == ["2003-12-31", "2004-01-01", "2004-01-02"]


def test_whole_numbers_count_time_as_said_and_only_then(tmp_path: Path) -> None:
    frame = bars("AAPL")
    milliseconds = frame.assign(date=frame["date"].astype("int64") // 1_000)
    path = write(tmp_path / "a.parquet", milliseconds)
    panel = load(path, start=date(2004, 1, 1), timestamp_format="epoch_ms")
    assert len(panel) == len(pd.bdate_range("2004-01-01", "2004-12-31"))
    assert "row 1, column 'date', ticker AAPL" in refusal(path)


def test_columns_are_mapped_as_said(tmp_path: Path) -> None:
    renamed = (
        bars("AAPL").rename(columns={"close": "Schluss", "ticker": "Kürzel", "date": "Tag"}).drop(columns="volume")
    )
    path = write(tmp_path / "a.parquet", renamed)
    names = {"close": "Schluss", "ticker": "Kürzel", "timestamp": "Tag", "volume": ""}
    assert load(path, columns=names)["volume"].eq(0.0).all()
    assert "no column is timestamp or close or volume" in refusal(path)
    assert "there is no column 'Ende'" in refusal(path, columns={"close": "Ende"})


def test_a_file_with_another_schema_is_named(tmp_path: Path) -> None:
    write(tmp_path / "lake" / "a.parquet", bars("AAPL"))
    other = write(tmp_path / "lake" / "b.parquet", bars("IBM").assign(close="12.5"))
    message = refusal(tmp_path / "lake")
    assert message.startswith(f"{other}: column 'close' is ")
    assert f"and in {tmp_path / 'lake' / 'a.parquet'} it is double" in message
    write(other, bars("IBM").drop(columns="low"))
    assert refusal(tmp_path / "lake").startswith(f"{other}: column 'low' is not there")


def test_widths_of_numbers_may_differ_and_none_is_rounded(tmp_path: Path) -> None:
    write(tmp_path / "lake" / "a.parquet", bars("AAPL").astype({"close": "float32", "volume": "int32"}))
    write(tmp_path / "lake" / "b.parquet", bars("IBM").assign(close=100.1, low=100.0, high=120.0, volume=2**40))
    panel = load(tmp_path / "lake", "IBM")
    assert (panel["close"] == 100.1).all()
    assert (panel["volume"] == 2.0**40).all()


def test_a_bar_that_is_there_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    write(tmp_path / "lake" / "a.parquet", bars("AAPL"))
    write(tmp_path / "lake" / "b.parquet", bars("AAPL").iloc[[7]])
    message = refusal(tmp_path / "lake")
    assert "b.parquet, row 1: AAPL at 2003-01-10 appears twice" in message
    assert "a.parquet, row 8" in message


def test_an_empty_cell_and_an_impossible_price_are_refused_with_file_row_column_and_ticker(tmp_path: Path) -> None:
    frame = bars("AAPL")
    write(tmp_path / "lake" / "a.parquet", bars("IBM"))
    place = write(tmp_path / "lake" / "b.parquet", frame.assign(low=frame["low"].mask(frame.index == 4)))
    assert refusal(tmp_path / "lake").startswith(f"{place}, row 5, column 'low', ticker AAPL: the cell is empty")
    write(place, frame.assign(low=frame["low"].mask(frame.index == 4, -1.0)))
    assert refusal(tmp_path / "lake").startswith(f"{place}, row 5: low of AAPL at 2003-01-07 is -1.0")


def test_a_link_that_leads_out_of_the_lake_is_refused(tmp_path: Path) -> None:
    outside = write(tmp_path / "elsewhere" / "IBM.parquet", bars("IBM"))
    write(tmp_path / "lake" / "a.parquet", bars("AAPL"))
    (tmp_path / "lake" / "b.parquet").symlink_to(outside)
    assert f"b.parquet leads to {outside}, outside of" in refusal(tmp_path / "lake")


def test_the_database_opens_no_other_file_and_no_extension(tmp_path: Path) -> None:
    import duckdb

    other = write(tmp_path / "other.parquet", bars("IBM"))
    lake = open_lake(source(write(tmp_path / "a.parquet", bars("AAPL"))).params, None)
    with lake.connection() as connection:
        for text in (
            f"SELECT * FROM read_parquet('{other}')",
            f"SELECT * FROM read_csv('{other}')",
            f"COPY (SELECT 1) TO '{tmp_path / 'written.csv'}'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SET enable_external_access = true",
            "SET memory_limit = '9GB'",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(text).fetchall()


def test_names_that_look_like_code_are_plain_names(tmp_path: Path) -> None:
    write(tmp_path / "la'ke" / "ticker.parquet", bars("AAPL"))
    write(tmp_path / "la'ke" / "a.parquet", bars("IBM"))
    assert load(tmp_path / "la'ke").index.unique("ticker").tolist() == ["AAPL", "IBM"]
    odd = bars("x' OR 1=1 --").rename(columns={"close": 'clo"se'})
    path = write(tmp_path / "odd.parquet", odd)
    assert len(load(path, "x' OR 1=1 --", columns={"close": 'clo"se'})) == len(odd)
    assert 'no row is of ticker "\' OR 1=1 --"' in refusal(path, "' OR 1=1 --", columns={"close": 'clo"se'})


def test_a_name_that_duckdb_takes_for_a_pattern_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "lake" / "a*.parquet", bars("AAPL"))
    assert refusal(tmp_path / "lake").endswith(
        "a*.parquet: DuckDB takes *, ? and [ in a file's name for a pattern. Rename the file."
    )


def test_what_writers_leave_beside_the_data_is_passed_over(tmp_path: Path) -> None:
    root = partitioned(tmp_path)
    write(root / "_temporary" / "half.parquet", bars("IBM"))
    (root / ".part.parquet").write_bytes(b"half")
    (root / "_SUCCESS").write_text("")
    assert "IBM" not in load(root).index.unique("ticker")


def test_folders_that_are_partitioned_otherwise_are_named(tmp_path: Path) -> None:
    root = partitioned(tmp_path)
    stray = write(root / "stray.parquet", bars("IBM").drop(columns="ticker"))
    message = refusal(root)
    assert str(stray) in message
    assert "no keys" in message


def test_a_path_that_is_not_there_or_not_here_is_refused(tmp_path: Path) -> None:
    assert "there is nothing there" in refusal(tmp_path / "nowhere")
    assert "no .parquet or .pq file is there" in refusal(tmp_path)
    with pytest.raises(ValidationError, match="is no path of this machine"):
        source("s3://bucket/lake")


def test_dates_without_bars_are_refused(tmp_path: Path) -> None:
    assert "no bar lies in 2031-01-01 to the last bar" in refusal(partitioned(tmp_path), start=date(2031, 1, 1))


@pytest.mark.parametrize("extra", ["dividend", "Stock Splits", "Adj Close"])
@pytest.mark.parametrize("has_it", ["a.parquet", "b.parquet"])
def test_a_column_of_the_panel_that_some_files_lack_is_refused_with_both_files(
    tmp_path: Path, extra: str, has_it: str
) -> None:
    for name in ("a.parquet", "b.parquet"):
        frame = bars("AAPL" if name == "a.parquet" else "IBM")
        write(tmp_path / "lake" / name, frame.assign(**{extra: 1.0}) if name == has_it else frame)
    message = refusal(tmp_path / "lake")
    assert f"{tmp_path / 'lake' / 'a.parquet'}" in message
    assert f"{tmp_path / 'lake' / 'b.parquet'}" in message
    assert f"column {extra!r}" in message


def test_a_column_that_some_files_lack_may_be_left_out_by_name(tmp_path: Path) -> None:
    write(tmp_path / "lake" / "a.parquet", bars("AAPL"))
    write(tmp_path / "lake" / "b.parquet", bars("IBM").assign(dividend=1.0))
    assert "say columns: {dividend: ''} to leave it out" in refusal(tmp_path / "lake")
    assert "dividend" not in load(tmp_path / "lake", columns={"dividend": ""})


def test_a_folder_that_contradicts_the_files_own_column_is_refused(tmp_path: Path) -> None:
    place = write(tmp_path / "lake" / "ticker=AAPL" / "a.parquet", bars("MSFT"))
    for path in (tmp_path / "lake", place.parent, place):
        assert refusal(path).startswith(f"{place}: column 'ticker' holds MSFT, and its folder says ticker=AAPL")
    write(place, bars("AAPL"))
    for path in (tmp_path / "lake", place.parent, place):
        assert load(path).index.unique("ticker").tolist() == ["AAPL"]


def test_a_folder_above_the_path_names_the_ticker_as_one_below_it_does(tmp_path: Path) -> None:
    place = write(tmp_path / "lake" / "ticker=007" / "a.parquet", bars("x").drop(columns="ticker"))
    for path in (tmp_path / "lake", place.parent, place):
        assert load(path, "007").index.unique("ticker").tolist() == ["007"]


@pytest.mark.parametrize("pattern", ["", "**/*.parquet", "sub/**/*.parquet", "*/*/*.parquet"])
def test_a_linked_folder_that_leads_out_of_the_lake_is_refused(tmp_path: Path, pattern: str) -> None:
    write(tmp_path / "elsewhere" / "IBM.parquet", bars("IBM"))
    write(tmp_path / "lake" / "sub" / "in" / "a.parquet", bars("AAPL"))
    (tmp_path / "lake" / "sub" / "linked").symlink_to(tmp_path / "elsewhere")
    message = refusal(tmp_path / "lake" / pattern)
    assert "linked" in message.split(" leads to ")[0]
    assert f"leads to {tmp_path / 'elsewhere'}" in message
    assert "outside of" in message


def test_a_linked_folder_that_leads_inside_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "lake" / "sub" / "a.parquet", bars("AAPL"))
    (tmp_path / "lake" / "latest").symlink_to(tmp_path / "lake" / "sub")
    assert len(load(tmp_path / "lake")) == len(bars("AAPL"))


def test_a_folder_with_two_equal_signs_is_refused_by_name(tmp_path: Path) -> None:
    place = write(tmp_path / "lake" / "ticker==cmd()" / "a.parquet", bars("x").drop(columns="ticker"))
    write(tmp_path / "lake" / "ticker=AAPL" / "a.parquet", bars("x").drop(columns="ticker"))
    assert refusal(tmp_path / "lake").startswith(f"{place}: the folder 'ticker==cmd()' has more than one equal sign")
    place.parent.rename(tmp_path / "lake" / "ticker=%3Dcmd()")
    assert load(tmp_path / "lake").index.unique("ticker").tolist() == ["=cmd()", "AAPL"]


@pytest.mark.parametrize(
    ("held", "timestamp_format"),
    [
        (lambda days: days.strftime("%Y%m%d").astype("int64"), "%Y%m%d"),
        (lambda days: days.strftime("%d.%m.%Y"), "%d.%m.%Y"),
        (lambda days: days.strftime("%Y/%m/%d"), "%Y/%m/%d"),
    ],
)
def test_dates_in_a_format_of_their_own_are_read_and_cut(tmp_path: Path, held, timestamp_format: str) -> None:
    days = pd.bdate_range("2003-12-15", "2004-01-20", unit="us")
    path = write(tmp_path / "a.parquet", bars("AAPL").iloc[: len(days)].assign(date=held(days)))
    assert "timestamp_format" in refusal(path)
    panel = load(path, start=date(2003, 12, 31), end=date(2004, 1, 2), timestamp_format=timestamp_format)
    assert [str(day.date()) for day in panel.index.get_level_values(0)] == ["2003-12-31", "2004-01-01", "2004-01-02"]


def test_a_format_in_which_no_time_could_be_read_is_refused_as_a_parameter() -> None:
    with pytest.raises(ValidationError, match="'Q' is a bad directive"):
        source("lake", timestamp_format="%Q")
